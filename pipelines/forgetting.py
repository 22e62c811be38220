"""Forgetting: records leave every store, the copy index and the state, and what they asked for stays out.

1. What is forgotten is noted, with the mark that its removal is under way. 2. The state lets go of what it keeps beside
the records. 3. Archives lose the pages. 4. One commit takes the records out of every store, and decides anew on the
copies that remain. 5. The mark goes. A process that is killed between any two steps is followed by one that begins at
2: `newsbeam forget` again, or any run.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from newsbeam import times
from newsbeam.connectors.state import forgotten, held, manifest, victims
from newsbeam.connectors.state.errors import StateError
from newsbeam.connectors.state.forgotten import Forgotten
from newsbeam.connectors.state.held import HeldDocument
from newsbeam.connectors.state.manifest import Intent
from newsbeam.connectors.state.state import State
from newsbeam.connectors.state.victims import Victims
from newsbeam.connectors.stores.commit import Settlement, commit, publish, recover
from newsbeam.connectors.stores.names import open_known, store_name, store_url
from newsbeam.connectors.stores.pages import Archive, tells_records
from newsbeam.connectors.stores.records import STORIES, found_in
from newsbeam.connectors.stores.store import Store, StoreError
from newsbeam.pipelines.failures import Failed, passes
from newsbeam.pipelines.job import Job
from newsbeam.records import Article, Collection, Decision, Document, Duplicate, digest
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.sketches import sketch
from newsbeam.transforms.verdicts import remaining

RUN_ID = "forget"
"""What stands as `run_id` in records that a forgetting has corrected."""

_ENTRY = "urn:newsbeam:entry:"
"""How an archive calls what a feed brought without an address; the entry's key follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What was taken out, by collection, and how many records of others were decided anew. pages: archives' files."""

    counts: Mapping[Collection, int]
    corrected: int = 0
    pages: int = 0


def known_stores(state: State, given: Sequence[Store]) -> list[Store]:
    """Every store that the state was settled with: as given where it is among those, else by its name.

    Raises:
        StoreError: a store that cannot be opened.
    """
    named = {store_name(state, one): one for one in given}
    with state.read() as connection:
        names = manifest.known(connection)
    return [named.get(name) or open_known(store_url(state, name)) for name in names]


def forget(
    state: State,
    stores: Sequence[Store],
    wanted: Forgotten,
    *,
    thresholds: Thresholds,
    epoch: int,
    now: datetime.datetime,
) -> Removed:
    """Take out what is forgotten now, and what an earlier process began to; `stores`: all that the state knows.

    Raises:
        StoreError: a store could not take it; what is noted stays noted and is finished later.
        LeaseLost: another run holds the state.
    """
    with state.write(epoch) as connection:
        forgotten.note(connection, wanted, times.utc(now))
    return finish(state, stores, thresholds=thresholds, epoch=epoch, now=now)


def complete(job: Job, state: State) -> None:
    """At the start of a run: finish what an earlier process began to forget.

    Raises:
        Failed: a store that the state knows, one that the run does not write included, cannot be opened.
    """
    with state.read() as connection:
        if not forgotten.is_pending(connection):
            return
    own = job.stores()
    now = datetime.datetime.now(datetime.UTC)
    try:
        stores = known_stores(state, own)
        others = [one for one in stores if one not in own]
        for one in others:
            one.check()
        recover(state, others, epoch=job.epoch)
        finish(state, stores, thresholds=job.thresholds, epoch=job.epoch, now=now)
    except (StoreError, StateError) as error:
        raise Failed(
            f"what `newsbeam forget` began cannot be brought to its end: {error}", passing=passes(error)
        ) from error


def finish(
    state: State, stores: Sequence[Store], *, thresholds: Thresholds, epoch: int, now: datetime.datetime
) -> Removed:
    """Steps 2 to 5, for all that was ever forgotten."""
    with state.read() as connection:
        out = forgotten.everything(connection)
    found = find(state, stores, out)
    corrected = corrections(state, stores, set(found.documents), thresholds)
    with state.write(epoch) as connection:
        victims.let_go(connection, out, found)
    ids = out.ids.union(found.documents)
    pages = sum(_drop_pages(state, one, out, ids, epoch) for one in stores if isinstance(one, Archive))
    done: Mapping[Collection, int] = {}
    if found:
        settlement = Settlement(
            records=tuple(corrected), removed_ids=tuple(found.documents), cleared=tuple(found.rejections)
        )
        done = commit(state, stores, settlement, epoch=epoch, now=now, run_id=RUN_ID).removed
    with state.write(epoch) as connection:
        forgotten.end(connection)
    return Removed(counts=done, corrected=len(corrected), pages=pages)


def find(state: State, stores: Iterable[Store], out: Forgotten) -> Victims:
    """The records that are to go. The stores are asked where the state alone cannot tell a document's address."""
    with state.read() as connection:
        ask = bool(out.sites) and victims.is_textless(connection)
    told: set[str] = set()
    for store in stores if ask else ():
        if tells_records(store):
            told |= {row["id"] for name in STORIES for row in store.rows(name) if out.covers(row["url"], row["id"])}
    with state.read() as connection:
        return victims.victims(connection, out, told)


