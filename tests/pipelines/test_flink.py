"""What Flink is given besides what the caller gave. That jobs run, and end, is for the slow tests."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines import beam_options, flink, job_server
from newsbeam.pipelines.engines import beside
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.request import Request, UsageError

STATE_ID = "0123456789abcdef0123456789abcdef"
REQUEST = Request(
    stores=("postgresql://me@there/news",), settings=load(), beam=("--runner=FlinkRunner",), runner="FlinkRunner"
)


def test_a_batch_is_a_stream_with_an_end_and_a_stream_has_checkpoints() -> None:
    batch = flink.with_defaults(("--runner=FlinkRunner",), STATE_ID)
    assert batch[0] == "--runner=FlinkRunner"
    assert {"--streaming", "--shutdown_sources_after_idle_ms=1000"} <= set(batch)
    assert "--job_name=newsbeam-0123456789ab" in batch
    assert not any("checkpoint" in one for one in batch)
    stream = flink.with_defaults(("--runner=FlinkRunner", "--streaming"), STATE_ID)
    assert {"--checkpointing_interval=10000", "--max_bundle_time_mills=100"} <= set(stream)
    assert "--finish_bundle_before_checkpointing" in stream
    assert not any("shutdown_sources" in one for one in stream)


def test_what_is_given_stays() -> None:
    given = ("--streaming", "--checkpointing_interval=60000", "--max_bundle_time_mills", "20", "--job_name=mine")
    told = flink.with_defaults(given, STATE_ID)
    assert told[: len(given)] == given
    assert not any("=10000" in one or "=100" in one for one in told)
    assert told[-1] == "--job_name=mine-newsbeam-0123456789ab"
    longer = flink.with_defaults(("--shutdown_sources_after_idle_ms=5000",), STATE_ID)
    assert [one for one in longer if "shutdown_sources" in one] == ["--shutdown_sources_after_idle_ms=5000"]


def test_no_java_and_no_jar_are_the_callers_mistakes(tmp_path: Path) -> None:
    for option, said in (
        ("--job_server_java_launcher=/nowhere/java", "install Java 11 or 17"),
        ("--flink_job_server_jar=/nowhere/jobserver.jar", "--flink_job_server_jar=PATH"),
    ):
        launcher = ("--job_server_java_launcher=/bin/true",)
        asked = replace(REQUEST, beam=(*REQUEST.beam, *launcher, option))
        with pytest.raises(UsageError, match=said), beside(asked):
            pass


def test_a_job_server_that_does_not_start_tells_its_last_words(tmp_path: Path) -> None:
    java, jar = tmp_path / "java", tmp_path / "jobserver.jar"
    java.write_text("#!/bin/sh\necho Error: Unable to access jarfile >&2\nexit 1\n")
    java.chmod(0o755)
    jar.touch()
    given = (f"--job_server_java_launcher={java}", f"--flink_job_server_jar={jar}")
    said = "did not start: Error: Unable to access jarfile"
    with pytest.raises(Failed, match=said), job_server.serving(given, "[auto]"):
        pass


def test_a_job_server_gets_the_cluster_and_what_was_given_for_it(tmp_path: Path) -> None:
    java, jar, told = tmp_path / "java", tmp_path / "jobserver.jar", tmp_path / "told"
    java.write_text(f'#!/bin/sh\necho "$@" > {told}\nexit 1\n')
    java.chmod(0o755)
    jar.touch()
    given = (f"--job_server_java_launcher={java}", f"--flink_job_server_jar={jar}", "--job_port=18999")
    for more, expected in (((), "-XX:+UseSerialGC"), (("--job_server_jvm_properties=-Xmx99m",), "-Xmx99m -jar")):
        with pytest.raises(Failed), job_server.serving((*given, *more), "there:8081"):
            pass
        command = told.read_text()
        assert command.startswith(expected)
        assert f"-jar {jar} --flink-master http://there:8081" in command
        assert "--job-port 18999" in command
        folder = command.split("--artifacts-dir ")[1].split()[0]
        assert not os.path.exists(folder), "what a job server kept goes with it"


def test_options_are_checked_against_the_job_server_once_it_can_be_asked() -> None:
    given = ("--runner=FlinkRunner", "--checkpointing_interval=5", "--fail_on_checkpointing_errors", "--parallelism=2")
    beam_options.check(given)
    beam_options.check(given, more=["checkpointing_interval", "fail_on_checkpointing_errors", "parallelism"])
    with pytest.raises(UsageError, match="--checkpointing_interval=5"):
        beam_options.check(given, more=["parallelism"])
    with pytest.raises(UsageError, match="--checkpointing_interval=5"):
        beam_options.check(("--runner=PrismRunner", *given[1:]))
