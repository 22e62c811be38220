"""The turns that a batch run needs: how much of each kind of work goes through the graph together.

In one process a turn is cheap: it takes up one kind of work, and little of it, so that memory stays flat. On an engine
of many workers it is a job, which takes long to start: it takes up all kinds at once, and more of each.
"""

from collections.abc import Iterator
from dataclasses import replace

from newsbeam.connectors.sources.slices import fingerprint_of
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores.commit import Settlement, commit
from newsbeam.pipelines import engine, inputs, stopping
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.request import Request, value_of
from newsbeam.records import Origin, Skipped, SourceKind, Span, digest

FILES_AT_ONCE = 16
"""Archives that a turn of many workers reads side by side where the engine is not told how many workers there are."""

_FILES_A_WORKER = 4
_TRIES = 3

File = tuple[SourceKind, str, str]
"""Kind, path and pattern, as `inputs.files_of` gives them."""


def slices(request: Request, job: Job, state: State, files: list[File], polls: int) -> Iterator[Tick]:
    """The turns that a run in one process needs.

    Every feed is polled before any entry is fetched, so that an entry that several feeds announce does not depend on
    which came first.
    """
    size = request.settings.run.slice
    for _ in range(0, polls, size):
        yield Tick(polls=size)
    for spans in inputs.slices(_unread(job, state, files, size), size):
        yield Tick(spans=spans)
        for span in spans:
            yield from _rest(state, span)
    while state.claimable(epoch=job.epoch, now=engine.now()):
        yield Tick(claims=size)


def portions(request: Request, job: Job, state: State, files: list[File], polls: int) -> Iterator[Tick]:
    """The turns that a run on many workers needs. Within one, entries are claimed once all of its polls are noted.

    What a turn took up and did not settle, because a worker was lost with it, is taken up by the next one.

    Raises:
        Failed: turn after turn settles nothing.
    """
    size, at_once = request.settings.run.spread_slice, _files_at_once(request)
    waiting, unpolled, tries = _unread(job, state, files, size), polls, 0
    while not stopping.requested():
        before = _standing(job, state, waiting, unpolled)
        if not any(before):
            return
        spans = inputs.portion(waiting, size, at_once)
        yield Tick(polls=size if polls else 0, claims=size if unpolled <= size else 0, spans=spans)
        freed = state.free_claims(job.epoch)
        unpolled = max(0, unpolled - size)
        waiting = _left(state, waiting, spans)
        tries = tries + 1 if _standing(job, state, waiting, unpolled) == before else 0
        if tries == _TRIES:
            raise Failed(
                f"{_TRIES} jobs one after the other have settled nothing of {freed} entries and {len(spans)} files; "
                "nothing is lost: look at the logs of the engine's workers, then run it again"
            )


def _standing(job: Job, state: State, waiting: list[Span], unpolled: int) -> tuple[int, int, list[int]]:
    """What is left to do: feeds to poll, entries to claim, and where each file goes on."""
    return unpolled, state.claimable(epoch=job.epoch, now=engine.now()), [one.start for one in waiting]


def _files_at_once(request: Request) -> int:
    told = value_of(request.beam, "--parallelism") or ""
    return _FILES_A_WORKER * int(told) if told.isdigit() and int(told) else FILES_AT_ONCE


def _left(state: State, waiting: list[Span], read: tuple[Span, ...]) -> list[Span]:
    """What is left to read once some of the files were read: those not done first, from where the state says."""
    begun = {(one.kind, one.path) for one in read}
    left = []
    for one in (one for one in waiting if (one.kind, one.path) in begun):
        done = state.progress(one.kind, one.path, one.identity)
        if done is None or not done.done:
            left.append(replace(one, start=done.position) if done is not None else one)
    return [*left, *(one for one in waiting if (one.kind, one.path) not in begun)]


def _unread(job: Job, state: State, files: list[File], size: int) -> list[Span]:
    """What is left to read of each file; the records of a file that was read to its end are counted as known."""
    spans = []
    for kind, path, source in files:
        found = fingerprint_of(path)
        done = state.progress(kind, path, found)
        if done is not None and done.done:
            _count_known(job, state, kind, path, source, done.records)
            continue
        start = done.position if done is not None else 0
        spans.append(Span(kind=kind, path=path, source=source, identity=found, start=start, limit=size))
    return spans


def _rest(state: State, span: Span) -> Iterator[Tick]:
    """Further turns for a file that one turn did not finish."""
    while not stopping.requested():
        done = state.progress(span.kind, span.path, span.identity)
        if done is None or done.done:
            return
        yield Tick(spans=(replace(span, start=done.position),))


def _count_known(job: Job, state: State, kind: SourceKind, path: str, source: str, records: int) -> None:
    origin = Origin(kind=kind, source=source, key=digest(kind, path))
    known = Settlement(
        skipped=(Skipped(origin=origin, reason="known", count=records),), seen=((kind, source, records),)
    )
    commit(state, job.stores(), known, epoch=job.epoch, now=engine.now(), run_id=job.run_id)
