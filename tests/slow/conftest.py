"""What the slow tests share: the demo's world served, Prism where there is one, a Flink cluster."""

from collections.abc import Iterator

import pytest

from newsbeam.pipelines import prism
from newsbeam.pipelines.demo.server import DemoServer
from tests.slow.cluster import FlinkCluster, cluster
from tests.slow.running import Stores, end_all, run
from tests.slow.worlds import QUICK, TODAY, allowed, free_port


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """Each test ends with the commands that it started."""
    yield
    end_all()


@pytest.fixture(scope="session")
def world() -> Iterator[DemoServer]:
    """The demo's world on loopback."""
    with DemoServer(port=free_port(), today=TODAY) as server:
        yield server


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, world: DemoServer) -> Stores:
    """What a run on the default runner makes of the demo's world."""
    stores = Stores(tmp_path_factory.mktemp("undisturbed"))
    done = run(stores.folder, "run", "--feeds", world.opml_url, *stores.options, *allowed(world.port), *QUICK)
    assert not any("prism" in one for one in done.names)
    assert len(stores.rows()["articles"]) >= 30
    return stores


@pytest.fixture(scope="session")
def prism_binary() -> str:
    """The path of a Prism binary."""
    found = prism.location(())
    if found is None:
        pytest.skip(f"no Prism on this machine: {prism.HOW_TO_GET}")
    return found


@pytest.fixture(scope="module")
def flink_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlinkCluster]:
    """A Flink cluster with two TaskManagers, one slot each, whose workers import this checkout.

    It lives for one module: idle, its three processes cost the tests that follow a sixth of a core.
    """
    with cluster(tmp_path_factory.mktemp("flink")) as found:
        yield found


@pytest.fixture
def flink(flink_cluster: FlinkCluster) -> Iterator[FlinkCluster]:
    """The module's cluster, whose slots are free again afterwards, be it that the test failed."""
    yield flink_cluster
    for one in flink_cluster.rest.jobs():
        if one.is_active:
            flink_cluster.rest.cancel(one.id)
