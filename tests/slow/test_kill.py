"""A power cut at any moment of a run, and the run again: the stores are as if nothing had happened."""

import random
import time
from pathlib import Path

import pytest

from newsbeam.pipelines.demo.server import DemoServer
from tests.slow.running import Stores, run, same, start
from tests.slow.worlds import QUICK, allowed

pytestmark = pytest.mark.slow


def test_killed_at_any_moment_and_run_again(tmp_path: Path, world: DemoServer) -> None:
    def options(stores: Stores) -> tuple[str, ...]:
        return "run", "--feeds", world.opml_url, *stores.options, *allowed(world.port), *QUICK

    paced = ("--set", "fetch.host_delay=0.3", "--set", "run.slice=4")

    undisturbed = Stores(tmp_path / "undisturbed")
    run(tmp_path, *options(undisturbed))
    expected, whole, chance = undisturbed.rows(), undisturbed.count(), random.Random(11)
    # Moments by what is stored, not by the clock: the same on a machine that is busy. 0: before the first slice.
    for rows in (0, *chance.sample(range(1, whole // 2), 3)):
        stores = Stores(tmp_path / f"after-{rows}")
        cut = start(tmp_path, *options(stores), *paced)
        cut.until(lambda stores=stores, rows=rows: stores.count() >= rows)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.2))
        assert cut.process.poll() is None, "it must be under way"
        cut.kill()
        assert cut.left() == [], f"processes outlive a kill after {rows} rows"
        assert stores.count() < whole
        run(tmp_path, *options(stores))
        same(stores.rows(), expected, f"killed after {rows} of {whole} rows")
        stores.check()
