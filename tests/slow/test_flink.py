"""The batch on Flink: the records of the in-process run, made on both machines of a cluster, whatever is killed."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.dataset as dataset
import pytest

from newsbeam.pipelines.demo.server import DemoServer
from newsbeam.pipelines.flink import job_name
from newsbeam.pipelines.flink_rest import FlinkJob
from tests.slow.cluster import FlinkCluster
from tests.slow.in_postgres import PostgresStore
from tests.slow.running import COLLECTIONS, VOLATILE, Rows, Stores, by_id, run, same, start, without
from tests.slow.test_runners import options
from tests.slow.worlds import QUICK, allowed, demo_pages, warc_record, write_warc

pytestmark = pytest.mark.slow

LONG = 900
"""Seconds. Each worker process loads Beam, on a machine that may have two cores for all of it."""


def jobs_of(flink: FlinkCluster, state: str) -> list[FlinkJob]:
    """The cluster's jobs that write the state in a database, the oldest first; none before there is a state."""
    with psycopg.connect(state) as connection:
        if connection.execute("select to_regclass('newsbeam_state.meta')").fetchone() == (None,):
            return []
        found = connection.execute("select value from newsbeam_state.meta where name = 'state_id'").fetchone()
    return flink.named(job_name(found[0])) if found else []


def under_way(flink: FlinkCluster, state: str) -> bool:
    """Whether a job that writes the state has begun its work."""
    return any(one.state == "RUNNING" and flink.workers() for one in jobs_of(flink, state))


def test_a_batch_equals_the_in_process_run_and_is_made_on_both_machines(
    tmp_path: Path, world: DemoServer, undisturbed: Stores, flink: FlinkCluster, postgres: str
) -> None:
    store = PostgresStore(postgres)
    source = ("--feeds", world.opml_url, *store.options, *allowed(world.port), *QUICK)
    done = run(tmp_path, "run", *source, *flink.options, seconds=LONG)
    same(store.rows(), undisturbed.rows())
    store.check()
    assert done.left() == []
    assert "pending 0" in done.said
    assert "nothing is new" not in done.said, "what its workers have counted must be told"
    (job,) = jobs_of(flink, postgres)
    assert job.state == "FINISHED"
    places = flink.places(job.id)
    assert len(set().union(*places.values())) == 2, places


def test_a_batch_that_is_asked_to_stop_ends_its_job(
    tmp_path: Path, world: DemoServer, flink: FlinkCluster, postgres: str
) -> None:
    source = ("--feeds", world.opml_url, "--store", postgres, *allowed(world.port), *QUICK)
    begun = start(tmp_path, "run", *source, *flink.options)
    begun.until(lambda: under_way(flink, postgres), seconds=LONG)
    asked = time.monotonic()
    begun.process.send_signal(signal.SIGTERM)
    assert begun.end(seconds=60) == 1, begun.said
    assert time.monotonic() - asked < 20
    assert "stopped by SIGTERM" in begun.said
    assert begun.left() == []
    assert [one.state for one in jobs_of(flink, postgres)] == ["CANCELED"]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The pattern of three archives: all pages of the demo's world, and some of them again."""
    folder, pages = tmp_path_factory.mktemp("archives"), sorted(demo_pages().items())
    for number in range(3):
        mine = [*pages[number::3], *pages[(number + 1) % 3 :: 12]]
        records = (warc_record(url, body, f"2026-11-2{number}T08:00:00Z") for url, body in mine)
        write_warc(folder / f"{number}.warc.gz", records)
    return f"{folder}/*.warc.gz"


def parquet_rows(folder: Path) -> Rows:
    """What the Parquet files of a folder hold; no id stands twice."""

    def each() -> Iterator[tuple[str, dict[str, Any]]]:
        for collection in COLLECTIONS:
            files = sorted((folder / collection).rglob("*.parquet"))
            for row in dataset.dataset(files, format="parquet").to_table().to_pylist() if files else ():
                yield collection, row

    return without(by_id(each()), VOLATILE)


def test_a_backfill_whose_submitter_is_killed_and_that_is_run_again_equals_the_in_process_run(
    tmp_path: Path, archives: str, flink: FlinkCluster, postgres: str
) -> None:
    alone, spread = tmp_path / "alone", tmp_path / "spread"
    run(tmp_path, "run", "--warc", archives, "--store", f"parquet:{alone}", *QUICK, seconds=LONG)
    expected = parquet_rows(alone)
    assert len(expected["articles"]) >= 30
    state = f"{postgres}&options=-c%20lock_timeout%3D{LONG}s"
    stores = ("--store", f"parquet:{spread}", "--state", state, "--set", "run.shared_paths=true")
    turns = ("--set", "run.spread_slice=48")  # two turns: more than one file at a time, none of them to its end
    asked = ("run", "--warc", archives, *stores, *turns, *QUICK, *flink.options)
    cut = start(tmp_path, *asked)
    cut.until(lambda: under_way(flink, postgres), seconds=LONG)
    with psycopg.connect(postgres) as held:  # so that the job cannot come to its end before it is found
        held.execute("lock table newsbeam_state.bands in access exclusive mode")
        cut.kill()
        assert cut.left() == [], "the job server must go with us"
        (left,) = [one for one in jobs_of(flink, postgres) if one.is_active]
        again = start(tmp_path, *asked)
        again.until(lambda: flink.rest.state(left.id) == "CANCELED", seconds=LONG)
    assert again.end(LONG) == 0, again.said
    assert "pending 0" in again.said
    assert [one.state for one in jobs_of(flink, postgres)] == ["CANCELED", "FINISHED", "FINISHED"]
    same(parquet_rows(spread), expected)
    assert [one for one in spread.rglob("*") if one.name.endswith(".tmp")] == []


def test_flink_of_the_job_server_itself_works_in_this_process_on_files(
    tmp_path: Path, world: DemoServer, undisturbed: Stores, flink: FlinkCluster
) -> None:
    jar = [one for one in flink.options if one.startswith(("--runner=", "--flink_version=", "--flink_job_server_jar="))]
    stores = Stores(tmp_path / "stores")
    done = run(tmp_path, *options(stores, world), *jar, seconds=LONG)
    same(stores.rows(), undisturbed.rows())
    stores.check()
    assert done.left() == []
    assert "java" in done.names
