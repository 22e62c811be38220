"""Stores that fail: the run ends with their name and without a half-done record, and the next one completes it all."""

import os
import re
import signal
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from newsbeam.pipelines.demo.server import DemoServer
from tests.postgres import Server
from tests.slow.everywhere import FourStores
from tests.slow.running import COLLECTIONS, Run, Stores, run, same, start
from tests.slow.small_disk import SmallDisk
from tests.slow.worlds import QUICK, allowed

pytestmark = pytest.mark.slow

_SLICES = ("--set", "run.slice=8")


def options(world: DemoServer, stores: Sequence[str]) -> tuple[str, ...]:
    """The command over the demo's world, in slices small enough to break in mid-run."""
    return *quickly(world, stores), *_SLICES


def quickly(world: DemoServer, stores: Sequence[str]) -> tuple[str, ...]:
    """The same at one go, for runs that nothing happens to."""
    return "run", "--feeds", world.opml_url, *stores, *allowed(world.port), *QUICK


def failed(done: Run, store: str) -> None:
    """The run said which store it was, that nothing is lost, and no traceback; and it never said that it is done."""
    assert store in done.said, done.said
    assert "nothing is lost" in done.said, done.said
    assert "Traceback" not in done.said, done.said
    assert not re.search(r"^run \w+: done", done.said, re.M), done.said


def without_failing(stores: FourStores, name: str) -> None:
    """The stores that did not fail hold the same, and nothing half done."""
    read = {form: rows for form, rows in stores.read().items() if form != name}
    first = next(iter(read.values()))
    for form, rows in read.items():
        same(rows, first, f"{form} beside a {name} that failed")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, world: DemoServer) -> Stores:
    """What an undisturbed run makes of the world."""
    folder = tmp_path_factory.mktemp("expected")
    stores = Stores(folder)
    run(folder, *quickly(world, stores.options))
    return stores


@pytest.mark.parametrize("form", ["jsonl", "parquet", "sqlite"])
def test_a_full_disk(tmp_path: Path, world: DemoServer, expected: Stores, postgres_server: Server, form: str) -> None:
    stores = FourStores(tmp_path / "stores", postgres_server.database())
    name = {"jsonl": "jsonl", "parquet": "parquet", "sqlite": "disk"}[form]
    room = {"jsonl": 90, "parquet": 160, "sqlite": 650}[form]
    with SmallDisk(stores.folder / name, kilobytes=room) as disk:
        if form == "sqlite":
            stores.database = disk.folder / "news.db"
        state = ("--state", f"sqlite:///{tmp_path}/state.db")
        full = run(tmp_path, *options(world, stores.options), *state, status=1)
        failed(full, form)
        assert 0 < _settled(tmp_path / "state.db") < 38, "it must fail in mid-run"
        without_failing(stores, form)
        disk.grow(64_000)
        run(tmp_path, *quickly(world, stores.options), *state)
        for other, rows in stores.read().items():
            same(rows, expected.rows(), f"{other} after {form} had no room")
        stores.check()


@pytest.mark.parametrize("form", ["jsonl", "parquet", "sqlite"])
def test_a_read_only_folder(
    tmp_path: Path, world: DemoServer, expected: Stores, postgres_server: Server, form: str
) -> None:
    stores = FourStores(tmp_path / "stores", postgres_server.database())
    name = {"jsonl": "jsonl", "parquet": "parquet", "sqlite": "disk"}[form]
    with SmallDisk(stores.folder / name, kilobytes=64_000) as disk:
        if form == "sqlite":
            stores.database = disk.folder / "news.db"
        state = ("--state", f"sqlite:///{tmp_path}/state.db")
        disk.read_only(True)
        refused = run(tmp_path, *options(world, stores.options), *state, status=1)
        assert form in refused.said
        assert "Traceback" not in refused.said
        disk.read_only(False)
        run(tmp_path, *quickly(world, stores.options), *state)
        for other, rows in stores.read().items():
            same(rows, expected.rows(), f"{other} after {form} was read-only")


