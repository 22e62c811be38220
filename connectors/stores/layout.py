"""The layout of a database store: its version, and the steps that bring an earlier one to today's form.

A step is a function, and all of them run in the one transaction of `bring`. `newsbeam_meta` holds the version of the
layout under `schema_version`; that of the records is a column of every row. Version 1 was written to SQLite only.
"""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state.engine import make_schema
from newsbeam.connectors.stores import fulltext
from newsbeam.connectors.stores.store import StoreError
from newsbeam.connectors.stores.tables import SEARCHED, Tables

VERSION = 3
_VERSION = "schema_version"


def bring(connection: Connection, tables: Tables, *, store: str) -> None:
    """Make the tables where there are none, and bring those of an earlier version to today's form.

    Raises:
        StoreError: a newer version has written them, or tables of these names are not newsbeam's.
    """
    make_schema(connection, tables.schema)
    version = _found(connection, tables, store)
    if version > VERSION:
        raise StoreError(
            f"{store}: its tables are of version {version}, this newsbeam knows {VERSION}: "
            "update newsbeam (pip install --upgrade newsbeam), or name another store"
        )
    for step in range(version or VERSION, VERSION):
        take = _STEPS[tables.dialect].get(step)
        if take is None:
            raise StoreError(
                f"{store}: its tables are of version {version}, which no newsbeam wrote here: name another"
            )
        take(connection, tables)
    tables.metadata.create_all(connection)
    if version != VERSION:
        mark = sa.update(tables.meta).where(tables.meta.c.name == _VERSION).values(value=str(VERSION))
        if not connection.execute(mark).rowcount:
            connection.execute(sa.insert(tables.meta), {"name": _VERSION, "value": str(VERSION)})
    fulltext.keep(connection, tables, store=store)


def columns(connection: Connection, table: sa.Table) -> list[sa.Column[Any]]:
    """The columns to be read: of a store that no run has brought to today's form yet, those that it has."""
    try:
        there = {one["name"] for one in sa.inspect(connection).get_columns(table.name, schema=table.schema)}
    except sa.exc.NoSuchTableError:
        return list(table.columns)  # reading fails, and says so as every failure of a database is said
    return [one for one in table.columns if one.name in there]


def _found(connection: Connection, tables: Tables, store: str) -> int:
    """The version that is there; 0 where nothing is."""
    names = tables.names(connection)
    if tables.meta.name in names:
        query = sa.select(tables.meta.c.value).where(tables.meta.c.name == _VERSION)
        return int(connection.execute(query).scalar() or 0)
    taken = sorted(names & {table.name for table in tables.collections.values()})
    if taken:
        raise StoreError(
            f"{store}: there is a table {taken[0]} that newsbeam has not made: use ?prefix=nb_, or another database"
        )
    return 0


def _from_1(connection: Connection, tables: Tables) -> None:
    """Indexes over `updated_at`, `url` and `retry_at`; the full-text index is made after the steps (see bring)."""
    for table in tables.collections.values():
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def _from_2(connection: Connection, tables: Tables) -> None:
    """Stories get `reserved`, empty in the rows that are there. Neither database writes a row anew for it."""
    # Of two processes that open a store at once, PostgreSQL lets the second one in when the first has done it.
    unless = "IF NOT EXISTS " if tables.dialect == "postgresql" else ""
    for collection in SEARCHED:
        table = tables.collections[collection]
        column = sa.schema.CreateColumn(table.c.reserved).compile(dialect=connection.dialect)
        called = connection.dialect.identifier_preparer.format_table(table)
        connection.exec_driver_sql(f"ALTER TABLE {called} ADD COLUMN {unless}{column}")


_STEPS: Mapping[str, Mapping[int, Callable[[Connection, Tables], None]]] = {
    "sqlite": {1: _from_1, 2: _from_2},
    "postgresql": {2: _from_2},
}
