"""Which files a commit writes, and what comes into each and leaves it: pure, so that every case has its test.

A file keeps its name. A partition's last file takes new rows while it is small, young and cheap to write anew; else a
new file begins. A row that moves to another collection or partition comes into a new file, which appears after the old
one has lost it: a reader that lists the folder and then reads meets no id twice.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsbeam import times
from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores.partitions import Scheme, fits, folder, folder_of
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import Changes
from newsbeam.records import COLLECTIONS, Collection

REWRITE_BYTES_A_SECOND = 256 * 1024
"""How much writing anew a file of a stream may cost, spread over the time since it was begun: some .5 % of a core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """When a new file begins: at so many bytes, and so many minutes after the first row.

    cheap: bytes up to which a file is written anew without asking what that costs.
    """

    bytes: float
    minutes: float
    cheap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The form that new files have. suffix: with its dot."""

    suffix: str
    scheme: Scheme
    roll: Roll


def plan(
    changes: Changes,
    files: Sequence[HeldFile],
    places: Mapping[str, int],
    next_number: int,
    layout: Layout,
    *,
    epoch: int,
    now: str,
) -> tuple[Part, ...]:
    """The parts that the changes make. files: by number. places: the number of the file that holds an id."""
    by_number = {one.number: one for one in files}
    draft = _draft(changes, by_number, places, layout)
    moving = {one for ids in draft.left.values() for one in ids}
    joined: dict[int, tuple[str, ...]] = {}
    begun: list[tuple[Collection, str, tuple[str, ...]]] = []
    lasts = {(one.collection, folder_of(one.name)): one for one in files if one.name.endswith(layout.suffix)}
    for (collection, partition), coming in draft.added.items():
        ids = tuple(coming)
        last = lasts.get((collection, partition))
        if last is not None and moving.isdisjoint(ids) and takes(last, len(ids), layout.roll, now=now):
            joined[last.number] = ids
        else:
            begun.append((collection, partition, ids))
    parts = [
        _rewritten(one, tuple(draft.left.get(one.number, ())), joined.get(one.number, ()), epoch)
        for one in files
        if one.number in draft.left or one.number in joined or one.number in draft.changed
    ]
    for number, (collection, partition, ids) in enumerate(begun, next_number):
        name = f"part-{epoch:05d}-{number:06d}{layout.suffix}"
        parts.append(
            Part(
                number=number,
                collection=collection,
                name=f"{partition}/{name}" if partition else name,
                rows=len(ids),
                rewrites=False,
                added=ids,
                opened=now,
                epoch=epoch,
            )
        )
    return tuple(parts)


def takes(last: HeldFile, added: int, roll: Roll, *, now: str) -> bool:
    """Whether a partition's last file takes so many rows more.

    Filling a file by equal portions has written it anew rows/added times, at half of its size. That is worth it where
    it is cheap, small beside the portion itself, or spread over time enough, as in a stream.
    """
    age = _seconds(last.opened, now)
    if last.bytes >= roll.bytes or (last.opened is not None and age >= 60 * roll.minutes):
        return False
    rewritten = last.bytes * last.rows / (2 * added)
    return last.bytes < roll.cheap or 4 * last.rows <= added or rewritten <= REWRITE_BYTES_A_SECOND * age


@dataclass(slots=True)
class _Draft:
    """left: ids that leave a file, by its number. changed: files in which a row changes. added: by partition."""

    left: dict[int, list[str]] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    added: dict[tuple[Collection, str], list[str]] = field(default_factory=dict)


def _draft(changes: Changes, files: Mapping[int, HeldFile], places: Mapping[str, int], layout: Layout) -> _Draft:
    draft = _Draft()
    for collection in COLLECTIONS:
        for one in changes.gone.get(collection, ()):
            if one in places and files[places[one]].collection == collection:
                draft.left.setdefault(places[one], []).append(one)
    for collection in COLLECTIONS:
        for row in changes.rows.get(collection, ()):
            _sort(draft, row, collection, files.get(places.get(str(row["id"]), -1)), layout)
    return draft


def _sort(draft: _Draft, row: Row, collection: Collection, file: HeldFile | None, layout: Layout) -> None:
    one = str(row["id"])
    here = file is not None and file.collection == collection
    if file is not None and here and fits(row, collection, folder_of(file.name)):
        draft.changed.add(file.number)
        return
    if file is not None and here:
        draft.left.setdefault(file.number, []).append(one)
    draft.added.setdefault((collection, folder(row, collection, layout.scheme[collection])), []).append(one)


def _rewritten(file: HeldFile, gone: tuple[str, ...], added: tuple[str, ...], epoch: int) -> Part:
    return Part(
        number=file.number,
        collection=file.collection,
        name=file.name,
        rows=file.rows - len(gone) + len(added),
        rewrites=True,
        gone=gone,
        added=added,
        opened=file.opened,
        epoch=epoch,
    )


def _seconds(opened: str | None, now: str) -> float:
    """How long the file has been open; 0 where that is not known."""
    begun, moment = times.parse(opened or ""), times.parse(now)
    if begun is None or moment is None:
        return 0.0
    return max(0.0, (moment - begun) / datetime.timedelta(seconds=1))
