"""What the stores hold, as last settled: every document and every rejected row, with what tells whether it changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import payload, schema
from newsbeam.connectors.state.engine import upsert
from newsbeam.connectors.state.frontier import rows_of
from newsbeam.connectors.state.history import decision_of
from newsbeam.records import Article, Collection, Document, Duplicate, Origin, Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDocument:
    """A document as last settled. hash: of its row. text_hash: of its body. epoch: the accounts it stands in."""

    id: str
    collection: Collection
    hash: bytes
    text_hash: bytes
    revision_of: str | None
    fetched_at: str
    origin: Origin
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRejected:
    """A rejected row as last settled. epoch: in which it was."""

    row: Rejected
    hash: bytes
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A record as the stores hold it, with the run that wrote it."""

    record: Article | Duplicate | Rejected
    run_id: str
    updated_at: str


def documents(connection: Connection, ids: Iterable[str]) -> dict[str, HeldDocument]:
    """The documents with these ids, those that have left the window included."""
    return {row.id: _document(row) for row in rows_of(connection, schema.documents, schema.documents.c.id, ids)}


def with_keys(connection: Connection, keys: Iterable[str]) -> set[str]:
    """Those of the keys under which a document came in."""
    return {row.key for row in rows_of(connection, schema.documents, schema.documents.c.key, keys)}


def rejections(connection: Connection, keys: Iterable[str]) -> dict[str, HeldRejected]:
    """The rejected rows with these keys."""
    return {
        row.key: HeldRejected(row=payload.rejected(row.payload), hash=row.hash, epoch=row.epoch)
        for row in rows_of(connection, schema.rejections, schema.rejections.c.key, keys)
    }


def stamped(connection: Connection, ids: Iterable[str]) -> tuple[dict[str, Stamped], set[str]]:
    """The records with these ids as they were last settled, and those ids whose text is no longer kept."""
    wanted, found, textless = list(ids), {}, set()
    for row in rows_of(connection, schema.documents, schema.documents.c.id, wanted):
        if row.payload is None:
            textless.add(row.id)
            continue
        made = Article if row.collection == "articles" else Duplicate
        record = made(document=payload.document(row.payload), decision=decision_of(row))
        found[row.id] = Stamped(record=record, run_id=row.run_id, updated_at=row.updated_at)
    for row in rows_of(connection, schema.rejections, schema.rejections.c.key, wanted):
        found[row.key] = Stamped(record=payload.rejected(row.payload), run_id=row.run_id, updated_at=row.updated_at)
    return found, textless


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each collection holds."""
    collection = schema.documents.c.collection
    found = {"articles": 0, "duplicates": 0}
    for name, count in connection.execute(sa.select(collection, sa.func.count()).group_by(collection)):
        found[name] = count
    rows = sa.select(sa.func.count()).select_from(schema.rejections)
    return found | {"rejected": int(connection.execute(rows).scalar_one())}


def feed_rejected(connection: Connection, feed_url: str) -> bool:
    """Whether a rejected row stands for the feed itself."""
    query = sa.select(schema.rejections.c.key).where(schema.rejections.c.feed_itself == feed_url).limit(1)
    return connection.execute(query).first() is not None


def write_documents(
    connection: Connection, rows: Sequence[tuple[Article | Duplicate, HeldDocument]], *, run_id: str, updated_at: str
) -> None:
    """Make these what is held under their ids."""
    values = [_values(record, held) | {"run_id": run_id, "updated_at": updated_at} for record, held in rows]
    if values:
        connection.execute(upsert(schema.documents, connection), values)


def write_rejections(connection: Connection, rows: Mapping[str, HeldRejected], *, run_id: str, updated_at: str) -> None:
    """Make these what is held under their keys."""
    values = [
        {
            "key": key,
            "hash": held.hash,
            "feed_itself": held.row.origin.source if is_feed_itself(held.row) else None,
            "epoch": held.epoch,
            "run_id": run_id,
            "updated_at": updated_at,
            "payload": payload.encode(held.row),
        }
        for key, held in rows.items()
    ]
    if values:
        connection.execute(upsert(schema.rejections, connection), values)


def remove(connection: Connection, *, documents: Iterable[str], rejections: Iterable[str]) -> None:
    """Hold these no more."""
    for column, gone in ((schema.documents.c.id, documents), (schema.rejections.c.key, rejections)):
        rows = [{"gone": one} for one in gone]
        if rows:
            connection.execute(sa.delete(column.table).where(column == sa.bindparam("gone")), rows)


def is_feed_itself(row: Rejected) -> bool:
    """Whether the row stands for a feed that could not be polled, not for one of its entries."""
    return row.origin.kind == "feed" and row.stage == "poll" and row.url == row.origin.source


def _document(row: sa.Row[tuple[object, ...]]) -> HeldDocument:
    values = dict(row._mapping)
    origin = Origin(kind=values["kind"], source=values["source"], key=values["key"])
    names = set(HeldDocument.__dataclass_fields__) - {"origin"}
    return HeldDocument(origin=origin, **{name: values[name] for name in names})


def _values(record: Article | Duplicate, held: HeldDocument) -> dict[str, object]:
    document: Document = record.document
    decision = record.decision
    return {
        "id": held.id,
        "collection": held.collection,
        "hash": held.hash,
        "text_hash": held.text_hash,
        "revision_of": held.revision_of,
        "fetched_at": held.fetched_at,
        "kind": held.origin.kind,
        "source": held.origin.source,
        "key": held.origin.key,
        "epoch": held.epoch,
        "cluster_id": decision.cluster_id,
        "duplicate_of": decision.duplicate_of,
        "relation": decision.relation,
        "similarity": decision.similarity,
        "kept_because": list(decision.kept_because),
        "payload": payload.encode(document),
    }
