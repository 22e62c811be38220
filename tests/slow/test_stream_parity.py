"""A stream over feeds that grow, and batches over the same feeds when they are full, write the same records."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.slow.arrivals import lag
from tests.slow.parity import batch, growing, streamed
from tests.slow.running import Stores, same
from tests.slow.streaming import PRISM, Engine

Record = Callable[[str, object], None]


def _compared(folder: Path, engine: Engine, *, seed: int, record: Record) -> None:
    with growing(folder, seed=seed) as world:
        stream = streamed(folder, world, engine, engine.stores(folder / "stream"))
        in_process = batch(folder, world, Stores(folder / "batch"))
        assert len(in_process["articles"]) >= 500
        assert len(in_process["duplicates"]) >= 20, "a world without copies proves little"
        same(stream.rows, in_process, f"a stream on {engine.name} against a batch, seed {seed}")
        on_engine = batch(folder, world, engine.stores(folder / "batch-on-engine"), *engine.batch)
        same(on_engine, in_process, f"a batch on {engine.name} against one in process, seed {seed}")
    held = ", ".join(f"{len(rows)} {name}" for name, rows in in_process.items())
    record(
        "figures", f"{held}: 0 rows differ; from feed to store: {lag(stream.lags)}; stopped in {stream.stopped:.1f} s"
    )


@pytest.mark.slow
@pytest.mark.usefixtures("prism_binary")
def test_a_stream_on_prism_writes_what_batches_write(tmp_path: Path, record_property: Record) -> None:
    _compared(tmp_path, PRISM, seed=7, record=record_property)


@pytest.mark.full
@pytest.mark.usefixtures("prism_binary")
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_in_other_orders_of_arrival(tmp_path: Path, seed: int, record_property: Record) -> None:
    _compared(tmp_path, PRISM, seed=seed, record=record_property)
