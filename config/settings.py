"""Settings: the sum of the tables, from defaults.toml, a file and flags."""

import tomllib
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from newsbeam.config import tables
from newsbeam.config.errors import ConfigError

TABLES: dict[str, type[tables.Table]] = {
    "fetch": tables.Fetch,
    "feeds": tables.Feeds,
    "extract": tables.Extract,
    "language": tables.Language,
    "dedup": tables.Dedup,
    "stream": tables.Stream,
    "run": tables.Run,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings in force. origins: `table.key` -> where its value comes from (`default`, a file's name, `--set`)."""

    fetch: tables.Fetch = field(default_factory=tables.Fetch)
    feeds: tables.Feeds = field(default_factory=tables.Feeds)
    extract: tables.Extract = field(default_factory=tables.Extract)
    language: tables.Language = field(default_factory=tables.Language)
    dedup: tables.Dedup = field(default_factory=tables.Dedup)
    stream: tables.Stream = field(default_factory=tables.Stream)
    run: tables.Run = field(default_factory=tables.Run)
    hosts: Mapping[str, tables.Host] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def listing(self) -> list[tuple[str, object, str]]:
        """(key, value, origin) of every setting, in the order of the tables."""
        rows: list[tuple[str, object, str]] = []
        named: list[tuple[str, tables.Table]] = [(name, getattr(self, name)) for name in TABLES]
        named += [(f'hosts."{name}"', host) for name, host in sorted(self.hosts.items())]
        for name, table in named:
            for one in fields(table):  # type: ignore[arg-type]  # every table is a dataclass
                key = f"{name}.{one.name}"
                rows.append((key, getattr(table, one.name), self.origins.get(key, "default")))
        return rows


def load(file: Path | None = None, assignments: Sequence[str] = ()) -> Settings:
    """The settings in force: flags before the file, the file before the defaults.

    assignments: `TABLE.KEY=VALUE` as given with `--set`; the value is read as TOML, or else as a plain string.

    Raises:
        ConfigError: unknown key, wrong type, value out of range, unreadable file; the message starts with the key.
    """
    values: dict[str, dict[str, Any]] = {}
    origins: dict[str, str] = {}
    defaults = tomllib.loads(resources.files("newsbeam.config").joinpath("defaults.toml").read_text("utf-8"))
    _merge(values, origins, defaults, "default")
    if file is not None:
        _merge(values, origins, _read(file), file.name)
    for text in assignments:
        _merge(values, origins, _assignment(text), "--set")
    built = {name: _table(name, kind, values.get(name, {})) for name, kind in TABLES.items()}
    hosts = {name: _table(f'hosts."{name}"', tables.Host, table) for name, table in values.get("hosts", {}).items()}
    return Settings(**built, hosts=hosts, origins=origins)  # type: ignore[arg-type]  # each table has its own type


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"--config: {file}: {error.strerror}; give a TOML file that can be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"--config: {file}: {error}; give a file in TOML") from error


def _assignment(text: str) -> dict[str, Any]:
    """The table that one `--set TABLE.KEY=VALUE` stands for. A host's name may hold dots: the last one ends it."""
    key, equals, value = text.partition("=")
    table, dot, name = key.strip().partition(".")
    if not equals or not dot:
        raise ConfigError(f"--set: {text!r} is not of the form TABLE.KEY=VALUE")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value
    if table == "hosts":
        host, dot, name = name.rpartition(".")
        if not dot:
            raise ConfigError(f"--set: {text!r} is not of the form hosts.NAME.KEY=VALUE")
        return {"hosts": {host.strip('"'): {name: parsed}}}
    return {table: {name: parsed}}


def _merge(values: dict[str, dict[str, Any]], origins: dict[str, str], new: Mapping[str, Any], origin: str) -> None:
    for table, content in new.items():
        if table != "hosts" and table not in TABLES:
            raise ConfigError(f"{table}: unknown table in {origin}; known: {', '.join([*TABLES, 'hosts'])}")
        if not isinstance(content, dict):
            raise ConfigError(f"{table}: {content!r} in {origin} is not a table")
        if table == "hosts":
            for host, settings in content.items():
                if not isinstance(settings, dict):
                    raise ConfigError(f'hosts."{host}": {settings!r} in {origin} is not a table')
                values.setdefault("hosts", {}).setdefault(host, {}).update(settings)
                origins.update({f'hosts."{host}".{key}': origin for key in settings})
        else:
            values.setdefault(table, {}).update(content)
            origins.update({f"{table}.{key}": origin for key in content})


def _table(name: str, kind: type[tables.Table], values: Mapping[str, Any]) -> tables.Table:
    types = typing.get_type_hints(kind)
    checked: dict[str, Any] = {}
    for key, value in values.items():
        if key not in types:
            raise ConfigError(f"{name}.{key}: unknown key; known: {', '.join(sorted(types))}")
        checked[key] = _typed(f"{name}.{key}", types[key], value)
    try:
        return kind(**checked)
    except ConfigError as error:
        raise ConfigError(str(error).replace("hosts.NAME", name)) from error


def _typed(key: str, wanted: Any, value: Any) -> Any:
    """The value as the wanted type; a whole number will do for a number, nothing else is converted."""
    allowed = [one for one in (typing.get_args(wanted) or (wanted,)) if one is not type(None)]
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if any(type(value) is one for one in allowed):
        return value
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}
    raise ConfigError(f"{key}: {value!r} is not {names[allowed[0]]}")
