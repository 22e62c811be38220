"""A power cut at any moment of a run into four stores at once, and the run again: as if nothing had happened."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Server
from tests.slow.everywhere import FourStores
from tests.slow.newsworld import NewsWorld, served
from tests.slow.running import run, same, start
from tests.slow.worlds import allowed

PAGES = 200
_PACE = ("--set", "fetch.host_delay=0", "--set", "fetch.host_connections=4", "--set", "run.slice=40")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewsWorld]:
    """The first two hundred pages of the newsworld."""
    with served(tmp_path_factory.mktemp("world"), "--limit", str(PAGES)) as one:
        yield one


def _killed_and_run_again(folder: Path, world: NewsWorld, postgres_server: Server, *, kills: int, seed: int) -> None:
    def options(stores: FourStores) -> tuple[str, ...]:
        return "run", "--feeds", world.opml, *stores.options, *allowed(world.port), *_PACE

    undisturbed = FourStores(folder / "undisturbed", postgres_server.database())
    run(folder, *options(undisturbed), seconds=300)
    expected, whole, chance = undisturbed.read(), undisturbed.count(), random.Random(seed)
    assert whole >= PAGES
    for form, rows in expected.items():
        same(rows, expected["jsonl"], f"{form} against jsonl, undisturbed")
    # Moments by what is stored, then by a little of the clock: before, within and after a commit, on any machine.
    for number, rows_stored in enumerate(sorted(chance.sample(range(whole - 40), kills))):
        stores = FourStores(folder / f"kill-{number}", postgres_server.database())
        cut = start(folder, *options(stores))
        cut.until(lambda stores=stores, rows=rows_stored: stores.count() >= rows, seconds=300)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 1.0))
        if cut.process.poll() is None:
            cut.kill()
        assert cut.left() == [], f"processes outlive a kill after {rows_stored} rows"
        run(folder, *options(stores), seconds=300)
        for form, rows in stores.read().items():
            same(rows, expected["jsonl"], f"{form}, killed after {rows_stored} of {whole} rows")
        stores.check()


@pytest.mark.slow
def test_killed_at_three_moments(tmp_path: Path, world: NewsWorld, postgres_server: Server) -> None:
    _killed_and_run_again(tmp_path, world, postgres_server, kills=3, seed=11)


@pytest.mark.full
def test_killed_at_twenty_moments(tmp_path: Path, world: NewsWorld, postgres_server: Server) -> None:
    _killed_and_run_again(tmp_path, world, postgres_server, kills=20, seed=4)
