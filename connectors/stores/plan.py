"""What a settlement changes, given what is held: pure, so that every case has its test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from newsbeam.connectors.state import accounts
from newsbeam.connectors.state.accounts import Amounts
from newsbeam.connectors.state.held import HeldDocument, HeldRejected, is_feed_itself
from newsbeam.connectors.stores.meeting import meet, sightings
from newsbeam.connectors.stores.rows import Row, collection_of, row, row_hash, text_hash
from newsbeam.connectors.stores.settlement import Committed, Counts, Settlement
from newsbeam.connectors.stores.store import Changes
from newsbeam.records import Article, Collection, Duplicate, Rejected, Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is held of all that a settlement names. keys: places under which a document came in earlier."""

    documents: Mapping[str, HeldDocument] = field(default_factory=dict)
    rejections: Mapping[str, HeldRejected] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What is to be done.

    changes: in the stores. documents, rejections: in the state. fates, retries: of entries of the frontier, by key.
    moved: what entries that were settled earlier have become by now.
    """

    changes: Changes
    documents: Sequence[tuple[Article | Duplicate, HeldDocument]]
    rejections: Mapping[str, HeldRejected]
    gone_documents: tuple[str, ...]
    gone_rejections: tuple[str, ...]
    fates: Mapping[str, str]
    moved: Mapping[str, str]
    retries: Mapping[str, Rejected]
    amounts: Amounts
    committed: Committed


@dataclass(slots=True)
class _Draft:
    """The plan while it is being made."""

    rows: dict[Collection, list[Row]] = field(default_factory=dict)
    gone: dict[Collection, list[str]] = field(default_factory=dict)
    documents: list[tuple[Article | Duplicate, HeldDocument]] = field(default_factory=list)
    rejections: dict[str, HeldRejected] = field(default_factory=dict)
    amounts: Amounts = field(default_factory=Amounts)
    new: Counts = field(default_factory=Counts)
    changed: Counts = field(default_factory=Counts)
    corrected: Counts = field(default_factory=Counts)
    unchanged: Counts = field(default_factory=Counts)
    removed: Counts = field(default_factory=Counts)

    def write(self, collection: Collection, values: Row) -> None:
        """Have the row written."""
        self.rows.setdefault(collection, []).append(values)

    def leave(self, collection: Collection, one: str) -> None:
        """Have the id leave the collection."""
        self.gone.setdefault(collection, []).append(one)


def ids_named(settlement: Settlement) -> tuple[set[str], set[str]]:
    """(document ids, keys) that the plan must know of."""
    ids = {record.document.id for record in settlement.records} | set(settlement.removed_ids)
    ids |= {one.document.revision_of for one in settlement.records if one.document.revision_of is not None}
    keys = {record.document.origin.key for record in settlement.records}
    keys |= {one.origin.key for one in settlement.rejected} | {one.origin.key for one in settlement.skipped}
    return ids, keys | {origin.key for origin in settlement.cleared}


def plan(settlement: Settlement, held: Held, *, epoch: int, run_id: str, updated_at: str) -> Planned:
    """What the settlement changes.

    Raises:
        ValueError: an id stands twice among the records, or among records and removed ids.
    """
    draft, stamp = _Draft(), {"run_id": run_id, "updated_at": updated_at}
    _plan_records(draft, settlement, held, epoch, stamp)
    _plan_rejected(draft, settlement, held, epoch, stamp)
    gone_rejections = _plan_cleared(draft, settlement, held)
    for kind, source, count in settlement.seen:
        accounts.saw(draft.amounts, kind, source, count)
    for skip in settlement.skipped:
        accounts.skipped(draft.amounts, skip.origin, skip.reason, skip.count)
    fates, moved, retries = _fates(settlement)
    return Planned(
        changes=Changes(rows=draft.rows, gone=draft.gone, segments=settlement.segments),
        documents=draft.documents,
        rejections=draft.rejections,
        gone_documents=tuple(one for one in settlement.removed_ids if one in held.documents),
        gone_rejections=gone_rejections,
        fates=fates,
        moved=moved,
        retries=retries,
        amounts=draft.amounts,
        committed=Committed(
            new=draft.new,
            changed=draft.changed,
            corrected=draft.corrected,
            unchanged=draft.unchanged,
            removed=draft.removed,
        ),
    )


def _plan_records(draft: _Draft, settlement: Settlement, held: Held, epoch: int, stamp: Mapping[str, str]) -> None:
    records = {record.document.id: record for record in settlement.records}
    if len(records) != len(settlement.records) or not records.keys().isdisjoint(settlement.removed_ids):
        raise ValueError("an id stands twice in one settlement")
    texts = {one: text_hash(record.document.body) for one, record in records.items()}
    epochs = sightings(records, texts, held.documents, epoch)
    for one in (*records, *settlement.removed_ids):
        before = held.documents.get(one)
        if before is not None and before.epoch == epoch:
            accounts.settled(draft.amounts, before.origin, before.collection, -1)
        if before is not None and one not in records:
            draft.leave(before.collection, one)
            draft.removed[before.collection] += 1
    for one, record in sorted(records.items()):
        values, collection, document = row(record, **stamp), collection_of(record), record.document
        if epochs[one] == epoch:
            accounts.settled(draft.amounts, document.origin, collection)
        after = HeldDocument(
            id=one,
            collection=collection,
            hash=row_hash(values),
            text_hash=texts[one],
            revision_of=document.revision_of,
            fetched_at=document.fetched_at,
            origin=document.origin,
            epoch=epochs[one],
        )
        _note(draft, record, values, held.documents.get(one), after)


def _note(
    draft: _Draft, record: Article | Duplicate, values: dict[str, Any], before: HeldDocument | None, after: HeldDocument
) -> None:
    """Have a record written where it differs from what is held."""
    if before is not None and (before.collection, before.hash) == (after.collection, after.hash):
        draft.unchanged[after.collection] += 1
        # The stores need not change for a later capture of the same text; which text is the newest one depends on it.
        if (before.origin, before.epoch, before.fetched_at) != (after.origin, after.epoch, after.fetched_at):
            draft.documents.append((record, after))
        return
    if before is None:
        draft.new[after.collection] += 1
    elif before.text_hash != after.text_hash:
        draft.changed[after.collection] += 1
    else:
        draft.corrected[after.collection] += 1
    if before is not None and before.collection != after.collection:
        draft.leave(before.collection, after.id)
    draft.write(after.collection, values)
    draft.documents.append((record, after))


def _plan_rejected(draft: _Draft, settlement: Settlement, held: Held, epoch: int, stamp: Mapping[str, str]) -> None:
    """Rejected rows, each key once. Where the same place gave a record, in whatever order, the record stands alone.

    A feed that could not be polled is no entry: it comes in and is settled with its row.
    """
    recorded = held.keys | {record.document.origin.key for record in settlement.records}
    for one in settlement.rejected:
        accounts.settled(draft.amounts, one.origin, "rejected")
        if is_feed_itself(one):
            accounts.saw(draft.amounts, one.origin.kind, one.origin.source)
        key = one.origin.key
        if key in recorded:
            continue
        before = draft.rejections.get(key) or held.rejections.get(key)
        draft.rejections[key] = meet(before, one, epoch)
    cleared = {origin.key for origin in settlement.cleared}
    for key in cleared.intersection(draft.rejections):
        del draft.rejections[key]
    for key, after in sorted(draft.rejections.items()):
        values = row(after.row, **stamp)
        draft.rejections[key] = after = replace(after, hash=row_hash(values))
        before = held.rejections.get(key)
        if before is None:
            draft.new["rejected"] += 1
        else:
            (draft.changed if before.hash != after.hash else draft.corrected)["rejected"] += 1
        draft.write("rejected", values)


def _plan_cleared(draft: _Draft, settlement: Settlement, held: Held) -> tuple[str, ...]:
    """Rejected rows that go: of places that gave a record, that work now, or whose entry is settled otherwise."""
    keys = {record.document.origin.key for record in settlement.records}
    keys |= {origin.key for origin in settlement.cleared}
    keys |= {one.origin.key for one in settlement.skipped if one.origin.kind == "feed" or one.reason == "same_text"}
    gone = tuple(sorted(keys.intersection(held.rejections) - draft.rejections.keys()))
    for key in gone:
        draft.leave("rejected", key)
        draft.removed["rejected"] += 1
    return gone


def _fates(settlement: Settlement) -> tuple[dict[str, str], dict[str, str], dict[str, Rejected]]:
    """What becomes of entries of the frontier: a fate, another fate than before, or a rejected row, which may be taken
    up again.

    A correction settles no entry: that of its document may be waiting again, to be fetched for a revision.
    """
    retries = {one.origin.key: one for one in settlement.rejected if one.origin.kind == "feed"}
    fates = {one.origin.key: _fate(one) for one in settlement.skipped if one.origin.kind == "feed"}
    moved: dict[str, str] = {}
    for record in settlement.records:
        if record.document.origin.kind == "feed":
            found = fates if record.came else moved
            found[record.document.origin.key] = "article" if isinstance(record, Article) else "duplicate"
    return fates, moved, {key: one for key, one in retries.items() if key not in fates}


def _fate(skip: Skipped) -> str:
    """What is forgotten is told apart, so that it can be let in again."""
    return "forgotten" if skip.reason == "forgotten" else "skipped"


def deltas(planned: Planned, held: Held) -> dict[Collection, int]:
    """By how many rows each collection grows."""
    found: Counts = Counts()
    for collection, rows in planned.changes.rows.items():
        found[collection] += len(rows)
        for one in rows:
            before = held.rejections if collection == "rejected" else held.documents
            if one["id"] in before and _collection_of(before[one["id"]]) == collection:
                found[collection] -= 1
    for collection, ids in planned.changes.gone.items():
        found[collection] -= len(ids)
    return dict(found)


def _collection_of(before: HeldDocument | HeldRejected) -> Collection:
    return before.collection if isinstance(before, HeldDocument) else "rejected"
