"""Engines as the drivers see them: what a job needs to run on one, and how it ends there."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import grpc
from apache_beam.runners.runner import PipelineResult

from newsbeam.pipelines import beam_options, prism, quiet
from newsbeam.pipelines.request import Request

_LAST = 1.5
"""Seconds in which no stage begins anything any more, and what is finished is settled."""


class Engine(Protocol):
    """Where jobs run. state_id: of the state that a job writes."""

    def arguments(self, state_id: str) -> tuple[str, ...]:
        """Beam's arguments for a job."""

    def retire(self, state_id: str) -> None:
        """End what an earlier process left running, and wait until it has ended; raises Failed."""

    def finish(self, result: PipelineResult, state_id: str) -> None:
        """Wait for the end of a job that has one, or that is ended because this process is asked to stop.

        Raises what Beam does where the job fails.
        """

    def end(self, result: PipelineResult, state_id: str) -> None:
        """End a job, and wait until it has ended; raises Failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """An engine whose workers are in this process, see its wish to stop, and end with it; or that only Beam knows."""

    given: tuple[str, ...]

    def arguments(self, state_id: str) -> tuple[str, ...]:
        """As they were given."""
        return self.given

    def retire(self, state_id: str) -> None:
        """Nothing outlives its process."""

    def finish(self, result: PipelineResult, state_id: str) -> None:
        """Wait for the end; stages that see a wish to stop come to it by themselves."""
        result.wait_until_finish()

    def end(self, result: PipelineResult, state_id: str) -> None:
        """Cancel the job, once windows under way have had a moment to come to their end."""
        time.sleep(_LAST)
        with contextlib.suppress(grpc.RpcError):  # an engine that got the same signal is gone already
            result.cancel()


@contextlib.contextmanager
def beside(request: Request) -> Iterator[Engine]:
    """The engine of a request, ready for jobs.

    Raises:
        UsageError: it is not on this machine, or does not know an option.
        Failed: it does not start.
    """
    request = replace(request, beam=beam_options.of_long_jobs(request.beam))
    if request.engine == "FlinkRunner":
        from newsbeam.pipelines import flink

        with flink.beside(request) as engine:
            yield engine
        return
    with quiet.workers(), prism.beside(request) as arguments:
        yield Local(given=arguments)
