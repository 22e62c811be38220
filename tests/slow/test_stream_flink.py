"""The stream on a Flink cluster that loses workers and machines, and that is stopped with a savepoint and resumed."""

import contextlib
import os
import signal
import time
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
from tests.slow.test_flink import LONG, jobs_of, under_way

pytestmark = [pytest.mark.slow, pytest.mark.alone]

PAGES, RATE = 300, 2
MORE = 20
"""Rows that show that a stream works, before it is broken again."""
CLAIM = ("--set", "stream.claim=20")
"""Seconds after which what a lost worker had comes free."""

FOR_EVER = 0
MEASURED = 40.0
"""Seconds. The stories announced in them are those whose way is timed."""
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

        def goes_on(begun: Run) -> None:
            rows = stores.count() + MORE
            begun.until(lambda: stores.count() >= rows, seconds=LONG)

        begun = streaming(tmp_path, world, engine, stores, *CLAIM)
        goes_on(begun)
        os.kill(flink.workers()[0], signal.SIGKILL)
        goes_on(begun)
        flink.kill_taskmanager(1)
        flink.start_taskmanager(1)
        goes_on(begun)
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
        begun.until(lambda: under_way(flink, stores.url), seconds=LONG)
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
    with growing(tmp_path, seed=6, pages=FOR_EVER, rate=RATE, sets="fundus") as world:
        begun = streaming(tmp_path, world, engine, stores)
        # A cluster takes its time to begin a job, and the world did not wait for it.
        begun.until(lambda: stores.count() > 0 and not stores.pending(), seconds=LONG)
        since = time.time()

        def measured() -> dict[str, float]:
            return {url: when for url, when in world.announced().items() if since <= when < since + MEASURED}

        with Watcher(stores.addresses) as watcher:
            begun.until(lambda: time.time() > since + MEASURED, seconds=2 * MEASURED)
            announced = measured()
            begun.until(lambda: announced.keys() <= watcher.seen.keys())
        stopped(begun, engine=engine)
    found = lag(watcher.lags(announced))
    record_property("figures", f"from feed to PostgreSQL: {found}")
    assert found.of >= MEASURED * RATE / 2
    assert found.p95 <= WITHIN, str(found)
