"""Addresses of databases: what of `postgresql://USER@HOST:PORT/DB?schema=news` the driver gets, and what may be shown.

`schema` and `prefix` are ours; all else after the `?` is a parameter of libpq. No message holds a password.
"""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

STATE_SCHEMA = "newsbeam_state"
"""The schema of a PostgreSQL database in which a state lies when none is named."""

LONGEST_NAME = 63
"""Bytes of an identifier that PostgreSQL keeps (NAMEDATALEN - 1)."""

_FORMS = "use sqlite:///FILE or postgresql://USER@HOST:PORT/DATABASE"
_OPTION = re.compile(r"[a-z_][a-z0-9_]*\Z")
_LENGTHS = {"schema": LONGEST_NAME, "prefix": 30}
_PLACE = ("host", "hostaddr", "port", "dbname", "user", "service")
"""Parameters that tell which database is meant, and no secret."""
_LIBPQ = frozenset(
    (
        *_PLACE,
        *("password", "passfile", "require_auth", "channel_binding", "application_name", "options", "client_encoding"),
        *("connect_timeout", "tcp_user_timeout", "keepalives", "keepalives_idle", "keepalives_interval"),
        *("keepalives_count", "target_session_attrs", "load_balance_hosts", "gssencmode", "krbsrvname"),
        *("sslmode", "sslnegotiation", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslsni"),
        *("ssl_min_protocol_version", "ssl_max_protocol_version"),
    )
)
"""Parameters of libpq that make sense here (postgresql.org/docs/current/libpq-connect.html)."""


class AddressError(ValueError):
    """An address that is none of a database, or has an option that is not known. The message starts with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a database is, and where in it ours lies.

    url: for the driver, with the password if one was given. schema: of PostgreSQL; None: the server's own default.
    prefix: of the names of tables. default_schema: the schema that `public` need not tell.
    """

    url: URL = field(repr=False)
    schema: str | None = None
    prefix: str = ""
    default_schema: str | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file of a SQLite address; None for other databases and for one in memory."""
        return sqlite_path(self.url)

    @property
    def public(self) -> str:
        """The address as messages and the state name it: no secret, no parameter but those that tell the place."""
        query = {name: value for name, value in self.url.query.items() if name in _PLACE}
        # URL.set takes None for "as it is", so that it cannot take a password away.
        return _written(self.url._replace(password=None).set(query={**query, **self._ours()}))

    @property
    def full(self) -> str:
        """The address with all that was given, from which another process opens the same database."""
        return _written(self.url.set(query={**self.url.query, **self._ours()}))

    def _ours(self) -> dict[str, str]:
        schema = self.schema if self.schema != self.default_schema else None
        return {name: value for name, value in (("schema", schema), ("prefix", self.prefix)) if value}


def parse(url: str, *, ours: Collection[str], default_schema: str | None = None) -> Address:
    """The parts of an address. ours: those of `schema` and `prefix` that it may have.

    Raises:
        AddressError: it is of another form, or has an option that is not known or whose value cannot be a name.
    """
    shown = redacted(url)
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (sa.exc.ArgumentError, ValueError):
        # Their messages may hold any part of the address, the password included.
        raise AddressError(f"{shown}: cannot be read as the address of a database: {_FORMS}") from None
    if backend not in ("sqlite", "postgresql"):
        raise AddressError(f"{shown}: {backend} is no database that newsbeam knows: {_FORMS}")
    mine = {name: parsed.query[name] for name in ("schema", "prefix") if name in parsed.query}
    passed = {name: value for name, value in parsed.query.items() if name not in mine}
    may = [name for name in ours if backend == "postgresql" or name != "schema"]
    libpq = _LIBPQ if backend == "postgresql" else frozenset[str]()
    for name in (*mine, *passed):
        if name not in may and name not in libpq:
            known = ", ".join(sorted({*may, *libpq})) or "none"
            raise AddressError(f"{shown}: ?{name}= is no option of {backend}: known: {known}")
    for name, value in mine.items():
        _check(shown, name, value)
    password = parsed.password or passed.pop("password", None)
    driver = "postgresql+psycopg" if backend == "postgresql" else "sqlite"
    parsed = parsed.set(drivername=driver, query=passed)
    return Address(
        url=parsed.set(password=str(password)) if password else parsed,
        schema=str(mine["schema"]) if "schema" in mine else default_schema,
        prefix=str(mine.get("prefix", "")),
        default_schema=default_schema,
    )


def sqlite_path(url: URL | str) -> Path | None:
    """The file of a SQLite address; None for other databases and for one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def state_beside(store: Address) -> str:
    """The address of the state of a store in PostgreSQL: a schema of the same database, which no other store has.

    It is `newsbeam_state`, and `_SCHEMA` is added for a store in a schema of its own, `$PREFIX` for one with a prefix.

    Raises:
        AddressError: the schema's name would be longer than PostgreSQL keeps.
    """
    schema = STATE_SCHEMA + (f"_{store.schema}" if store.schema else "") + (f"${store.prefix}" if store.prefix else "")
    if len(schema) > LONGEST_NAME:
        raise AddressError(
            f"{store.public}: the schema of its state would be {schema}, longer than {LONGEST_NAME} bytes: "
            "name a state with --state postgresql://…?schema=NAME"
        )
    return _written(store.url.set(query={**store.url.query, "schema": schema}))


def redacted(url: str) -> str:
    """The address without anything that can be a password, however badly it is formed."""
    kept = r"[^:]*:/*[^:/?#]*" if "//" in url else r"[^:]*"
    hidden = re.sub(rf"^({kept}):.*@", r"\1@", url, flags=re.S)
    return re.sub(r"([?&](?:ssl)?password=)[^&]*", r"\1***", hidden)


def _check(shown: str, name: str, value: object) -> None:
    # The address of a state has a `$` where it was formed from a store's (see state_beside).
    plain = value.replace("$", "") if isinstance(value, str) and name == "schema" else value
    if not isinstance(plain, str) or not _OPTION.match(plain) or len(str(value)) > _LENGTHS[name]:
        raise AddressError(
            f"{shown}: ?{name}={value}: use small letters, digits and underscores, no digit first, "
            f"at most {_LENGTHS[name]} characters"
        )


def _written(url: URL) -> str:
    path = sqlite_path(url)
    if path is not None:
        url = url.set(database=os.path.abspath(path))
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)
