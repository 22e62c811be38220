"""Learning from many articles: what a site repeats goes out of its texts, once enough of them have come in.

1. The sites that something new came in of are looked at. What they teach is noted, and with it, in one transaction,
which documents have to be looked at again. 2. These are cleaned, decided anew and brought into every store, a portion
at a time. What a process leaves undone is done by the next one, because every document stays marked until it is.
"""

import datetime
from collections.abc import Callable, Sequence

from sqlalchemy.engine import Connection

from newsbeam.connectors.state import history, site_memory
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores.commit import commit
from newsbeam.pipelines import progress
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages.anew import records_of, verdicts_on
from newsbeam.pipelines.stages.between import recent_of, touched
from newsbeam.pipelines.stages.furniture import cleaned
from newsbeam.pipelines.stages.store import settlement
from newsbeam.records import Captured, Document
from newsbeam.transforms.site_lines import MOST_SITES, repeated

_PORTION = 200


def learn(job: Job, goes_on: Callable[[], bool]) -> None:
    """Learn from what was settled since this was last done, and clean what is held by it, for as long as it goes on.

    By the state that the stages of this process use, whose commit lock keeps the commits of both apart.

    Raises:
        StoreError, StateError, LeaseLost: as a commit does; nothing is lost.
    """
    if job.period is None:
        return
    state = job.state()
    waiting = _study(job, state)
    while waiting and goes_on():
        portion, waiting = waiting[:_PORTION], waiting[_PORTION:]
        with state.committing:
            _clean(job, state, portion)


def study(connection: Connection) -> None:
    """Note what the sites teach that something new came in of, and mark the documents that it concerns."""
    before = site_memory.furniture(connection)
    places = site_memory.fresh_places(connection)
    found = before | {place: frozenset(repeated(site_memory.told(connection, place))) for place in places}
    for place, lines in found.items():
        # A line may have spread to other sites since it was learnt.
        own = lines - site_memory.spread(connection, lines, place.period, MOST_SITES)
        known = before.get(place, frozenset())
        if own != known:
            site_memory.teach(connection, place, own - known, known - own)
            site_memory.look_again(connection, place, own ^ known)


def _study(job: Job, state: State) -> list[str]:
    """Study what is new; the documents that have to be looked at."""
    with state.read() as connection:
        if not site_memory.fresh_places(connection):
            return []
    with state.write(job.epoch) as connection:
        study(connection)
        return site_memory.fresh(connection)


def _clean(job: Job, state: State, ids: Sequence[str]) -> None:
    """Bring documents to what their sites have taught, under the commit lock."""
    with state.read() as connection:
        documents = history.stored(connection, ids)
    held = list(documents.values())
    changed = [after for before, after in zip(held, cleaned(job, held), strict=True) if after is not before]
    if changed:
        _commit(job, state, changed)
    with state.write(job.epoch) as connection:
        site_memory.looked_at(connection, ids)


def _commit(job: Job, state: State, changed: Sequence[Document]) -> None:
    current = [one for one in changed if one.revision_of is None]
    verdicts = verdicts_on(job, current)
    records = records_of(job, current, [one for one in changed if one.revision_of is not None], verdicts, came=False)
    items = [*records, *verdicts, *(one.id for one in current)]
    now = datetime.datetime.now(datetime.UTC)
    done = commit(state, job.stores(), settlement(items, job.period), epoch=job.epoch, now=now, run_id=job.run_id)
    commits = state.commits()
    recent_of(job.state_url).note(commits, touched([*items, Captured(commits=commits, documents=tuple(current))]))
    progress.count("corrected", sum(done.changed.values()) + sum(done.corrected.values()))
