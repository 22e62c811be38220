"""Engines: how a database is opened, and how a transaction that writes begins.

SQLite is opened with a write-ahead log and full synchronisation: what was committed outlives a power cut, and readers
go on while one process writes. pysqlite opens transactions late and only as readers, which makes two writers fail
instead of wait; so its own handling is switched off, and a writing transaction begins as one.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url

BUSY_SECONDS = 30.0
CACHE_KIB = 16_384
SYNCHRONOUS = "FULL"
_WRITES = "newsbeam_writes"


def open_engine(url: str) -> Engine:
    """An engine for the database at `url`; nothing is connected yet, but a SQLite file's folder is made.

    Raises: sqlalchemy.exc.ArgumentError, ImportError (a driver that is not installed), OSError.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql" and parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    path = sqlite_path(parsed)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, json_serializer=_dumps, json_deserializer=orjson.loads)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def sqlite_path(url: URL | str) -> Path | None:
    """The file of a SQLite address; None for other databases and for one in memory."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def public_url(url: str) -> str:
    """The address without its password, a SQLite file's path made absolute."""
    parsed = make_url(url)
    path = sqlite_path(parsed)
    if path is not None:
        parsed = parsed.set(database=os.path.abspath(path))
    return parsed.set(password=None).render_as_string(hide_password=False)


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: it waits for other writers when it begins, not in its middle."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
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

    The statement is Core's; its parameters go to the driver as they are, which for tens of thousands of small rows
    takes a third of the time.
    """
    names = [column.name for column in table.columns]
    statement = insert_or(table, connection).on_conflict_do_nothing()
    compiled = statement.compile(dialect=connection.dialect, column_keys=names)
    if compiled.positional:
        connection.exec_driver_sql(str(compiled), list(rows))
    else:
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


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
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
