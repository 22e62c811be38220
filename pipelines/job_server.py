"""Beam's job server for Flink: a Java program that turns a pipeline into a job of a cluster, here one of our own.

Beam would start one for every pipeline. That costs seconds each time, and it outlives us when we are killed.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import grpc
from apache_beam.options.pipeline_options import JobServerOptions, PipelineOptions
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc
from apache_beam.runners.portability.flink_runner import FlinkJarJobServer, FlinkRunner

from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.launching import launched, listens
from newsbeam.pipelines.request import UsageError

_START = 120.0
_ANSWER = 30.0
_SHORT_LIVED = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""What a JVM that translates some pipelines needs: it starts in half the time, and leaves the cores to the workers."""


@contextlib.contextmanager
def serving(arguments: Sequence[str], master: str) -> Iterator[str]:
    """The address of a running job server, which ends with the context, and with this process however that ends.

    arguments: Beam's; those for a job server are kept. master: the cluster that it submits to.

    Raises:
        UsageError: there is no Java, or no jar.
        Failed: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="newsbeam-flink-", ignore_cleanup_errors=True) as folder:
        command, endpoint = _command(arguments, master, folder)
        log = Path(folder) / "job-server.log"
        with log.open("wb") as said:
            process = launched(command, said)
        try:
            if not listens(process, int(endpoint.rpartition(":")[2]), seconds=_START):
                lines = log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"]
                raise Failed(f"the job server for Flink did not start: {lines[-1][:300]}; nothing was taken in")
            yield endpoint
        finally:
            process.kill()  # it keeps nothing that would have to be saved
            process.wait()


def options_of(endpoint: str) -> list[str]:
    """The names of the options that a job server knows, such as `checkpointing_interval`; raises Failed."""
    try:
        with grpc.insecure_channel(endpoint) as channel:  # type: ignore[no-untyped-call]
            stub = beam_job_api_pb2_grpc.JobServiceStub(channel)
            request = beam_job_api_pb2.DescribePipelineOptionsRequest()
            answer = stub.DescribePipelineOptions(request, timeout=_ANSWER, wait_for_ready=True)
    except grpc.RpcError as error:
        raise Failed(f"--job_endpoint={endpoint}: no job server answers there ({error})") from error
    return [one.name for one in answer.options]


def _command(arguments: Sequence[str], master: str, folder: str) -> tuple[list[str], str]:
    """The command that starts a job server with its files in the folder, and its address then."""
    address: str = FlinkRunner.add_http_scheme(master)
    given = PipelineOptions([f"--artifacts_dir={folder}/artifacts", *arguments, f"--flink_master={address}"])
    if not given.view_as(JobServerOptions).job_server_jvm_properties:
        given.view_as(JobServerOptions).job_server_jvm_properties = list(_SHORT_LIVED)
    java = given.view_as(JobServerOptions).job_server_java_launcher
    found = shutil.which(java)
    if found is None:
        raise UsageError(
            f"--runner=FlinkRunner: no Java at {java!r}: install Java 11 or 17, or give its program with "
            "--job_server_java_launcher=PATH, or a job server that runs with --job_endpoint=HOST:PORT"
        )
    try:
        command, endpoint = FlinkJarJobServer(given).subprocess_cmd_and_endpoint()
    except (OSError, ValueError, RuntimeError) as error:  # what Beam raises for a path, for its address, on download
        raise UsageError(
            f"--runner=FlinkRunner: no job server's jar ({error}): give it with --flink_job_server_jar=PATH, or a job "
            "server that runs with --job_endpoint=HOST:PORT"
        ) from error
    return [found, *(str(one) for one in command[1:])], endpoint
