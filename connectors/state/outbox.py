"""The outbox: ids whose settled record has still to be handed on to stores that the driver delivers to."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import upsert

_NUMBER = "outbox"


def put(connection: Connection, stores: Sequence[str], ids: Sequence[str]) -> None:
    """Have the records with these ids, or the word that they are gone, handed on to each of the stores.

    Each call has a number higher than all before, by which of two changes of one id the later one is told.
    """
    if not stores or not ids:
        return
    column = schema.meta.c.value
    last = connection.execute(sa.select(column).where(schema.meta.c.name == _NUMBER)).scalar()
    number = int(last or 0) + 1
    connection.execute(upsert(schema.meta, connection), {"name": _NUMBER, "value": str(number)})
    rows = [{"store": store, "id": one, "number": number} for store in stores for one in ids]
    connection.execute(upsert(schema.outbox, connection), rows)


def waiting(connection: Connection, store: str, limit: int) -> dict[str, int]:
    """At most so many of the ids that wait for a store, each with the number of the commit that changed it."""
    columns = schema.outbox.c
    query = sa.select(columns.id, columns.number).where(columns.store == store).order_by(columns.id).limit(limit)
    return {row.id: row.number for row in connection.execute(query)}


def handed_on(connection: Connection, store: str, taken: Mapping[str, int]) -> None:
    """Take out the ids that the store has by now, those excepted that another commit has changed since."""
    columns = schema.outbox.c
    same = (columns.id == sa.bindparam("done")) & (columns.number == sa.bindparam("taken"))
    rows = [{"done": one, "taken": number} for one, number in taken.items()]
    if rows:
        connection.execute(sa.delete(schema.outbox).where(columns.store == store, same), rows)
