"""The journal: what each run made of each document that it wrote, so that two runs can be compared afterwards.

A row says what a document was at the end of an epoch; between two rows nothing changed. So the documents as a run left
them are, for each id, the last row up to its epoch. Rows that only epochs beyond KEPT_EPOCHS need are dropped.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.accounts import KEPT_EPOCHS
from newsbeam.connectors.state.engine import upsert
from newsbeam.connectors.state.held import HeldDocument
from newsbeam.records import Article, Collection, Duplicate

_FROM = "journal_from"
_EVERY = 10
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A document at the end of an epoch. text_hash, language: None where they are not known (any more)."""

    id: str
    collection: Collection
    text_hash: bytes | None
    language: str | None
    cluster_id: str


def note(
    connection: Connection,
    written: Sequence[tuple[Article | Duplicate, HeldDocument]],
    gone: Sequence[str],
    *,
    epoch: int,
) -> None:
    """Note what was written and what left all stores; of several writings in an epoch the last one stands."""
    rows: list[dict[str, object]] = [
        {
            "id": held.id,
            "epoch": epoch,
            "collection": held.collection,
            "text_hash": held.text_hash,
            "language": record.document.language,
            "cluster_id": record.decision.cluster_id,
        }
        for record, held in written
    ]
    nothing = dict.fromkeys(("collection", "text_hash", "language", "cluster_id"))
    rows += [{"id": one, "epoch": epoch, **nothing} for one in gone]
    if rows:
        connection.execute(upsert(schema.journal, connection), rows)


def seed(connection: Connection) -> None:
    """Begin the journal of a state that had none: every document as it is now, in the epoch in which it came in."""
    columns = schema.documents.c
    known = sa.select(columns.id, columns.epoch, columns.collection, columns.text_hash, sa.null(), columns.cluster_id)
    names = [column.name for column in schema.journal.columns]
    connection.execute(sa.insert(schema.journal).from_select(names, known))


def snapshot(connection: Connection, epoch: int) -> Iterator[Noted]:
    """The documents as the epoch left them, by id; streamed, so that memory does not grow with their number."""
    columns = schema.journal.c
    wanted = (columns.id, columns.collection, columns.text_hash, columns.language, columns.cluster_id)
    query = sa.select(*wanted).where(columns.epoch <= epoch).order_by(columns.id, columns.epoch)
    last: Any = None
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
        if last is not None and row[0] != last[0] and last[1] is not None:
            yield _noted(last)
        last = row
    if last is not None and last[1] is not None:
        yield _noted(last)


def oldest(connection: Connection) -> int:
    """The first epoch whose end the journal still tells."""
    found = connection.execute(sa.select(schema.meta.c.value).where(schema.meta.c.name == _FROM)).scalar()
    return int(found or 0)


def expire(connection: Connection, epoch: int) -> None:
    """Every tenth epoch, drop the rows that are not needed to tell what KEPT_EPOCHS epochs and all later ones left.

    Of each document the last row up to the oldest kept epoch stays, unless it says that the document had left.
    """
    if epoch % _EVERY or epoch <= KEPT_EPOCHS:
        return
    kept = epoch - KEPT_EPOCHS
    own, later = schema.journal.c, schema.journal.alias("later")
    superseded = sa.exists().where(later.c.id == own.id, later.c.epoch > own.epoch, later.c.epoch <= kept)
    old = sa.delete(schema.journal).where(own.epoch <= kept, sa.or_(own.collection.is_(None), superseded))
    connection.execute(old)
    connection.execute(upsert(schema.meta, connection), {"name": _FROM, "value": str(kept)})


def wipe(connection: Connection, ids: Iterable[str]) -> None:
    """Take the hashes of their texts, and their languages, out of the rows of these documents."""
    rows = [{"wiped": one} for one in ids]
    if rows:
        update = sa.update(schema.journal).where(schema.journal.c.id == sa.bindparam("wiped"))
        connection.execute(update.values(text_hash=None, language=None), rows)


def _noted(row: Any) -> Noted:
    one, collection, text_hash, language, cluster_id = row
    return Noted(id=one, collection=collection, text_hash=text_hash, language=language, cluster_id=cluster_id)
