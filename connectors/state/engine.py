"""Engines: how a database is opened, and how a transaction that writes begins.

SQLite is opened with a write-ahead log and full synchronisation: what was committed outlives a power cut, and readers
go on while one process writes. pysqlite opens transactions late and only as readers, which makes two writers fail
instead of wait; so its own handling is switched off, and a writing transaction begins as one.

PostgreSQL is spoken to through psycopg 3. A connection that has lain in the pool is tried before it is used, so that a
server that was restarted between two transactions is no failure.
"""

import contextlib
import functools
import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from newsbeam.connectors.state.address import Address, sqlite_path

__all__ = [
    "fill",
    "insert_numbers",
    "insert_or",
    "make_schema",
    "open_engine",
    "reading",
    "sqlite_path",
    "upsert",
    "writing",
]

BUSY_SECONDS = 30.0
LOCK_SECONDS = 60.0
CONNECT_SECONDS = 10
SYNCHRONOUS = "FULL"
_KEPT = 3
"""Connections to a SQLite file that stay open; more are opened where so many are used at a time, and closed again."""
_WRITES = "newsbeam_writes"
_MAKES = 0x6E657773
"""The key of the advisory lock under which tables are made."""
_ALIVE = """
SELECT set_config(name, value, false)
FROM (VALUES ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3'))
     AS wanted (name, value)
WHERE current_setting('tcp_keepalives_idle')::integer > 60
"""
"""Where the server would wait for longer; it says 0 of a socket that is no network's."""
_VARIABLES = {"connect_timeout": "PGCONNECT_TIMEOUT"}
_turns: weakref.WeakKeyDictionary[Engine, contextlib.AbstractContextManager[Any]] = weakref.WeakKeyDictionary()
"""Held by the thread of ours that writes to a SQLite file."""


def open_engine(address: Address) -> Engine:
    """An engine for a database; nothing is connected yet, but a SQLite file's folder is made.

    Raises: ImportError (a driver that is not installed), OSError.
    """
    path = address.path
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    # Each connection has a cache of pages: few are kept, and the one used last is used next.
    options: dict[str, Any] = {"pool_use_lifo": True, "pool_size": _KEPT} if address.path is not None else {}
    if not address.is_sqlite:
        options = {"pool_pre_ping": True, "connect_args": _patience(address)}
    engine = sa.create_engine(
        address.url, json_serializer=_dumps, json_deserializer=orjson.loads, hide_parameters=True, **options
    )
    if address.is_sqlite:
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        _turns[engine] = threading.RLock()
    else:
        sa.event.listen(engine, "connect", functools.partial(_prepare_postgresql, address.schema))
    return engine


def make_schema(connection: Connection, schema: str | None) -> None:
    """Make the schema where it is missing. In PostgreSQL the transaction is from now on the only one that makes things.

    The schema is looked for first: a user who may not create one can be given one that is there.
    """
    if connection.dialect.name != "postgresql":
        return
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKES)))
    if schema is not None and not connection.dialect.has_schema(connection, schema):
        connection.execute(sa.schema.CreateSchema(schema))


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: it waits for other writers when it begins, not in its middle.

    Threads of this process wait before they take a connection. SQLite has one writer at a time, whose lock the others
    would ask for again and again, each with a connection, its descriptors and its cache of pages.
    """
    with (
        _turns.get(engine, contextlib.nullcontext()),
        engine.connect().execution_options(**{_WRITES: True}) as connection,
        connection.begin(),
    ):
        yield connection


def upsert(table: sa.Table, connection: Connection, *, keep: tuple[str, ...] = ()) -> Any:
    """An insert that updates every column but the key and those in `keep` where the key is there already."""
    insert = insert_or(table, connection)
    key = [column.name for column in table.primary_key]
    changed = {
        column.name: insert.excluded[column.name]
        for column in table.columns
        if column.name not in key and column.name not in keep
    }
    return insert.on_conflict_do_update(index_elements=key, set_=changed)


def insert_or(table: sa.Table, connection: Connection) -> Any:
    """The dialect's insert, which takes a conflict clause."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)


def insert_numbers(table: sa.Table, connection: Connection, rows: Sequence[tuple[int, ...]]) -> None:
    """Insert rows of whole numbers, in the order of the table's columns, where they are not there already.

    Their values go to the driver as they are, in PostgreSQL as one array a column: for tens of thousands of small rows
    that takes a third of the time or less.
    """
    names = [column.name for column in table.columns]
    insert = insert_or(table, connection)
    if connection.dialect.name == "postgresql":
        arrays = [sa.cast(sa.bindparam(column.name), sa.ARRAY(column.type)) for column in table.columns]
        query = sa.select(*(sa.func.unnest(one).label(name) for name, one in zip(names, arrays, strict=True)))
        columns = zip(names, zip(*rows, strict=True), strict=True)
        statement = insert.from_select(names, query).on_conflict_do_nothing()
        connection.execute(statement, {name: list(values) for name, values in columns})
        return
    compiled = insert.on_conflict_do_nothing().compile(dialect=connection.dialect, column_keys=names)
    connection.exec_driver_sql(str(compiled), list(rows))


def fill(engine: Engine) -> None:
    """Open all connections to a SQLite file that are kept, so that a long run holds as many from its start on."""
    if engine.dialect.name == "sqlite":
        with contextlib.ExitStack() as opened:
            for _ in range(_KEPT):
                # Its log is opened by the first question.
                opened.enter_context(reading(engine)).exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(dbapi: Any, record: Any) -> None:
    dbapi.isolation_level = None
    cursor = dbapi.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _patience(address: Address) -> dict[str, Any]:
    """How long to wait for a server that does not answer, where neither address nor environment says (libpq's names).

    A server that is gone without a word is noticed after a minute, whether it is asked or has to answer.
    """
    given = {*address.url.query, *(name for name, variable in _VARIABLES.items() if variable in os.environ)}
    silent = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
    wanted = {"connect_timeout": CONNECT_SECONDS, "fallback_application_name": "newsbeam", **silent}
    return {name: value for name, value in wanted.items() if name not in given}


def _prepare_postgresql(schema: str | None, dbapi: Any, record: Any) -> None:
    """Tables of the schema are found by their bare names; no lock is waited for without end, or kept by the dead.

    A lock_timeout that the role, the database or `?options=` has set is left alone. The server notices after a minute
    that a client's machine is gone, and lets go of its locks, as the client notices it of the server (see _patience).
    """
    dbapi.autocommit = True
    with dbapi.cursor() as cursor:
        patience = "SELECT set_config('lock_timeout', %s, false) WHERE current_setting('lock_timeout') = '0'"
        cursor.execute(patience, (f"{int(LOCK_SECONDS * 1000)}ms",))
        cursor.execute(_ALIVE)
        if schema is not None:
            cursor.execute("SELECT set_config('search_path', quote_ident(%s), false)", (schema,))
    dbapi.autocommit = False


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
