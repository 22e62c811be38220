"""Settings: the sum of the tables, from defaults.toml, a file and flags."""

import re
import tomllib
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from newsbeam.config import headers, tables
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

_NAMELESS = re.compile(r"^(?:hosts|subscriptions)\.NAME")
_QUOTED = re.compile(r"""\s*(hosts|subscriptions)\."([^"]+)"\.(\w+)\s*=(.*)""", re.DOTALL)

NAMED: dict[str, type[tables.Table]] = {"hosts": tables.Host, "subscriptions": tables.Subscription}
"""Tables of tables: one for each host, by its name; one for each feed, by its address."""


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
    subscriptions: Mapping[str, tables.Subscription] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def listing(self) -> list[tuple[str, object, str]]:
        """(key, value, origin) of every setting, in the order of the tables."""
        rows: list[tuple[str, object, str]] = []
        named: list[tuple[str, tables.Table]] = [(name, getattr(self, name)) for name in TABLES]
        named += [(f'hosts."{name}"', host) for name, host in sorted(self.hosts.items())]
        named += [(f'subscriptions."{url}"', feed) for url, feed in sorted(self.subscriptions.items())]
        for name, table in named:
            for one in fields(table):  # type: ignore[arg-type]  # every table is a dataclass
                key, value = f"{name}.{one.name}", getattr(table, one.name)
                shown = dict(value) if one.name == "headers" else value
                rows.append((key, shown, self.origins.get(key, "default")))
        return rows

    def subscription(self, url: str) -> tables.Subscription:
        """What is set for the feed of this address."""
        return self.subscriptions.get(url) or tables.Subscription()

    def require_environment(self, environment: Mapping[str, str]) -> None:
        """Raise ConfigError where a header's value stands in a variable that is not set."""
        for name, host in self.hosts.items():
            headers.resolved(f'hosts."{name}".headers', host.headers, environment)
        for url, feed in self.subscriptions.items():
            headers.resolved(f'subscriptions."{url}".headers', feed.headers, environment)


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
    for table, kind in NAMED.items():
        built[table] = {  # type: ignore[assignment]  # a table of tables
            name: _table(f'{table}."{name}"', kind, one) for name, one in values.get(table, {}).items()
        }
    return Settings(**built, origins=origins)  # type: ignore[arg-type]  # each table has its own type


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"--config: {file}: {error.strerror}; give a TOML file that can be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"--config: {file}: {error}; give a file in TOML") from error


def _assignment(text: str) -> dict[str, Any]:
    """The table that one `--set TABLE.KEY=VALUE` stands for. The name of a host or feed may hold dots, and in quotes
    equals signs: the last dot before the value ends it."""
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return {quoted[1]: {quoted[2]: {quoted[3]: _value(quoted[4])}}}
    key, equals, value = text.partition("=")
    table, dot, name = key.strip().partition(".")
    if not equals or not dot:
        raise ConfigError(f"--set: {text!r} is not of the form TABLE.KEY=VALUE")
    if table in NAMED:
        owner, dot, name = name.rpartition(".")
        if not dot:
            raise ConfigError(f"--set: {text!r} is not of the form {table}.NAME.KEY=VALUE")
        return {table: {owner.strip('"'): {name: _value(value)}}}
    return {table: {name: _value(value)}}


def _value(text: str) -> Any:
    """The value as TOML, or else as the plain text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _merge(values: dict[str, dict[str, Any]], origins: dict[str, str], new: Mapping[str, Any], origin: str) -> None:
    for table, content in new.items():
        if table not in NAMED and table not in TABLES:
            raise ConfigError(f"{table}: unknown table in {origin}; known: {', '.join([*TABLES, *NAMED])}")
        if not isinstance(content, dict):
            raise ConfigError(f"{table}: {content!r} in {origin} is not a table")
        if table in NAMED:
            for name, settings in content.items():
                if not isinstance(settings, dict):
                    raise ConfigError(f'{table}."{name}": {settings!r} in {origin} is not a table')
                owner = _owner(table, name)
                values.setdefault(table, {}).setdefault(owner, {}).update(settings)
                origins.update({f'{table}."{owner}".{key}': origin for key in settings})
        else:
            values.setdefault(table, {}).update(content)
            origins.update({f"{table}.{key}": origin for key in content})


def _owner(table: str, name: str) -> str:
    """The name of a host in lower case; the address of a feed as it is."""
    if table == "hosts":
        return name.lower()
    if not name.startswith(("http://", "https://")):
        raise ConfigError(f'{table}."{name}": not the address of a feed, which begins with http:// or https://')
    return name


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
        raise ConfigError(_NAMELESS.sub(lambda _: name, str(error), count=1)) from error


def _typed(key: str, wanted: Any, value: Any) -> Any:
    """The value as the wanted type; a whole number will do for a number, nothing else is converted."""
    if wanted == headers.Headers:
        return headers.of_table(key, value)
    allowed = [one for one in (typing.get_args(wanted) or (wanted,)) if one is not type(None)]
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if any(type(value) is one for one in allowed):
        return value
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}
    raise ConfigError(f"{key}: {value!r} is not {names[allowed[0]]}")
