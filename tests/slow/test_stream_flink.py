"""The stream on a Flink cluster that loses workers and machines, and that is stopped with a savepoint and resumed."""

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from newsbeam.pipelines.failures import Failed
from tests.postgres import Server
from tests.slow.arrivals import Watcher, lag
from tests.slow.cluster import FlinkCluster
from tests.slow.in_postgres import PostgresStore
from tests.slow.parity import all_in, batch, growing
from tests.slow.running import Run, Stores, same
from tests.slow.streaming import on_flink, stopped, streaming
from tests.slow.test_flink import LONG, jobs_of

pytestmark = pytest.mark.slow

PAGES, RATE = 150, 2
CLAIM = ("--set", "stream.claim=20")
"""Seconds after which what a lost worker had comes free."""


WITHIN = 15.0
"""Seconds from a story's announcement to its place in a store, for 95 of 100."""


def settled(url: str) -> int:
    """How often an entry was given its fate, in all sessions together."""
    fates = "('article', 'duplicate', 'rejected')"
    query = f"select sum(count) from newsbeam_state.accounts where kind = 'feed' and what in {fates}"
    with psycopg.connect(url) as connection:
        (found,) = connection.execute(query).fetchone() or (0,)
        return int(found)


def test_lost_workers_lost_machines_and_a_savepoint_lose_nothing_and_settle_nothing_twice(
    tmp_path: Path, flink: FlinkCluster, postgres_server: Server, record_property: Callable[[str, object], None]
) -> None:
    stores = PostgresStore(postgres_server.database())
    engine = on_flink(flink.options, flink.options, postgres_server.database)
    with growing(tmp_path, seed=5, pages=PAGES, rate=RATE, sets="fundus") as world:

        def grown(begun: Run, rows: int) -> None:
            begun.until(lambda: stores.count() >= rows, seconds=LONG)

        begun = streaming(tmp_path, world, engine, stores, *CLAIM)
        grown(begun, 10)
        os.kill(flink.workers()[0], signal.SIGKILL)
        grown(begun, 40)
        flink.kill_taskmanager(1)
        flink.start_taskmanager(1)
        grown(begun, 80)
        savepoints: list[str] = []

        def saved() -> bool:
            (job,) = [one for one in jobs_of(flink, stores.url) if one.is_active]
            with contextlib.suppress(Failed):  # as long as tasks are still coming back
                savepoints.append(flink.rest.stop(job.id))
            return bool(savepoints)

        begun.until(saved, seconds=LONG)
        assert begun.end(seconds=60) == 1, begun.said
        assert "nothing is lost" in begun.said
        begun = streaming(tmp_path, world, engine, stores, *CLAIM, f"--savepoint_path={savepoints[0]}")
        announced = all_in(begun, world, stores, PAGES, seconds=LONG)
        took = stopped(begun, engine=engine)
        in_process = batch(tmp_path, world, Stores(tmp_path / "batch"))
    stores.check()
    same(stores.rows(), in_process, "a stream that was broken three times against a batch")
    assert settled(stores.url) == len(announced)
    record_property("figures", f"{len(announced)} entries, each settled once, 0 rows differ; stopped in {took:.1f} s")


def test_a_story_is_in_postgresql_soon_after_it_is_in_its_feed(
    tmp_path: Path, flink: FlinkCluster, postgres_server: Server, record_property: Callable[[str, object], None]
) -> None:
    stores = PostgresStore(postgres_server.database())
    engine = on_flink(flink.options, flink.options, postgres_server.database)
    with growing(tmp_path, seed=6, pages=PAGES, rate=RATE, sets="fundus") as world:
        begun = streaming(tmp_path, world, engine, stores)
        with Watcher(stores.addresses) as watcher:
            announced = all_in(begun, world, stores, PAGES, seconds=LONG)
        stopped(begun, engine=engine)
    under_way = min(watcher.seen.values())  # a cluster takes its time to begin a job, and the world did not wait
    found = lag(watcher.lags({url: when for url, when in announced.items() if when >= under_way}))
    record_property("figures", f"from feed to PostgreSQL: {found}")
    assert found.of >= PAGES / 2
    assert found.p95 <= WITHIN, str(found)
