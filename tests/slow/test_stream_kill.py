"""A stream that is ended again and again while its feeds grow, and started again each time: as if nothing had happened.

All of it is one history in one state: what a kill left half done is found by the next stream, which may be killed, too.
"""

import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.slow.parity import all_in, batch, growing
from tests.slow.running import Run, Stores, same
from tests.slow.streaming import PRISM, WITHIN, ended, stopped, streaming

pytestmark = pytest.mark.usefixtures("prism_binary")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a stream. before, after: rows in the stores when it was started and when it was ended. took: seconds
    in which it stopped when asked."""

    signal: signal.Signals
    before: int
    after: int
    took: float

    def __str__(self) -> str:
        return f"{self.signal.name} at {self.before}+{self.after - self.before} rows ({self.took:.1f} s)"


def _ended_and_started_again(
    folder: Path, signals: Sequence[signal.Signals], *, seed: int, rate: float, pages: int, sets: str
) -> str:
    """What the ends were, for the record."""
    chance, stores, ends = random.Random(seed), Stores(folder / "stores"), list[End]()
    with growing(folder, seed=seed, rate=rate, pages=pages, sets=sets) as world:
        for number in signals:
            before = stores.count()
            begun = streaming(folder, world, PRISM, stores)
            begun.until(lambda begun=begun: _is_up(begun), seconds=120)  # type: ignore[misc]
            if chance.random() < 0.7:  # the others come while it finds out what the one before it left
                begun.until(
                    lambda before=before: stores.count() > before or world.count() >= pages,  # type: ignore[misc]
                    seconds=120,
                )
            time.sleep(chance.uniform(0, 4))
            took = _killed(begun) if number == signal.SIGKILL else ended(begun, number)
            ends.append(End(signal=number, before=before, after=stores.count(), took=took))
        said = f"seed {seed}: {'; '.join(map(str, ends))}"
        print(said, flush=True)
        assert sum(one.after > one.before for one in ends) >= len(ends) / 3, "too few of the ends came in mid-work"
        last = streaming(folder, world, PRISM, stores)
        all_in(last, world, stores, pages, seconds=pages / rate + 120)
        stopped(last)
        same(stores.rows(), batch(folder, world, Stores(folder / "undisturbed")), said)
        stores.check()
    assert all(one.took < WITHIN for one in ends), said
    return said


def _killed(begun: Run) -> float:
    begun.kill()
    assert begun.left() == [], "processes outlive a kill"
    return 0.0


def _is_up(begun: Run) -> bool:
    return any("prism" in one.name() for one in begun.look())


@pytest.mark.slow
def test_killed_at_three_moments(tmp_path: Path) -> None:
    _ended_and_started_again(tmp_path, [signal.SIGKILL] * 3, seed=8, rate=2, pages=160, sets="fundus")


@pytest.mark.full
@pytest.mark.parametrize("seed", [21])
def test_stopped_at_ten_moments_and_killed_at_ten(
    tmp_path: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    signals = [signal.SIGKILL] * 10 + [signal.SIGTERM] * 10
    random.Random(seed).shuffle(signals)
    said = _ended_and_started_again(tmp_path, signals, seed=seed, rate=1, pages=600, sets="fundus,syndication")
    record_property("figures", f"0 lost, 0 ids twice, every row as in a batch; {said}")
