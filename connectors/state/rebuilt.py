"""A state that is made again of a store: whether it is empty, whose it becomes, and what is read back of it."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import payload, schema
from newsbeam.connectors.state.engine import upsert
from newsbeam.records import Document

_FILLED = (
    schema.documents,
    schema.rejections,
    schema.frontier,
    schema.feeds,
    schema.inputs,
    schema.stores,
    schema.runs,
    schema.forgotten,
)
"""The tables of which one at least holds something, once anything was done with a state."""


def first_filled(connection: Connection) -> str | None:
    """The first table that holds anything; None where the state is as it was made."""
    for table in _FILLED:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
            return table.name
    return None


def adopt(connection: Connection, *, state_id: str | None, epoch: int) -> None:
    """Have the state be that of this id, and its lease of this epoch."""
    if state_id is not None:
        connection.execute(upsert(schema.meta, connection), {"name": "state_id", "value": state_id})
    connection.execute(sa.update(schema.lease).where(schema.lease.c.id == 1).values(epoch=epoch))


def newest(connection: Connection) -> str | None:
    """The moment of the newest capture among current texts; None without any."""
    columns = schema.documents.c
    query = sa.select(sa.func.max(columns.fetched_at)).where(columns.revision_of.is_(None))
    return connection.execute(query).scalar_one_or_none()


def in_window(connection: Connection, after: tuple[str, str], limit: int) -> list[Document]:
    """The current texts that are held, by (fetched_at, id) after that of `after`; at most so many."""
    columns = schema.documents.c
    place = sa.tuple_(columns.fetched_at, columns.id)
    wanted = (columns.payload.is_not(None)) & columns.revision_of.is_(None) & (place > sa.tuple_(*after))
    query = sa.select(columns.payload).where(wanted).order_by(columns.fetched_at, columns.id).limit(limit)
    return [payload.document(kept) for kept in connection.execute(query).scalars()]
