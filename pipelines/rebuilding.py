"""Rebuilding a lost state from the stores that it was settled with, in one transaction: all of it is there, or nothing.

1. Every record is entered with its decision, every rejected row with its tries. 2. The window is cut off as a run does
it, and what sites repeat is learnt anew. 3. The texts in it come into the copy index, the oldest first, with the edges
among them. 4. The stores are entered with the rows and files that they hold. 5. The state takes the name and the epoch
that the stores know.
"""

import datetime
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.engine import Connection

from newsbeam import times
from newsbeam.connectors.state import frontier, held, history, journal, manifest, rebuilt, site_memory
from newsbeam.connectors.state.errors import StateError
from newsbeam.connectors.state.manifest import Intent
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores import adopting
from newsbeam.connectors.stores.adopting import Traces
from newsbeam.connectors.stores.catalogue import in_portions
from newsbeam.connectors.stores.names import store_name
from newsbeam.connectors.stores.records import STORIES
from newsbeam.connectors.stores.rows import Row, exactly
from newsbeam.connectors.stores.store import Store, StoreError
from newsbeam.pipelines import learning, recalled
from newsbeam.pipelines.stages.store import told_of
from newsbeam.records import Collection, Edge, Sketch
from newsbeam.transforms.bands import bands
from newsbeam.transforms.candidates import candidates
from newsbeam.transforms.relations import Thresholds, relate
from newsbeam.transforms.site_lines import period_of
from newsbeam.transforms.sketches import sketch
from newsbeam.transforms.wordings import Wordings

_ROWS, _CHARACTERS = 500, 4_000_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the settings say of copies, and of site memory. bucket: as in verdicts.judge. period: as in Job."""

    thresholds: Thresholds
    bucket: int
    period: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a state was rebuilt of. counts: rows by collection. indexed: texts in the window. retries: entries of
    rejected rows that the next run tries again. epoch: of the lease, from now on."""

    counts: Mapping[Collection, int]
    indexed: int
    retries: int
    epoch: int


def ensure_new(state: State) -> None:
    """Make sure that the state holds nothing, before its lease is taken; raises StateError."""
    with state.read() as connection:
        _ensure_empty(connection, state)


def rebuild(
    state: State, stores: Sequence[Store], found: Traces, limits: Limits, *, epoch: int, now: datetime.datetime
) -> Rebuilt:
    """Fill an empty state from the first store, and enter all stores, which hold the same rows.

    found: what the stores tell. epoch: of the lease that is held, which is not the one to be given back afterwards.

    Raises:
        StateError: the state holds something.
        StoreError: a store cannot be read, or a row of it is no record.
    """
    with state.write(epoch) as connection:
        _ensure_empty(connection, state)
        counts = _enter_records(connection, stores[0], limits.period)
        counts["rejected"], retries = _enter_rejected(connection, stores[0], epoch, now)
        held_now = held.counts(connection)
        if held_now != counts:
            raise StoreError(f"{stores[0].url}: an id stands twice in it: restore it first")
        newest = times.parse(rebuilt.newest(connection) or "")
        if newest is not None:
            before = times.utc(newest - 2 * datetime.timedelta(days=limits.thresholds.window_days))
            history.expire(connection, before)
            if limits.period is not None:
                site_memory.expire(connection, period_of(before, limits.period))
        learning.study(connection)
        indexed = _index(connection, limits)
        history.count_commit(connection)
        journal.seed(connection)
        for store in stores:
            _enter_store(connection, store_name(state, store), store, counts)
        last = max(epoch, found.epoch)
        rebuilt.adopt(connection, state_id=found.state_id, epoch=last)
    return Rebuilt(counts=counts, indexed=indexed, retries=retries, epoch=last)


def _ensure_empty(connection: Connection, state: State) -> None:
    filled = rebuilt.first_filled(connection)
    if filled is not None:
        raise StateError(
            f"the state at {state.url} holds {filled} already: a state is rebuilt into a new one: name another, "
            "or move this one away if it is damaged"
        )


