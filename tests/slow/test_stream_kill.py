"""A stream that is ended again and again while its feeds grow, and started again each time: as if nothing had happened.

All of it is one history in one state: what a kill left half done is found by the next stream, which may be killed, too.
"""

import random
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.slow.parity import all_in, batch, growing
from tests.slow.running import Run, Stores, same
from tests.slow.streaming import PRISM, WITHIN, ended, stopped, streaming

pytestmark = pytest.mark.usefixtures("prism_binary")


def _ended_and_started_again(
    folder: Path, ends: Sequence[signal.Signals], *, seed: int, rate: float, pages: int, sets: str
) -> str:
    """What the ends were, for the record."""
    chance, stores, said, longest = random.Random(seed), Stores(folder / "stores"), list[str](), 0.0
    with growing(folder, seed=seed, rate=rate, pages=pages, sets=sets) as world:
        for number in ends:
            before = stores.count()
            begun = streaming(folder, world, PRISM, stores)
            begun.until(lambda begun=begun: _is_up(begun))  # type: ignore[misc]
            if chance.random() < 0.7:  # the others while it finds out what the one before it left
                begun.until(lambda before=before: stores.count() > before)  # type: ignore[misc]
            time.sleep(chance.uniform(0, 4))
            if number == signal.SIGKILL:
                begun.kill()
                took = 0.0
                assert begun.left() == [], f"processes outlive a kill; ends before it: {said}"
            else:
                took = ended(begun, number)
                longest = max(longest, took)
            said.append(
                f"{number.name} at {before}+{stores.count() - before} rows" + (f" ({took:.1f} s)" if took else "")
            )
        print(f"seed {seed}: {'; '.join(said)}", flush=True)
        assert stores.count() < pages, "the last end must come before the last story"
        last = streaming(folder, world, PRISM, stores)
        all_in(last, world, stores, pages)
        stopped(last)
        undisturbed = batch(folder, world, Stores(folder / "undisturbed"))
        same(stores.rows(), undisturbed, f"seed {seed}: {said}")
        stores.check()
    assert longest < WITHIN, f"a stop took {longest:.1f} s: {said}"
    return f"seed {seed}: {'; '.join(said)}"


def _is_up(begun: Run) -> bool:
    return any("prism" in one.name() for one in begun.look())


@pytest.mark.slow
def test_killed_at_five_moments(tmp_path: Path) -> None:
    _ended_and_started_again(tmp_path, [signal.SIGKILL] * 5, seed=8, rate=2, pages=240, sets="fundus")


@pytest.mark.full
@pytest.mark.parametrize("seed", [21])
def test_stopped_at_ten_moments_and_killed_at_ten(
    tmp_path: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    ends = [signal.SIGKILL] * 10 + [signal.SIGTERM] * 10
    random.Random(seed).shuffle(ends)
    ended = _ended_and_started_again(tmp_path, ends, seed=seed, rate=1, pages=600, sets="fundus,syndication")
    record_property("figures", f"0 lost, 0 ids twice, every row as in a batch; {ended}")
