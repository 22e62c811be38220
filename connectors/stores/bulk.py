"""Many rows at once: COPY into a temporary table of PostgreSQL, and one statement that merges it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from newsbeam.connectors.stores.rows import Row

FROM_ROWS = 10
"""From so many rows on it is faster than single inserts (benchmarks/database_stores.py)."""


def merge(connection: Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert the rows, or update those whose id is there. Errors are the driver's own."""
    into = connection.dialect.identifier_preparer.format_table(table)
    names = [column.name for column in table.columns]
    listed = ", ".join(names)
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")
    with driver(connection).cursor() as cursor:
        incoming = "newsbeam_incoming"
        made = f"CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS SELECT {listed} FROM {into} WITH NO DATA"
        cursor.execute(made)
        copy(cursor, incoming, table, rows)
        # By id, so that two sessions that write the same rows wait for each other, and do not lock each other out.
        cursor.execute(
            f"INSERT INTO {into} ({listed}) SELECT {listed} FROM {incoming} ORDER BY id "
            f"ON CONFLICT (id) DO UPDATE SET {changed}"
        )
        cursor.execute(f"DROP TABLE {incoming}")


def copy(cursor: Any, into: str, table: sa.Table, rows: Iterable[Row]) -> None:
    """COPY the rows into the table named `into`, which has the columns of `table`."""
    wanted = [(column.name, _form(column)) for column in table.columns]
    with cursor.copy(f"COPY {into} ({', '.join(name for name, _ in wanted)}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row([row[name] if form is None else form(row[name]) for name, form in wanted])


def remove(connection: Connection, table: sa.Table, ids: Sequence[str]) -> None:
    """Delete the rows with these ids."""
    gone = sa.bindparam("gone", list(ids), type_=ARRAY(sa.Text))
    connection.execute(sa.delete(table).where(table.c.id == sa.any_(gone)))


def driver(connection: Connection) -> Any:
    """The driver's own connection, in the transaction that is under way."""
    return connection.connection.driver_connection


def _form(column: sa.Column[Any]) -> Callable[[Any], Any] | None:
    return _json if isinstance(column.type, sa.JSON) else None


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
