"""A stream over feeds that grow, and batches over the same feeds when they are full, write the same records."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.postgres import Server
from tests.slow.cluster import FlinkCluster
from tests.slow.parity import compared
from tests.slow.streaming import PRISM, on_flink
from tests.slow.test_flink import LONG, jobs_of

Record = Callable[[str, object], None]


@pytest.mark.slow
@pytest.mark.usefixtures("prism_binary")
def test_on_prism(tmp_path: Path, record_property: Record) -> None:
    record_property("figures", compared(tmp_path, PRISM, seed=7))


@pytest.mark.full
@pytest.mark.usefixtures("prism_binary")
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_on_prism_in_other_orders_of_arrival(tmp_path: Path, seed: int, record_property: Record) -> None:
    record_property("figures", compared(tmp_path, PRISM, seed=seed, seconds=600))


@pytest.mark.full
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_on_both_machines_of_a_flink_cluster(
    tmp_path: Path, flink: FlinkCluster, postgres_server: Server, seed: int, record_property: Record
) -> None:
    urls: list[str] = []

    def database() -> str:
        urls.append(postgres_server.database())
        return urls[-1]

    def look() -> None:
        (job,) = [one for one in jobs_of(flink, urls[0]) if one.state == "RUNNING"]
        places = flink.places(job.id)
        assert len(set().union(*places.values())) == 2, places

    engine = on_flink(flink.options, flink.options, database)
    record_property("figures", compared(tmp_path, engine, seed=seed, seconds=LONG, look=look))