def test_files_that_may_not_grow(tmp_path: Path, world: DemoServer, expected: Stores) -> None:
    """A limit for every file of the process, the state's included: whatever meets it first is named."""
    stores = Stores(tmp_path / "stores")
    limited = ("sh", "-c", 'ulimit -f 600; trap "" XFSZ; exec "$@"', "sh")
    full = start(tmp_path, *options(world, stores.options), before=limited)
    assert full.end() == 1, full.said
    assert re.search(r"sqlite:|jsonl:|state at", full.said), full.said
    assert "Traceback" not in full.said, full.said
    assert "nothing is lost" in full.said
    run(tmp_path, *quickly(world, stores.options))
    same(stores.rows(), expected.rows(), "after files could not grow")
    stores.check()


def test_a_locked_database(tmp_path: Path, world: DemoServer, expected: Stores) -> None:
    stores = Stores(tmp_path / "stores")
    begun = start(tmp_path, *options(world, stores.options), "--set", "fetch.host_delay=0.4")
    begun.until(lambda: stores.count() >= 8)
    locker = sqlite3.connect(stores.database, timeout=20, isolation_level=None)
    locker.execute("begin exclusive")
    assert begun.end(120) == 1, begun.said
    failed(begun, "news.db")
    locker.execute("rollback")
    locker.close()
    run(tmp_path, *quickly(world, stores.options))
    same(stores.rows(), expected.rows(), "after a lock")


def test_a_server_that_is_stopped_and_started_again(
    tmp_path: Path, world: DemoServer, expected: Stores, postgres_server: Server
) -> None:
    stores = FourStores(tmp_path / "stores", postgres_server.database())
    begun = start(tmp_path, *options(world, stores.options), "--set", "fetch.host_delay=0.4")
    begun.until(lambda: stores.count() >= 8)
    postgres_server.stop()
    try:
        assert begun.end() == 1, begun.said
        failed(begun, "postgresql:")
    finally:
        postgres_server.start()
    without_failing(stores, "")
    run(tmp_path, *quickly(world, stores.options))
    for form, rows in stores.read().items():
        same(rows, expected.rows(), f"{form} after PostgreSQL was stopped")


def test_a_server_that_is_restarted_between_two_commits(
    tmp_path: Path, world: DemoServer, expected: Stores, postgres_server: Server
) -> None:
    stores = FourStores(tmp_path / "stores", postgres_server.database())
    begun = start(tmp_path, *options(world, stores.options), "--set", "fetch.host_delay=0.4")
    begun.until(lambda: stores.count() >= 8)
    postgres_server.stop()
    postgres_server.start()
    if begun.end() != 0:
        failed(begun, "postgresql:")
        run(tmp_path, *quickly(world, stores.options))
    for form, rows in stores.read().items():
        same(rows, expected.rows(), f"{form} after PostgreSQL was restarted")


def test_a_name_that_is_taken(tmp_path: Path, world: DemoServer, expected: Stores) -> None:
    """The fault that Beam's own WriteToFiles reports as a success: a folder stands where the file must go."""
    stores = Stores(tmp_path / "stores")
    for number in range(1, 9):
        (stores.lines / "articles" / f"part-00001-{number:06d}.jsonl" / "keep").mkdir(parents=True)
    refused = run(tmp_path, *options(world, stores.options), status=1)
    failed(refused, "jsonl:")
    for number in range(1, 9):
        (stores.lines / "articles" / f"part-00001-{number:06d}.jsonl" / "keep").rmdir()
        (stores.lines / "articles" / f"part-00001-{number:06d}.jsonl").rmdir()
    run(tmp_path, *quickly(world, stores.options))
    same(stores.rows(), expected.rows(), "after a name was taken")
    stores.check()


