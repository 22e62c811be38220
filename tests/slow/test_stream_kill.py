"""A stream that is ended again and again while its feeds grow, and started again each time: as if nothing had happened.

All of it is one history in one state: what a kill left half done is found by the next stream, which may be killed, too.
"""

import random
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.slow.parity import all_in, batch, growing
from tests.slow.running import Run, Stores, same
from tests.slow.streaming import PRISM, stopped, streaming

pytestmark = pytest.mark.usefixtures("prism_binary")

_LONGEST = 14.0
"""Seconds after its start, at most, at which a stream is ended: before Prism is up, and in its second or third poll."""


def _ended_and_started_again(
    folder: Path, ends: Sequence[signal.Signals], *, seed: int, rate: float, pages: int, sets: str
) -> None:
    chance, stores, moments = random.Random(seed), Stores(folder / "stores"), []
    with growing(folder, seed=seed, rate=rate, pages=pages, sets=sets) as world:
        for number in ends:
            begun = streaming(folder, world, PRISM, stores)
            after = chance.uniform(0, _LONGEST)
            if number == signal.SIGKILL:
                _wait(begun, after)
                begun.kill()
                took = 0.0
                assert begun.left() == [], f"processes outlive a kill {after:.1f} s after the start"
            else:
                begun.until(lambda begun=begun: _has_prism(begun))  # type: ignore[misc]
                _wait(begun, after)
                took = stopped(begun, number)
            moments.append(f"{number.name} after {after:.1f} s ({took:.1f} s), {stores.count()} rows")
        print(f"seed {seed}: {'; '.join(moments)}")
        assert stores.count() < pages, "the last end must come before the last story"
        last = streaming(folder, world, PRISM, stores)
        all_in(last, world, stores, pages)
        stopped(last)
        undisturbed = batch(folder, world, Stores(folder / "undisturbed"))
        same(stores.rows(), undisturbed, f"seed {seed}: {moments}")
        stores.check()


def _wait(begun: Run, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert begun.process.poll() is None, begun.said
        time.sleep(0.05)


def _has_prism(begun: Run) -> bool:
    return any("prism" in one.name() for one in begun.look())


@pytest.mark.slow
def test_killed_at_five_moments(tmp_path: Path) -> None:
    _ended_and_started_again(tmp_path, [signal.SIGKILL] * 5, seed=5, rate=2, pages=170, sets="fundus")


@pytest.mark.full
@pytest.mark.parametrize("seed", [21])
def test_stopped_at_ten_moments_and_killed_at_ten(tmp_path: Path, seed: int) -> None:
    ends = [signal.SIGKILL] * 10 + [signal.SIGTERM] * 10
    random.Random(seed).shuffle(ends)
    _ended_and_started_again(tmp_path, ends, seed=seed, rate=1.5, pages=600, sets="fundus,syndication")
