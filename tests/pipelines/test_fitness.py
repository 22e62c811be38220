"""What the engine of a request cannot do is refused at the start, with what to use instead."""

from dataclasses import replace
from pathlib import Path

import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines import fitness
from newsbeam.pipelines.request import Request, UsageError

SERVER = "postgresql://me@there/news"
CLUSTER = ("--runner=FlinkRunner", "--flink_master=there:8081", "--environment_type=PROCESS")
SPREAD = [
    CLUSTER,
    ("--runner=FlinkRunner", "--flink_master", "there:8081"),
    ("--runner=apache_beam.runners.portability.flink_runner.FlinkRunner", "--flink_master=https://there:8081"),
    ("--runner=flinkrunner", "--flink_master=there:8081"),
    ("--runner=DataflowRunner",),
    ("--runner=SparkRunner", "--spark_master_url=spark://there:7077"),
    ("--runner=PortableRunner", "--job_endpoint=there:8099"),
    ("--runner=PortableRunner", "--environment_type=EXTERNAL"),
    ("--runner=PrismRunner", "--environment_type=PROCESS"),
    ("--runner=DirectRunner", "--environment_type=docker"),
    ("--runner=FnApiRunner", "--direct_running_mode=multi_processing"),
    ("--runner=DirectRunner", "--direct_num_workers=2", "--direct_running_mode", "multi_processing"),
]
TOGETHER = [
    ("--runner=FnApiRunner",),
    ("--runner=FnApiRunner", "--direct_running_mode=multi_threading", "--direct_num_workers=2"),
    ("--runner=DirectRunner",),
    ("--runner=PrismRunner",),
    ("--runner=PrismRunner", "--environment_type=LOOPBACK"),
    ("--runner=PortableRunner", "--environment_type=loopback"),
    ("--runner=FlinkRunner",),
    ("--runner=FlinkRunner", "--flink_master=[local]"),
    ("--runner=FlinkRunner", "--flink_master=there:8081", "--environment_type=LOOPBACK"),
    ("--runner=SparkRunner",),
]


def request(*beam: str, stores: tuple[str, ...] = (SERVER,), shared: bool = False, **more: object) -> Request:
    """A request for the engine that Beam's arguments name."""
    runner = next(one.partition("=")[2] for one in beam if one.startswith("--runner="))
    settings = load(assignments=[f"run.shared_paths={str(shared).lower()}"])
    return Request(stores=stores, settings=settings, beam=beam, runner=runner, **more)  # type: ignore[arg-type]


def refused(asked: Request) -> str:
    """What is said to the caller."""
    with pytest.raises(UsageError) as told:
        fitness.check(asked)
    return str(told.value)


@pytest.mark.parametrize("beam", SPREAD)
def test_sqlite_is_refused_where_several_processes_write(beam: tuple[str, ...]) -> None:
    assert request(*beam).spread
    fitness.check(request(*beam))
    fitness.check(request(*beam, state="postgresql://me@there/state"))
    said = refused(request(*beam, state="sqlite:///state.db"))
    assert "--state sqlite:///state.db" in said
    assert "give --state postgresql://" in said
    said = refused(request(*beam, stores=(SERVER, "sqlite:///news.db"), state=SERVER))
    assert "--store sqlite:///news.db" in said
    assert "give --store postgresql://" in said


@pytest.mark.parametrize("beam", TOGETHER)
def test_workers_in_this_process_may_write_files_and_sqlite(beam: tuple[str, ...], tmp_path: Path) -> None:
    asked = request(*beam, stores=("sqlite:///news.db", "jsonl:out", f"parquet:{tmp_path}"), warc=("*.warc.gz",))
    assert not asked.spread
    fitness.check(asked)


def test_a_default_state_is_refused_like_one_that_is_given() -> None:
    said = refused(request(*CLUSTER, stores=("jsonl:/out",), shared=True))
    assert "no --state" in said
    assert "/out/.newsbeam/state.db" in said
    assert "FlinkRunner" in said
    assert "give --state postgresql://" in said
    fitness.check(request(*CLUSTER, stores=("kafka:there:9092/news",), state=SERVER))