def _enter_records(connection: Connection, store: Store, period: int | None) -> dict[Collection, int]:
    """Every article and duplicate with its decision; how many of each there are."""
    named = recalled.originals(store.rows("articles"))
    counts: dict[Collection, int] = {}
    for collection in STORIES:
        counts[collection] = 0
        for portion in in_portions(store.rows(collection), count=_ROWS, characters=_CHARACTERS):
            for stamp, rows in _by_stamp(collection, portion):
                records = _read(store, rows, lambda row: recalled.story(row, named))
                held.write_documents(connection, records, run_id=stamp.run_id, updated_at=stamp.updated_at)
                site_memory.enter(connection, told_of([one for one, _ in records], period))
            counts[collection] += len(portion)
    return counts


def _enter_rejected(connection: Connection, store: Store, epoch: int, now: datetime.datetime) -> tuple[int, int]:
    """Every rejected row; (how many there are, of how many the entries wait to be tried again)."""
    count = retries = 0
    for portion in in_portions(store.rows("rejected"), count=_ROWS):
        for stamp, rows in _by_stamp("rejected", portion):
            known = {one.row.origin.key: one for one in _read(store, rows, recalled.rejected)}
            held.write_rejections(connection, known, run_id=stamp.run_id, updated_at=stamp.updated_at)
            again = [entry for one in known.values() if (entry := recalled.retry(one.row)) is not None]
            frontier.announce(connection, again, epoch=epoch, now=now)
            retries += len(again)
        count += len(portion)
    return count, retries


def _by_stamp(collection: Collection, portion: Iterable[Row]) -> Iterator[tuple[recalled.Stamp, list[Row]]]:
    rows = (exactly(collection, row) for row in portion)
    ordered = sorted(rows, key=lambda row: (str(row["run_id"]), str(row["updated_at"])))
    return ((stamp, list(same)) for stamp, same in itertools.groupby(ordered, key=recalled.stamp))


def _read(store: Store, rows: Iterable[Row], reader: Callable[[Row], T]) -> list[T]:
    found = []
    for row in rows:
        try:
            found.append(reader(row))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(
                f"{store.url}: the row {row['id']} is no record that newsbeam writes ({error}): restore it first"
            ) from error
    return found


def _index(connection: Connection, limits: Limits) -> int:
    """Put the texts of the window into the copy index, the oldest first, whatever order the store gave; how many."""
    after, count = ("", ""), 0
    while portion := rebuilt.in_window(connection, after, _ROWS):
        sketches = [sketch(one) for one in portion]
        keys = {one.id: bands(one.fingerprint) for one in sketches}
        wordings = Wordings({one.id: one.body for one in portion}, functools.partial(history.texts, connection))
        history.index(connection, sketches, keys, _edges(connection, sketches, wordings, limits))
        after, count = (portion[-1].fetched_at, portion[-1].id), count + len(portion)
    return count


def _edges(connection: Connection, sketches: Sequence[Sketch], wordings: Wordings, limits: Limits) -> list[Edge]:
    """The edges of a portion: among its documents, and to those that are in the index already."""
    known = {one.id: one for one in sketches}
    pairs = [(known[a], known[b]) for a, b in candidates(sketches, limits.bucket)]
    keys = {one.id: bands(one.fingerprint) for one in sketches}
    earlier = history.candidates(connection, keys, limit=limits.bucket)
    pairs += [(known[own], other) for own, found in earlier.items() for other in found]
    edges = (relate(a, b, limits.thresholds, wordings) for a, b in pairs)
    return sorted((edge for edge in edges if edge is not None), key=lambda edge: (edge.a, edge.b))


def _enter_store(connection: Connection, name: str, store: Store, counts: Mapping[Collection, int]) -> None:
    """Enter a store in the manifest as if one commit had brought it to what it holds."""
    entered = {name: Intent(ids=(), parts=())}
    manifest.intend(connection, entered)
    manifest.settle(connection, entered, counts)
    for part in adopting.parts(store):
        manifest.settle(connection, {name: Intent(ids=(), parts=(part,))}, {})
    manifest.tidy(connection, entered)
