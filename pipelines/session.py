"""One session of a stream: the state held, the graph with ticks that do not end, in fixed windows, on an engine."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence

import apache_beam as beam
import grpc
from apache_beam.pvalue import PCollection
from apache_beam.runners.runner import PipelineResult, PipelineState
from apache_beam.transforms.window import FixedWindows

from newsbeam.config.tables import Stream
from newsbeam.connectors.state.errors import LeaseLost, StateError
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores.store import StoreError
from newsbeam.pipelines import (
    beam_options,
    delivery,
    engine,
    engines,
    forgetting,
    graph,
    learning,
    progress,
    runs,
    standing,
    stopping,
    subscribing,
)
from newsbeam.pipelines.clock import PeriodicTicks
from newsbeam.pipelines.engines import Engine
from newsbeam.pipelines.failures import Failed, of_pipeline
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.report import Report
from newsbeam.pipelines.request import Request, UsageError
from newsbeam.records import Feed

_LOOK = 1.0
_CHECK = 0.2
_GRACE = 4.0
_LEARN = 20.0
_LEARN_SHARE = 20.0
_LEARN_AT_END = 4.0
_TIDY = 600.0
_LISTS = 3600.0
_POLLS = 500


def run(request: Request, feeds: Sequence[Feed], *, drain: bool, opened: Callable[[], None]) -> Report:
    """Take in what comes, until the process is asked to stop. drain: what was taken up is finished first.

    opened: called once the state is held and every store was found to be in order.

    Raises:
        UsageError: no Prism.
        Failed: a stage, a store or the state broke.
    """
    started = time.monotonic()
    progress.reset()
    with (
        engines.beside(request) as runs_on,
        engine.opened(request, runs_on=runs_on, endless=True) as (job, state),
        runs.recorded(job, request, state) as record,
        progress.Display(standing.told_of(job, state)),
    ):
        opened()
        job.state().fill()
        forgetting.complete(job, state)
        state.reach_back(request.since, epoch=job.epoch)
        subscribing.subscribe(feeds, request, job, state)
        arguments = runs_on.arguments(state.id)
        handing = delivery.Delivery(job, state, arguments)
        handing.all()
        pipeline = beam.Pipeline(options=beam_options.of(arguments))
        graph.build(ticks(pipeline, request.settings.stream), job)
        try:
            result = pipeline.run()
            with _ended_with(result, runs_on, state.id):
                _until_asked(result, job, state, handing, lambda: subscribing.look_again(feeds, request, job, state))
                if drain:
                    _drain(result, job, state)
        except Exception as error:  # whatever a runner raises, the stream has failed and says with what
            raise of_pipeline(error) from error
        if not job.spread:
            _let_commit_end(job)
        if stopping.by_signal() is None:
            raise Failed("the lease on the state was lost to another run; nothing more was written by this one")
        _learn_in_time(job)
        outcome = record.report = runs.summed_up(job, state, seconds=time.monotonic() - started)
    return outcome


def ticks(pipeline: beam.Pipeline, settings: Stream) -> PCollection[Tick]:
    """One tick a window, for ever: poll what is due, take up what is pending."""
    tick = Tick(polls=_POLLS, claims=settings.claims)
    turns: PCollection[Tick] = (
        pipeline
        | "Clock" >> PeriodicTicks(settings.window)
        | "Tick" >> beam.Map(lambda _, one=tick: one)
        | "Windows" >> beam.WindowInto(FixedWindows(settings.window))
    )
    return turns


def _until_asked(
    result: PipelineResult,
    job: Job,
    state: State,
    handing: delivery.Delivery,
    look_again: Callable[[], object] = lambda: None,
) -> None:
    """Hand on what is settled until the process is asked to stop.

    look_again: at lists, sitemap indexes and pages, which may name other feeds by now; every hour.

    Raises:
        Failed: a store did not take what was handed on, or the engine ended by itself, which an endless job never does.
    """
    tidied = looked = time.monotonic()
    learns = time.monotonic() + _LEARN
    while not stopping.asked():
        if _ended(result):
            result.wait_until_finish()
            raise Failed(f"the engine ended the stream by itself ({result.state}); nothing is lost")
        handing.due()
        if time.monotonic() > learns:
            began = time.monotonic()
            learning.learn(job, lambda: not stopping.asked())
            learns = time.monotonic() + max(_LEARN, _LEARN_SHARE * (time.monotonic() - began))
        if time.monotonic() - tidied > _TIDY:
            runs.forget_old(job, state)
            tidied = time.monotonic()
        if time.monotonic() - looked > _LISTS:
            with contextlib.suppress(UsageError):  # a list that is broken for now: what it named before stays
                look_again()
            looked = time.monotonic()
        stopping.wait(_LOOK)


def _learn_in_time(job: Job) -> None:
    """Learn from what came in last, as far as the time to stop in allows; the next session does the rest."""
    until = time.monotonic() + _LEARN_AT_END
    with contextlib.suppress(StateError, StoreError, LeaseLost):
        committing = job.state().committing
        if committing.acquire(timeout=_LEARN_AT_END):
            try:
                learning.learn(job, lambda: time.monotonic() < until)
            finally:
                committing.release()


def _drain(result: PipelineResult, job: Job, state: State) -> None:
    """Take nothing more up, and wait until all that was is settled. A second signal ends the wait."""
    state.close_intake(job.epoch)
    while state.under_way(job.epoch, now=engine.now()) and not stopping.requested() and not _ended(result):
        stopping.wait(_CHECK)


@contextlib.contextmanager
def _ended_with(result: PipelineResult, runs_on: Engine, state_id: str) -> Iterator[None]:
    """End the job with the block, be it that something broke."""
    try:
        yield
    finally:
        stopping.request()
        runs_on.end(result, state_id)


def _ended(result: PipelineResult) -> bool:
    """Whether the engine has ended the job, or is gone itself though nobody asked us to stop."""
    try:
        return bool(PipelineState.is_terminal(result.state))
    except grpc.RpcError as error:
        if stopping.wait(1):
            return False
        raise Failed("the engine is gone; nothing is lost: the next stream goes on from here", passing=True) from error


def _let_commit_end(job: Job) -> None:
    """Wait for a commit that is under way in a worker's thread: cut off, it would have to be undone later."""
    committing = job.state().committing
    with contextlib.suppress(StateError):  # which cannot be asked when its server has gone
        if committing.acquire(timeout=_GRACE):
            committing.release()