@pytest.mark.parametrize("form", ["jsonl", "parquet", "warc"])
def test_a_folder_is_refused_unless_it_is_said_that_all_workers_see_it(form: str) -> None:
    asked = request(*CLUSTER, stores=(f"{form}:/out",), state=SERVER)
    said = refused(asked)
    assert f"--store {form}:/out" in said
    assert "run.shared_paths=true" in said
    shared = request(*CLUSTER, stores=(f"{form}:/out",), state=SERVER, shared=True)
    fitness.check(shared)
    assert f"such as {form}:/" in refused(replace(shared, stores=(f"{form}:out",)))


def test_a_bucket_is_seen_by_all() -> None:
    fitness.check(request(*CLUSTER, stores=("parquet:s3://bucket/news",), state=SERVER))


@pytest.mark.parametrize("option", ["warc", "pages", "texts"])
def test_files_to_read_are_refused_unless_it_is_said_that_all_workers_see_them(option: str) -> None:
    named = {option: ("/there/*.gz",)}
    said = refused(request(*CLUSTER, **named))  # type: ignore[arg-type]
    assert f"--{option} /there/*.gz" in said
    assert "run.shared_paths=true" in said
    fitness.check(request(*CLUSTER, shared=True, **named))  # type: ignore[arg-type]


def test_no_message_tells_a_password() -> None:
    for asked in (
        request(*CLUSTER, state="sqlite://me:secret@there/state.db"),
        request(*CLUSTER, stores=("sqlite://me:secret@there/news.db",), state=SERVER),
    ):
        assert "secret" not in refused(asked)


def test_a_stream_is_refused_what_has_an_end_and_engines_that_wait_for_it() -> None:
    for named in ({"warc": ("a.warc",)}, {"pages": ("a.html",)}, {"texts": ("a.txt",)}):
        with pytest.raises(UsageError, match="have an end"):
            fitness.for_a_stream(request("--runner=PrismRunner", **named))  # type: ignore[arg-type]
    for runner in ("FnApiRunner", "fnapirunner", "BundleBasedDirectRunner"):
        with pytest.raises(UsageError, match="cannot stream; use PrismRunner or FlinkRunner"):
            fitness.for_a_stream(request(f"--runner={runner}"))
    with pytest.raises(UsageError, match="--state"):
        fitness.for_a_stream(request(*CLUSTER, state="sqlite:///state.db"))


@pytest.mark.parametrize(
    ("beam", "expected"),
    [
        (("--runner=PrismRunner",), ("--runner=PrismRunner", "--streaming")),
        (("--streaming", "--runner=PrismRunner"), ("--runner=PrismRunner", "--streaming")),
        (("--runner=DirectRunner", "--job_port=1"), ("--job_port=1", "--runner=PrismRunner", "--streaming")),
        (CLUSTER, (*CLUSTER, "--streaming")),
    ],
)
def test_a_stream_runs_on_what_streams(beam: tuple[str, ...], expected: tuple[str, ...]) -> None:
    asked = fitness.for_a_stream(request(*beam))
    assert asked.beam == expected
    assert f"--runner={asked.runner}" in expected


@pytest.mark.parametrize("beam", [*SPREAD, ("--runner=FlinkRunner",), ("--runner=SparkRunner",)])
def test_turns_are_small_only_where_they_are_cheap(beam: tuple[str, ...]) -> None:
    assert not request(*beam).sliced
    assert request("--runner=FnApiRunner").sliced
    assert request("--runner=PrismRunner").sliced


def test_a_savepoint_is_refused_beside_an_archive() -> None:
    asked = request(*CLUSTER, "--savepoint_path=file:///points/1", stores=(SERVER, "warc:/shared/archive"), shared=True)
    with pytest.raises(UsageError, match=r"--savepoint_path=file:///points/1: .*warc:/shared/archive.*leave it out"):
        fitness.for_a_stream(asked)
    assert fitness.for_a_stream(replace(asked, stores=(SERVER,))).stores == (SERVER,)
