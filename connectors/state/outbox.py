"""The outbox: ids whose settled record has still to be handed on to stores that the driver delivers to."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import upsert


def put(connection: Connection, stores: Sequence[str], ids: Sequence[str], *, number: int) -> None:
    """Have the records with these ids, or the word that they are gone, handed on to each of the stores.

    number: of the commit that changed them.
    """
    rows = [{"store": store, "id": one, "number": number} for store in stores for one in ids]
    if rows:
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
