"""Filling a store that lacks rows of another one, and copying rows into a store that no run goes on with."""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from newsbeam import times
from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores.catalogue import Catalogue, full_hash, in_portions
from newsbeam.connectors.stores.commit import fill, store_name
from newsbeam.connectors.stores.rows import Row, exactly
from newsbeam.connectors.stores.store import Changes, Store, StoreError
from newsbeam.records import COLLECTIONS, Collection

_ROWS = 500
_CHARACTERS = 8_000_000
_SOURCE, _TARGET = 0, 1
COPY = "copy"
"""The state that a copy belongs to: none that a run could hold."""

Counts = Mapping[Collection, int]


class Stopped(Exception):
    """Filling was asked to stop; what was filled stays, and another time goes on from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What filling a store did. written: rows that it lacked, or held otherwise. holds: its rows, afterwards."""

    written: int
    holds: Counts


def fill_all(
    state: State,
    source: Store,
    targets: Sequence[Store],
    *,
    epoch: int,
    now: Callable[[], datetime.datetime],
    stopping: Callable[[], bool] = lambda: False,
    said: Callable[[str], None] = lambda message: None,
) -> list[Filled]:
    """Bring every target to what the source holds, and the state's account of it to the truth.

    The lease of `epoch` is held and `recover` was called for all of the stores. said: hears of progress.

    Raises:
        StoreError: a store cannot be used, the source lacks rows itself, or a target holds rows that it does not.
        Stopped: `stopping` told to.
    """
    for target in targets:
        if target.delivered:
            raise StoreError(f"{target.url}: it only takes what runs hand on to it, and cannot be filled afterwards")
    done = []
    with Catalogue() as catalogue:
        holds = catalogue.enter(_SOURCE, source)
        _ensure_whole(state, source, holds)
        for number, target in enumerate(targets, _TARGET):
            begun = catalogue.enter(number, target)
            _ensure_own(catalogue, number, source, target)
            lacking = catalogue.lacking(number, of=_SOURCE)
            _account(state, target, begun, epoch=epoch, now=now())
            if lacking:
                said(f"{target.url}: {lacking:,} rows to write")
                for changes, growth in _portions(catalogue, number, source):
                    if stopping():
                        raise Stopped
                    fill(state, target, changes, growth, epoch=epoch, now=now())
            done.append(Filled(written=lacking, holds=holds))
    return done


def _ensure_whole(state: State, source: Store, holds: Counts) -> None:
    settled = state.counts()
    if state.expected(store_name(state, source)) is None:
        raise StoreError(f"{source.url}: the state does not know it: give the state that belongs to it (--state)")
    if any(holds[name] != settled[name] for name in COLLECTIONS):
        raise StoreError(
            f"{source.url}: it holds {sum(holds.values()):,} of the {sum(settled.values()):,} records that the state "
            "knows: fill it first, from a store that holds all"
        )


def _ensure_own(catalogue: Catalogue, number: int, source: Store, target: Store) -> None:
    strange, first = catalogue.strange(number, to=_SOURCE)
    if strange:
        raise StoreError(
            f"{target.url}: it holds {strange:,} rows that {source.url} does not (such as {first}): "
            "export into an empty store, or run with both stores and the state that wrote them"
        )


def _account(state: State, target: Store, begun: Counts, *, epoch: int, now: datetime.datetime) -> None:
    """Enter the target in the state, with the rows that it holds.

    The state may have counted otherwise: a run that was given the store before it was filled counts moves and
    corrections of rows that the store never held, and a kill may have come between a database's commit and the state's.
    """
    known = state.expected(store_name(state, target))
    wrong = {name: begun[name] - (known or {}).get(name, 0) for name in COLLECTIONS}
    if known is None or any(wrong.values()):
        fill(state, target, Changes(), wrong, epoch=epoch, now=now)


def _portions(catalogue: Catalogue, number: int, source: Store) -> Iterable[tuple[Changes, Counts]]:
    """What is to be written, with the growth of each collection by it."""
    for collection in COLLECTIONS:
        for rows in in_portions(source.rows(collection), count=_ROWS, characters=_CHARACTERS):
            held = catalogue.held(number, [row["id"] for row in rows])
            wanted = [
                exactly(collection, row)
                for row in rows
                if held.get(row["id"]) != (collection, full_hash(collection, row))
            ]
            if wanted:
                yield _changes(collection, wanted, {one: place for one, (place, _) in held.items()})


def _changes(
    collection: Collection, wanted: Sequence[Row], held: Mapping[str, Collection]
) -> tuple[Changes, dict[Collection, int]]:
    growth = dict.fromkeys(COLLECTIONS, 0)
    gone: dict[Collection, list[str]] = {}
    for row in wanted:
        before = held.get(row["id"])
        growth[collection] += before != collection
        if before is not None and before != collection:
            growth[before] -= 1
            gone.setdefault(before, []).append(row["id"])
    return Changes(rows={collection: wanted}, gone=gone), growth


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fresh:
    """The files of a store that is being made, as `Store.plan` asks for them; none of them is ever written again."""

    next_number: int
    files: Sequence[HeldFile] = ()

    def places(self, ids: Sequence[str]) -> Mapping[str, int]:
        """No row of a copy is ever changed."""
        return {}


def copy(target: Store, rows: Mapping[Collection, Iterable[Row]], *, now: datetime.datetime) -> dict[Collection, int]:
    """Write rows into an empty store that no run will go on with; how many of each collection.

    An id that came in an earlier collection, because a run moved it while it was read, is left out of a later one.

    Raises:
        StoreError: the target holds rows, or cannot be written.
    """
    target.check()
    if sum(target.count().values()):
        raise StoreError(f"{target.url}: it holds rows: a copy is made in an empty store; give another, or delete it")
    target.hold(COPY, 1)
    counts: dict[Collection, int] = {}
    number = 1
    with Catalogue() as seen:
        for collection, found in rows.items():
            counts[collection] = 0
            for portion in in_portions(found, count=_ROWS, characters=_CHARACTERS):
                fresh = seen.add(_SOURCE, collection, [exactly(collection, row) for row in portion])
                changes = Changes(rows={collection: fresh})
                parts: tuple[Part, ...] = target.plan(changes, _Fresh(next_number=number), epoch=1, now=times.utc(now))
                parts = target.prepare(changes, parts, epoch=1)
                target.publish(parts)
                number = max((number, *(part.number + 1 for part in parts)))
                counts[collection] += len(fresh)
    return counts
