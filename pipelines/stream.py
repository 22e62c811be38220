"""The stream driver: the same graph, with ticks that do not end, in fixed windows, on an engine that streams."""

import time

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pvalue import PCollection
from apache_beam.runners.runner import PipelineResult, PipelineState
from apache_beam.transforms.periodicsequence import PeriodicImpulse
from apache_beam.transforms.window import FixedWindows

from newsbeam.config.tables import Stream
from newsbeam.pipelines import engine, graph, inputs, prism, progress, stopping
from newsbeam.pipelines.failures import Failed, of_pipeline
from newsbeam.pipelines.job import Tick
from newsbeam.pipelines.request import Request, UsageError

_CHECK = 0.2
_POLLS = 500


def run(request: Request) -> None:
    """Take in what comes, until the process is asked to stop.

    Raises:
        UsageError: an engine that cannot stream, no Prism, or a source without new entries.
        Failed: a stage, a store or the state broke.
    """
    arguments, feeds = _arguments(request), inputs.feeds_of(request)
    progress.reset()
    with engine.opened(request, endless=True) as (job, state), progress.Display():
        state.subscribe(feeds, epoch=job.epoch)
        pipeline = beam.Pipeline(options=PipelineOptions(list(arguments)))
        graph.build(ticks(pipeline, request.settings.stream), job)
        try:
            result = pipeline.run()
            _wait(result)
        except Exception as error:  # whatever a runner raises, the stream has failed and says with what
            raise of_pipeline(error) from error
        finally:
            prism.end_children()


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


def _arguments(request: Request) -> tuple[str, ...]:
    if request.warc or request.pages or request.texts:
        raise UsageError("stream takes --feeds only: archives and files have an end; give them to `newsbeam run`")
    name = request.runner.rpartition(".")[2]
    if name in ("FnApiRunner", "BundleBasedDirectRunner"):
        raise UsageError(f"--runner={name}: this engine cannot stream; use PrismRunner or FlinkRunner")
    streaming = () if "--streaming" in request.beam else ("--streaming",)
    if name in ("PrismRunner", "DirectRunner"):
        others = tuple(one for one in request.beam if not one.startswith("--runner"))
        return (*prism.with_location(others), "--runner=PrismRunner", *streaming)
    return (*request.beam, *streaming)


def _wait(result: PipelineResult) -> None:
    """Wait until the process is asked to stop, or the engine ends by itself, which an endless job never does."""
    while not stopping.requested():
        if PipelineState.is_terminal(result.state):
            result.wait_until_finish()
            raise Failed(f"the engine ended the stream by itself ({result.state})")
        time.sleep(_CHECK)
    result.cancel()
