"""The stream driver: the same graph, with ticks that do not end, in fixed windows, on an engine that streams."""

import time

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pvalue import PCollection
from apache_beam.runners.runner import PipelineResult, PipelineState
from apache_beam.transforms.periodicsequence import PeriodicImpulse
from apache_beam.transforms.window import FixedWindows

from newsbeam.config.tables import Stream
from newsbeam.connectors.state.state import State
from newsbeam.pipelines import delivery, engine, engines, fitness, forgetting, graph, inputs, progress, runs, stopping
from newsbeam.pipelines.engines import Engine
from newsbeam.pipelines.failures import Failed, of_pipeline
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.report import Report
from newsbeam.pipelines.request import Request

_CHECK = 0.2
_LAST = 1.5
"""Seconds in which windows under way come to their end: no stage begins anything, what is finished is settled."""

_GRACE = 4.0
_TIDY = 600.0
_POLLS = 500


def run(request: Request) -> Report:
    """Take in what comes, until the process is asked to stop.

    Raises:
        UsageError: an engine that cannot stream, no Prism, or a source without new entries.
        Failed: a stage, a store or the state broke.
    """
    request = fitness.for_a_stream(request)
    feeds, started = inputs.feeds_of(request), time.monotonic()
    progress.reset()
    with (
        engines.beside(request) as runs_on,
        engine.opened(request, runs_on=runs_on, endless=True) as (job, state),
        runs.recorded(job, request, state) as record,
        progress.Display(),
    ):
        forgetting.complete(job, state)
        state.subscribe(inputs.with_lists(feeds, request, state.knows_feed), epoch=job.epoch)
        arguments = runs_on.arguments(state.id)
        handing = delivery.Delivery(job, state, arguments)
        handing.all()
        pipeline = beam.Pipeline(options=PipelineOptions(list(arguments)))
        graph.build(ticks(pipeline, request.settings.stream), job)
        try:
            _until_asked(pipeline.run(), runs_on, job, state, handing)
        except Exception as error:  # whatever a runner raises, the stream has failed and says with what
            raise of_pipeline(error) from error
        _let_commit_end(job)
        if stopping.by_signal() is None:
            raise Failed("the lease on the state was lost to another run; nothing more was written by this one")
        outcome = record.report = runs.summed_up(job, state, seconds=time.monotonic() - started)
    return outcome


def ticks(pipeline: beam.Pipeline, settings: Stream) -> PCollection[Tick]:
    """One tick a window, for ever: poll what is due, take up what is pending."""
    tick = Tick(polls=_POLLS, claims=settings.claims)
    turns: PCollection[Tick] = (
        pipeline
        | "Clock" >> PeriodicImpulse(fire_interval=settings.window, apply_windowing=False)
        | "Tick" >> beam.Map(lambda _, one=tick: one)
        | "Windows" >> beam.WindowInto(FixedWindows(settings.window))
    )
    return turns


def _until_asked(result: PipelineResult, runs_on: Engine, job: Job, state: State, handing: delivery.Delivery) -> None:
    """Hand on what is settled until the process is asked to stop, or the engine ends by itself, which an endless job
    never does."""
    tidied = time.monotonic()
    while not stopping.requested():
        if _ended(result):
            result.wait_until_finish()
            raise Failed(f"the engine ended the stream by itself ({result.state}); nothing is lost")
        try:
            handing.due()
        except Failed:
            _end(result, runs_on, state)
            raise
        if time.monotonic() - tidied > _TIDY:
            runs.forget_old(job, state)
            tidied = time.monotonic()
        stopping.wait(_CHECK)
    _end(result, runs_on, state)


def _end(result: PipelineResult, runs_on: Engine, state: State) -> None:
    """Let windows under way come to their end, and end the job."""
    stopping.request()
    time.sleep(_LAST)
    runs_on.end(result, state.id)


def _ended(result: PipelineResult) -> bool:
    """Whether the engine has ended the job, or is gone itself though nobody asked us to stop."""
    try:
        return bool(PipelineState.is_terminal(result.state))
    except grpc.RpcError as error:
        if stopping.wait(1):
            return False
        raise Failed("the engine is gone; nothing is lost: the next stream goes on from here") from error


def _let_commit_end(job: Job) -> None:
    """Wait for a commit that is under way in a worker's thread: cut off, it would have to be undone later."""
    committing = job.state().committing
    if committing.acquire(timeout=_GRACE):
        committing.release()