def test_two_runs_at_once(tmp_path: Path, world: DemoServer, expected: Stores) -> None:
    stores = Stores(tmp_path / "stores")
    first = start(tmp_path, *options(world, stores.options), "--set", "fetch.host_delay=0.3")
    first.until(lambda: stores.count() >= 8)
    second = run(tmp_path, *options(world, stores.options), status=1)
    assert re.search(rf"the state is held by \S+:{first.process.pid}:\d+ until ", second.said), second.said
    assert first.end() == 0, first.said
    same(stores.rows(), expected.rows(), "with a second run beside it")
    stores.check()


def test_a_run_that_slept_through_its_lease(tmp_path: Path, world: DemoServer, postgres_server: Server) -> None:
    """Stopped in its middle until another run has done the work, then awake again: it writes nothing more."""
    paced = ("--set", "run.lease=5", "--set", "fetch.host_delay=0.3")
    undisturbed = FourStores(tmp_path / "undisturbed", postgres_server.database())
    run(tmp_path, *quickly(world, undisturbed.options))
    stores = FourStores(tmp_path / "stores", postgres_server.database())
    asleep = start(tmp_path, *options(world, stores.options), *paced)
    asleep.until(lambda: stores.count() >= 12)
    _put_to_sleep(asleep, stores, postgres_server)
    time.sleep(6)
    run(tmp_path, *quickly(world, stores.options))
    done = stores.read(volatile=())
    os.killpg(asleep.process.pid, signal.SIGCONT)
    assert asleep.end(60) == 1, asleep.said
    assert "lease" in asleep.said, asleep.said
    assert asleep.left() == []
    assert stores.read(volatile=()) == done, "it must not have written after it lost its lease"
    for form, rows in stores.read().items():
        same(rows, undisturbed.read()["jsonl"], f"{form} after one run slept")
    stores.check()


@pytest.mark.parametrize("form", ["jsonl", "parquet", "sqlite", "postgresql"])
def test_a_store_that_was_emptied(tmp_path: Path, world: DemoServer, postgres_server: Server, form: str) -> None:
    stores = FourStores(tmp_path / "stores", postgres_server.database())
    state = ("--state", f"sqlite:///{tmp_path}/state.db")
    one = ("--store", stores.urls[form])
    run(tmp_path, *quickly(world, one), *state)
    if form == "postgresql":
        for collection in COLLECTIONS:
            postgres_server.execute(f"truncate {collection}", database=stores.postgres_name)
    else:
        for path in [*stores.lines.rglob("*.jsonl"), *stores.columns.rglob("*.parquet")]:
            path.unlink()
        for path in stores.folder.glob("news.db*"):
            path.unlink()
    refused = run(tmp_path, *options(world, one), *state, status=1)
    assert form in refused.said
    assert re.search(r"holds \d+ ", refused.said), refused.said
    assert "restore it" in refused.said, refused.said


def _put_to_sleep(run: Run, stores: FourStores, server: Server) -> None:
    """Stop its processes between two transactions: one that is stopped within holds its databases' locks."""
    state = stores.lines / ".newsbeam" / "state.db"
    for _ in range(50):
        os.killpg(run.process.pid, signal.SIGSTOP)
        busy = server.execute(
            f"SELECT 1 FROM pg_stat_activity WHERE datname = '{stores.postgres_name}' AND xact_start IS NOT NULL"
        )
        if not busy and not any(map(_is_locked, (state, stores.database))):
            return
        os.killpg(run.process.pid, signal.SIGCONT)
        time.sleep(0.05)
    raise AssertionError("it was within a transaction whenever it was stopped")


def _is_locked(database: Path) -> bool:
    connection = sqlite3.connect(database, timeout=0.2, isolation_level=None)
    try:
        connection.execute("begin immediate")
        connection.execute("rollback")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


def _settled(state: Path) -> int:
    with sqlite3.connect(state) as database:
        found: int = database.execute("select count(*) from documents").fetchone()[0]
        return found
