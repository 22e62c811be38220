"""The commit: records into every store, then settled in the state, in four steps that a kill may part at any place.

1. The state notes the intent: which ids are in doubt and which files are planned. 2. Every store prepares: a database
commits its rows, a folder writes its files under temporary names. 3. One transaction of the state settles everything.
4. Files get their names, and the intent is forgotten. `recover` finishes what was settled and undoes what was not.

All of it is done under the commit lock. A process that has lost it with its connection finds that out before each step
that readers could see; what slips through is refused when it is settled, and undone.
"""

import contextlib
import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from newsbeam import times
from newsbeam.connectors.state import (
    accounts,
    frontier,
    held,
    history,
    inputs,
    journal,
    lags,
    manifest,
    outbox,
    site_memory,
)
from newsbeam.connectors.state.errors import CommitUndone, LeaseLost, StateError
from newsbeam.connectors.state.manifest import HeldFile, Intent, Part
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores import rows
from newsbeam.connectors.stores.names import store_name
from newsbeam.connectors.stores.plan import Held, Planned, deltas, ids_named, plan
from newsbeam.connectors.stores.settlement import Committed, Settlement
from newsbeam.connectors.stores.store import Changes, Store, StoreError
from newsbeam.records import COLLECTIONS, Collection

__all__ = ["Committed", "Settlement", "commit", "fill", "publish", "recover", "store_name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """A store's part of the manifest."""

    state: State
    store: str
    files: Sequence[HeldFile]
    next_number: int

    def places(self, ids: Sequence[str]) -> Mapping[str, int]:
        """The number of the file that holds each id."""
        with self.state.read() as connection:
            return manifest.places(connection, self.store, ids)


def commit(
    state: State,
    stores: Sequence[Store],
    settlement: Settlement,
    *,
    epoch: int,
    now: datetime.datetime,
    run_id: str,
) -> Committed:
    """Bring a settlement into every store and settle it; an unchanged record touches nothing.

    Raises:
        StoreError: a store could not take it; nothing is settled, and what other stores had taken is undone at once,
            or by the next commit or `recover` where even that fails.
        StateError: the state could not; what was not settled by then is undone as above. CommitUndone among these: this
            process lost the commit lock, and another has undone the commit.
        LeaseLost: another run holds the state.
        ValueError: an id stands twice in the settlement.
    """
    named, began = {store_name(state, store): store for store in stores}, time.monotonic()
    with state.committing:
        _finish(state, named, epoch)
        before = _held(state, settlement)
        planned = plan(settlement, before, epoch=epoch, run_id=run_id, updated_at=times.utc(now))
        intents = _plan_stores(state, named, planned.changes, epoch, times.utc(now))
        if intents:
            with state.write(epoch) as connection:
                manifest.intend(connection, intents)
        try:
            intents = _prepare(state, named, planned.changes, intents, epoch)
            growth = deltas(planned, before)
            _settle(
                state, named, settlement, planned, intents, growth, epoch=epoch, run_id=run_id, now=now, began=began
            )
        except LeaseLost:
            # The holder has undone what was shown; temporary files that this process wrote later are its own to remove.
            for name, intent in intents.items():
                with contextlib.suppress(StoreError):
                    named[name].discard(intent.parts)
            raise
        except (StoreError, StateError) as error:
            with contextlib.suppress(StoreError, StateError):
                state.committing.regain()
                _finish(state, named, epoch)
                if isinstance(error, CommitUndone):
                    _undo_again(state, named, intents, epoch)
            raise
        publish(state, named, intents, epoch=epoch)
    return planned.committed


def fill(
    state: State,
    store: Store,
    changes: Changes,
    growth: Mapping[Collection, int],
    *,
    epoch: int,
    now: datetime.datetime,
) -> None:
    """Bring rows that are settled already into one store that lacks them, by the steps of a commit.

    growth: by how many rows each collection of the store grows; other than by the rows, where the state's count of the
    store was wrong. Nothing of it need ever be undone in a database: each row is what is settled, whatever comes after.

    Raises:
        StoreError, LeaseLost: as in `commit`; what was filled earlier stays.
    """
    name = store_name(state, store)
    named = {name: store}
    with state.committing:
        _finish(state, named, epoch)
        planned = _plan_stores(state, named, changes, epoch, times.utc(now))
        intents = {name: replace(planned.get(name, Intent(ids=(), parts=(), token=manifest.new_token())), ids=())}
        with state.write(epoch) as connection:
            manifest.intend(connection, intents)
        try:
            if planned:
                intents = _prepare(state, named, changes, intents, epoch)
            with state.write(epoch) as connection:
                manifest.settle(connection, intents, growth)
        except (StoreError, LeaseLost):
            with contextlib.suppress(StoreError):
                store.discard(intents[name].parts)
            raise
        publish(state, named, intents, epoch=epoch)


def recover(state: State, stores: Sequence[Store], *, epoch: int) -> None:
    """Take the stores, finish or undo what an earlier process left half done, and make sure that they hold what was
    settled.

    Raises:
        StoreError: a store cannot be used, or does not hold what the state says.
    """
    named = {store_name(state, store): store for store in stores}
    with state.committing:
        for store in stores:
            store.hold(state.id, epoch)
        _finish(state, named, epoch)
        for name, store in named.items():
            with state.read() as connection:
                expected, files = manifest.expected(connection, name), manifest.files(connection, name)
            store.sweep()
            store.verify(expected or dict.fromkeys(COLLECTIONS, 0), files)


def _held(state: State, settlement: Settlement) -> Held:
    ids, keys = ids_named(settlement)
    with state.read() as connection:
        return Held(
            documents=held.documents(connection, sorted(ids)),
            rejections=held.rejections(connection, sorted(keys)),
            keys=frozenset(held.with_keys(connection, sorted({one.origin.key for one in settlement.rejected}))),
        )


def _plan_stores(state: State, named: Mapping[str, Store], changes: Changes, epoch: int, now: str) -> dict[str, Intent]:
    """What each store will do; nothing at all where no row changes and no page was archived."""
    if not changes.ids and not changes.segments:
        return {}
    planned, token = {}, manifest.new_token()
    for name, store in named.items():
        with state.read() as connection:
            known = _Files(
                state=state,
                store=name,
                files=manifest.files(connection, name),
                next_number=manifest.next_number(connection, name),
            )
        parts = store.plan(changes, known, epoch=epoch, now=now)
        planned[name] = Intent(ids=changes.ids, parts=parts, token=token)
    return planned


def _prepare(
    state: State, named: Mapping[str, Store], changes: Changes, intents: Mapping[str, Intent], epoch: int
) -> dict[str, Intent]:
    """Have every store take the changes; those whose readers would see them at once come last."""
    prepared = dict(intents)
    for name in sorted(intents, key=lambda name: (named[name].shows_early, name)):
        if not named[name].delivered:
            state.committing.ensure()
            parts = named[name].prepare(changes, intents[name].parts, epoch=epoch)
            prepared[name] = replace(intents[name], parts=parts)
    return prepared


def _settle(
    state: State,
    named: Mapping[str, Store],
    settlement: Settlement,
    planned: Planned,
    intents: Mapping[str, Intent],
    growth: Mapping[Collection, int],
    *,
    epoch: int,
    run_id: str,
    now: datetime.datetime,
    began: float,
) -> None:
    """The one transaction after which all of it counts. began: when it was `now`, by the monotonic clock."""
    stamp = {"run_id": run_id, "updated_at": times.utc(now)}
    with state.write(epoch) as connection:
        frontier.move(connection, planned.moved)
        frontier.settle(connection, planned.fates, planned.retries, epoch=epoch)
        held.write_documents(connection, planned.documents, **stamp)
        held.write_rejections(connection, planned.rejections, **stamp)
        held.remove(connection, documents=planned.gone_documents, rejections=planned.gone_rejections)
        history.drop(connection, (*settlement.dropped_edges_of, *planned.gone_documents))
        history.index(connection, settlement.sketches, settlement.bands, settlement.edges)
        written = {held_document.id for _, held_document in planned.documents}
        site_memory.enter(connection, [one for one in settlement.lines if one.id in written])
        site_memory.remove(connection, planned.gone_documents)
        if settlement.records or settlement.removed_ids:
            history.count_commit(connection)
        accounts.add(connection, epoch, planned.amounts)
        lags.add(connection, epoch, settlement.since, now + datetime.timedelta(seconds=time.monotonic() - began))
        inputs.reach(connection, settlement.progress)
        manifest.settle(connection, intents, growth)
        journal.note(connection, planned.documents, planned.gone_documents, epoch=epoch)
        delivered = [name for name in intents if named[name].delivered]
        outbox.put(connection, delivered, planned.changes.ids)


class Publishing(Protocol):
    """What of a store gives prepared files their names."""

    def publish(self, parts: Sequence[Part]) -> None:
        """Give prepared files their names."""


def publish(state: State, named: Mapping[str, Publishing], intents: Mapping[str, Intent], *, epoch: int) -> None:
    """The last step: what is settled gets its names, and the intents are forgotten.

    Raises:
        StoreError, LeaseLost: the next commit or `recover` does it.
    """
    if intents:
        state.committing.ensure()
    for name, intent in intents.items():
        named[name].publish(intent.parts)
    if intents:
        with state.write(epoch) as connection:
            manifest.tidy(connection, intents)


def _finish(state: State, named: Mapping[str, Store], epoch: int) -> None:
    """Publish what was settled; undo what was not."""
    with state.read() as connection:
        open_intents = manifest.intents(connection, named)
    for name, intent in open_intents.items():
        store = named[name]
        if intent.settled:
            store.publish(intent.parts)
        else:
            store.discard(intent.parts)
            store.restore(_as_settled(state, intent.ids), epoch=epoch)
    if open_intents:
        with state.write(epoch) as connection:
            manifest.tidy(connection, open_intents)


def _undo_again(state: State, named: Mapping[str, Store], intents: Mapping[str, Intent], epoch: int) -> None:
    """Undo what came into the stores after another process had undone the commit; noted first, as it was then."""
    with state.write(epoch) as connection:
        manifest.intend(connection, intents)
    _finish(state, named, epoch)


def _as_settled(state: State, ids: Sequence[str]) -> Changes:
    """The changes that bring ids back to what was last settled. One whose text is no longer kept stays as it is."""
    with state.read() as connection:
        known, textless = held.stamped(connection, ids)
    wanted: dict[Collection, list[rows.Row]] = {}
    gone: dict[Collection, list[str]] = {collection: [] for collection in COLLECTIONS}
    for one in ids:
        if one in textless:
            continue
        stamped = known.get(one)
        own = rows.collection_of(stamped.record) if stamped else None
        if stamped is not None and own is not None:
            row = rows.row(stamped.record, run_id=stamped.run_id, updated_at=stamped.updated_at)
            wanted.setdefault(own, []).append(row)
        for collection in COLLECTIONS:
            if collection != own:
                gone[collection].append(one)
    return Changes(rows=wanted, gone=gone)