def corrections(
    state: State, stores: Sequence[Store], gone: Set[str], thresholds: Thresholds
) -> list[Article | Duplicate]:
    """The records of others that are decided otherwise once these documents are gone.

    Copies outside of the window are compared with those of their cluster, by the fingerprints that the stores hold.
    """
    with state.read() as connection:
        companions = victims.companions(connection, gone)
        known = held.documents(connection, companions)
    others = [one for one in companions if known[one].revision_of is None]
    texts = _texts(state, stores, {one: known[one] for one in others})
    clusters: dict[str, set[str]] = {}
    before = state.decisions(others)
    for one in others:
        clusters.setdefault(before[one].cluster_id, set()).add(one)
    indexed = state.stored(others)
    apart = {one: clusters[before[one].cluster_id] for one in others if one not in indexed}
    bodies = {key: one.body for key, one in texts.items()}
    verdicts = remaining([sketch(one) for one in texts.values()], gone, state, thresholds, apart, bodies)
    decided = {decision.id: decision for verdict in verdicts for decision in verdict.decisions}
    earlier = state.decisions(decided)
    changed = {one: decision for one, decision in decided.items() if decision != earlier.get(one)}
    with state.read() as connection:
        wanted = held.documents(connection, [*changed, *victims.revisions(connection, changed)])
    return corrected(_texts(state, stores, wanted), changed, state.decisions(wanted))


def corrected(
    texts: Mapping[str, Document], changed: Mapping[str, Decision], earlier: Mapping[str, Decision]
) -> list[Article | Duplicate]:
    """The records of documents with another decision; an earlier text follows the cluster of its article."""
    records: list[Article | Duplicate] = []
    for one, text in sorted(texts.items()):
        if text.revision_of is not None:
            decision = replace(earlier[one], cluster_id=changed[text.revision_of].cluster_id)
        else:
            decision = changed[one]
        made = Duplicate if decision.duplicate_of else Article
        records.append(made(document=text, decision=decision, came=False))
    return records


def _texts(state: State, stores: Sequence[Store], wanted: Mapping[str, HeldDocument]) -> dict[str, Document]:
    """These documents: from the state, or from a store where they have left the window."""
    found = state.stored(wanted)
    missing = {one: wanted[one] for one in wanted if one not in found}
    found |= found_in(stores, missing)
    lost = sorted(wanted.keys() - found.keys())
    if lost:
        raise StoreError(
            f"{', '.join(one.url for one in stores)}: none holds {lost[0]} (and {len(lost) - 1} more), whose copy "
            "is to be forgotten: restore it, or fill a store with `newsbeam export`"
        )
    return found


def _drop_pages(state: State, store: Archive, out: Forgotten, ids: Set[str], epoch: int) -> int:
    """Have an archive lose pages; how many of its files changed."""
    name = store_name(state, store)
    with state.committing:
        with state.read() as connection:
            files = manifest.files(connection, name)
        parts = tuple(store.forget(lambda target: covers_page(target, out, ids), files, epoch=epoch))
        if parts:
            intents = {name: Intent(ids=(), parts=parts)}
            with state.write(epoch) as connection:
                manifest.settle(connection, intents, {})
            publish(state, {name: store}, intents, epoch=epoch)
    return len(parts)


def covers_page(target: str, out: Forgotten, ids: Set[str]) -> bool:
    """Whether an archived page is forgotten, by its address, or by the key of an entry that had none.

    ids: of forgotten articles, those included that the state has found for a site.
    """
    if target.startswith(_ENTRY):
        return digest("entry", target.removeprefix(_ENTRY)) in ids
    return out.covers(target)
