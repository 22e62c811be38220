"""What comes in again meets what is held: whether it is a new sighting, and which of two rejected rows stands.

The accounts count sightings, not rows. A document under an id that is held may be a correction, which is no new
sighting, or a new capture, which is one. An article and its revisions are one family: each text of it, new or held, is
matched by where it came in and what it says, and what finds no held counterpart is a new sighting.
"""

from collections.abc import Mapping
from dataclasses import replace

from newsbeam.connectors.state.held import HeldDocument, HeldRejected
from newsbeam.records import Article, Document, Duplicate, Rejected


def sightings(
    records: Mapping[str, Article | Duplicate], texts: Mapping[str, bytes], held: Mapping[str, HeldDocument], epoch: int
) -> dict[str, int]:
    """The epoch in whose accounts each record stands: this one for a new sighting, the held text's for a correction."""
    slots: dict[str, list[HeldDocument]] = {}
    for before in held.values():
        slots.setdefault(before.revision_of or before.id, []).append(before)
    found = dict.fromkeys(records, epoch)
    open_records = [one for one in sorted(records) if _family(records[one].document) in slots]
    for same in (_same_capture, _same_text, _same_moment):
        unmatched: list[str] = []
        for one in open_records:
            document, family = records[one].document, slots[_family(records[one].document)]
            match = next((slot for slot in family if same(slot, document, texts[one])), None)
            if match is None:
                unmatched.append(one)
            else:
                found[one] = match.epoch
                family.remove(match)
        open_records = unmatched
    return found


def _family(document: Document) -> str:
    return document.revision_of or document.id


def _same_capture(before: HeldDocument, document: Document, text: bytes) -> bool:
    return _same_text(before, document, text) and before.fetched_at == document.fetched_at


def _same_text(before: HeldDocument, document: Document, text: bytes) -> bool:
    return before.origin == document.origin and before.text_hash == text


def _same_moment(before: HeldDocument, document: Document, text: bytes) -> bool:
    """The same capture whose text was cleaned anew."""
    return before.origin == document.origin and before.fetched_at == document.fetched_at


def meet(before: HeldRejected | None, one: Rejected, epoch: int) -> HeldRejected:
    """A row that appears again: first seen when it first was, its tries added up.

    What a later run says replaces what an earlier one said; within one run the later sighting does, and of two at the
    same moment the smaller, so that their order does not show.
    """
    if before is None:
        return HeldRejected(row=one, hash=b"", epoch=epoch)
    earlier = before.row
    kept = one
    if before.epoch == epoch:
        latest = max(earlier.last_seen, one.last_seen)
        kept = min((row for row in (earlier, one) if row.last_seen == latest), key=_said)
    return HeldRejected(
        row=replace(
            kept,
            attempts=earlier.attempts + one.attempts,
            first_seen=min(earlier.first_seen, one.first_seen),
            last_seen=max(earlier.last_seen, one.last_seen),
        ),
        hash=b"",
        epoch=epoch,
    )


def _said(one: Rejected) -> tuple[str, ...]:
    return one.stage, one.reason, one.detail, one.url or "", one.feed_url or "", one.retry_at or "", one.origin.source
