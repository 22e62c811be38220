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
        paced = ("--set", "fetch.host_delay=0.2", "--set", "run.slice=6")
        return "run", "--feeds", world.opml_url, *stores.options, *allowed(world.port), *QUICK, *paced

    undisturbed = Stores(tmp_path / "undisturbed")
    begun = time.monotonic()
    run(tmp_path, *options(undisturbed))
    lasted, expected = time.monotonic() - begun, undisturbed.rows()
    whole, chance, partly = undisturbed.count(), random.Random(11), 0
    for number in range(5):
        stores = Stores(tmp_path / str(number))
        cut = start(tmp_path, *options(stores))
        moment = chance.uniform(0.3, 0.95) * lasted
        while time.monotonic() - cut.started < moment and cut.process.poll() is None:
            cut.look()
            time.sleep(0.02)
        assert cut.process.poll() is None, "it must be under way"
        cut.kill()
        assert cut.left() == [], f"processes outlive a kill after {moment:.1f} s"
        partly += 0 < stores.count() < whole
        run(tmp_path, *options(stores))
        same(stores.rows(), expected, f"killed after {moment:.2f} of {lasted:.2f} s")
        stores.check()
    assert partly >= 2, "kills must fall between the first settled slice and the last one"
