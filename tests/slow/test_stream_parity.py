"""A stream over feeds that grow, and batches over the same feeds when they are full, write the same records."""

from pathlib import Path

import pytest

from tests.slow.arrivals import lag
from tests.slow.parity import batch, growing, streamed
from tests.slow.running import Stores, same
from tests.slow.streaming import PRISM, Engine

WITHIN = 15.0
"""Seconds from a story's announcement to its place in a store, for 95 of 100."""


def _compared(folder: Path, engine: Engine, *, seed: int) -> None:
    with growing(folder, seed=seed) as world:
        stream = streamed(folder, world, engine, engine.stores(folder / "stream"))
        found = lag(stream.lags)
        print(f"{engine.name}, seed {seed}: {found}; stopped in {stream.stopped:.1f} s")
        in_process = batch(folder, world, Stores(folder / "batch"))
        assert len(in_process["articles"]) >= 500
        assert len(in_process["duplicates"]) >= 20, "a world without copies proves little"
        same(stream.rows, in_process, f"a stream on {engine.name} against a batch, seed {seed}")
        on_prism = batch(folder, world, Stores(folder / "batch-on-prism"), "--runner=PrismRunner")
        same(on_prism, in_process, f"a batch on Prism against one in process, seed {seed}")
        assert found.p95 <= WITHIN, str(found)


@pytest.mark.slow
@pytest.mark.usefixtures("prism_binary")
def test_a_stream_on_prism_writes_what_batches_write(tmp_path: Path) -> None:
    _compared(tmp_path, PRISM, seed=7)


@pytest.mark.full
@pytest.mark.usefixtures("prism_binary")
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_in_other_orders_of_arrival(tmp_path: Path, seed: int) -> None:
    _compared(tmp_path, PRISM, seed=seed)
