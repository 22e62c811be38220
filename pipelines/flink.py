"""Flink as the engine of a request: a job server beside us, options that nobody should need to know, and jobs' ends.

Jobs are named after the state that they write, so that the next run or stream finds what an earlier one has left
running on the cluster, wherever that one was started.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apache_beam.options.pipeline_options import FlinkRunnerOptions, PipelineOptions, PortableOptions
from apache_beam.runners.portability.flink_runner import MAGIC_HOST_NAMES
from apache_beam.runners.runner import PipelineResult, PipelineState

from newsbeam.pipelines import beam_options, job_server, stopping
from newsbeam.pipelines.flink_rest import Cluster, FlinkJob
from newsbeam.pipelines.request import Request, value_of

_ID = 12
_CHECK = 0.5

_ALWAYS = ("--experiments=disable_logging_submission_environment",)
"""Else every job begins with a `pip freeze`, which takes seconds and is only logged."""

_BATCH = ("--streaming", "--shutdown_sources_after_idle_ms=1000")
"""A batch is a stream with an end. As a batch of Flink's, what meets at one key becomes one record of a sort buffer,
which a thousand articles are too much for, and every stage begins with worker processes of its own."""

_STREAM = ("--checkpointing_interval=10000", "--max_bundle_time_mills=100", "--finish_bundle_before_checkpointing")
"""Milliseconds. A lost machine is made good by itself, from a checkpoint; bundles do not wait for more elements. They
end before a checkpoint: what they give out during one would be kept under numbers that the fusion of the graph deals
out, anew in each job server, and a savepoint that has any fails every job that resumes it (docs/decisions.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flink:
    """The engine. given: Beam's arguments. cluster: None where Flink runs inside of the job server."""

    given: tuple[str, ...]
    cluster: Cluster | None

    def arguments(self, state_id: str) -> tuple[str, ...]:
        """Beam's arguments for a job that writes this state."""
        return with_defaults(self.given, state_id)

    def retire(self, state_id: str) -> None:
        """Cancel the jobs of this state that an earlier submitter left, and wait until they have ended.

        What a worker still has in hand then is refused by the state, whose lease has another epoch.
        """
        if self.cluster is not None:
            for one in self._active(self.cluster, state_id):
                self.cluster.cancel(one.id)

    def finish(self, result: PipelineResult, state_id: str) -> None:
        """Wait for the end of a job that has one; a wish to stop ends it at once, since no worker sees the wish.

        Raises what Beam does where the job fails.
        """
        while self.cluster is not None and not PipelineState.is_terminal(result.state):
            if stopping.wait(_CHECK):
                self.end(result, state_id)
                return
        result.wait_until_finish()

    def end(self, result: PipelineResult, state_id: str) -> None:
        """End the job of this state, and wait until it has ended."""
        if self.cluster is None:
            result.cancel()
        self.retire(state_id)

    def _active(self, cluster: Cluster, state_id: str) -> list[FlinkJob]:
        return [one for one in cluster.jobs() if one.is_active and one.name.endswith(job_name(state_id))]


@contextlib.contextmanager
def beside(request: Request) -> Iterator[Flink]:
    """Flink for the request, with a job server of our own unless one is named.

    Raises:
        UsageError: no Java, no jar, or an option that neither Beam nor the job server knows.
        Failed: the job server does not start.
    """
    options = PipelineOptions(list(request.beam))
    master = options.view_as(FlinkRunnerOptions).flink_master
    cluster = None if master in MAGIC_HOST_NAMES else Cluster(master)
    endpoint = options.view_as(PortableOptions).job_endpoint
    with contextlib.ExitStack() as stack:
        given = request.beam
        if options.view_as(FlinkRunnerOptions).flink_submit_uber_jar:  # Beam makes it and takes any option into it
            yield Flink(given=given, cluster=cluster)
            return
        if endpoint is None:
            endpoint = stack.enter_context(job_server.serving(given, master))
            given = (*given, f"--job_endpoint={endpoint}")
        beam_options.check(given, more=job_server.options_of(endpoint))
        yield Flink(given=given, cluster=cluster)


def job_name(state_id: str) -> str:
    """How a state's jobs are called on a cluster."""
    return f"newsbeam-{state_id[:_ID]}"


def with_defaults(given: Sequence[str], state_id: str) -> tuple[str, ...]:
    """The arguments with what is right for the job unless they say otherwise; a name that was given comes first in its
    own."""
    name = value_of(given, "--job_name")
    own = _STREAM if "--streaming" in given else _BATCH
    more = [one for one in own if value_of(given, one.partition("=")[0]) is None]
    return (*given, *_ALWAYS, *more, f"--job_name={f'{name}-' if name else ''}{job_name(state_id)}")
