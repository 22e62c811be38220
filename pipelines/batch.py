"""The batch driver: the graph over slices of the input, each settled before the next, so that memory stays flat."""

import time
from collections.abc import Iterator
from dataclasses import replace

from newsbeam.connectors.sources.slices import fingerprint_of
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores.commit import Settlement, commit
from newsbeam.pipelines import delivery, engine, forgetting, inputs, prism, progress, runs, stopping
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.report import Report
from newsbeam.pipelines.request import Request
from newsbeam.records import Origin, Skipped, SourceKind, Span, digest

EVERYTHING = 1_000_000_000


def run(request: Request) -> Report:
    """Take in what the sources hold now.

    Raises:
        UsageError: a source that cannot be read.
        Failed: a store or the state broke; what is not settled is taken up by the next run.
    """
    files, feeds = inputs.files_of(request), inputs.feeds_of(request)
    started = time.monotonic()
    progress.reset()
    with (
        prism.beside(request) as arguments,
        engine.opened(request) as (job, state),
        runs.recorded(job, request, state) as record,
        progress.Display(),
    ):
        forgetting.complete(job, state)
        feeds = inputs.with_lists(feeds, request, state.knows_feed, job.fetcher)
        state.subscribe(feeds, epoch=job.epoch)
        handing = delivery.Delivery(job, state, arguments)
        handing.all()
        for tick in _ticks(request, job, state, files, polls=len(feeds)):
            if stopping.requested():
                break
            engine.turn(job, tick, arguments)
            handing.due()
        handing.all()
        if stopping.requested() and stopping.by_signal() is None:
            raise Failed("the lease on the state was lost to another run; nothing more was written by this one")
        runs.forget_old(job, state)
        outcome = record.report = runs.summed_up(job, state, seconds=time.monotonic() - started)
    return outcome


def _ticks(
    request: Request, job: Job, state: State, files: list[tuple[SourceKind, str, str]], polls: int
) -> Iterator[Tick]:
    """The turns that a run needs. Every feed is polled before any entry is fetched, so that an entry that several
    feeds announce does not depend on which came first."""
    settings = request.settings
    size = settings.run.slice if request.local else EVERYTHING
    for _ in range(0, polls, size):
        yield Tick(polls=size)
    for spans in inputs.slices(_unread(job, state, files, size), size):
        yield Tick(spans=spans)
        for span in spans:
            yield from _rest(state, span)
    while state.claimable(epoch=job.epoch, now=engine.now()):
        yield Tick(claims=size)


def _unread(job: Job, state: State, files: list[tuple[SourceKind, str, str]], size: int) -> list[Span]:
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
