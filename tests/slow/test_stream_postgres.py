"""The stream with PostgreSQL as its only store and its state: a server that goes away for a while, and one for good."""

import time
from pathlib import Path

import pytest

from tests.postgres import Server
from tests.slow.in_postgres import PostgresStore
from tests.slow.parity import all_in, batch, growing
from tests.slow.running import Stores, same
from tests.slow.streaming import PRISM, WITHIN, stopped, streaming

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.usefixtures("prism_binary")]

_PAGES = 120
_AWAY = 8.0


def test_a_server_that_is_restarted_in_mid_stream_is_waited_for(tmp_path: Path, postgres_server: Server) -> None:
    store = PostgresStore(postgres_server.database())
    with growing(tmp_path, seed=3, rate=4, pages=_PAGES, sets="fundus") as world:
        begun = streaming(tmp_path, world, PRISM, store)
        begun.until(lambda: store.count() >= 10, seconds=180)
        postgres_server.stop()
        try:
            time.sleep(_AWAY)
            assert begun.process.poll() is None, f"it must wait for its server:\n{begun.said}"
        finally:
            postgres_server.start()
        held = store.count()
        begun.until(lambda: store.count() > held, seconds=180)
        postgres_server.restart()
        all_in(begun, world, store, _PAGES)
        stopped(begun)
        store.check()
        undisturbed = batch(tmp_path, world, Stores(tmp_path / "undisturbed"))
        same(store.rows(), undisturbed, "after the server was away")


def test_a_stream_whose_server_is_away_stops_when_asked(tmp_path: Path, postgres_server: Server) -> None:
    store = PostgresStore(postgres_server.database())
    with growing(tmp_path, seed=3, rate=4, pages=_PAGES, sets="fundus") as world:
        begun = streaming(tmp_path, world, PRISM, store)
        begun.until(lambda: store.count() >= 10, seconds=180)
        postgres_server.stop()
        try:
            time.sleep(2)
            asked = time.monotonic()
            begun.process.terminate()
            status = begun.end(seconds=WITHIN + 5)
            assert time.monotonic() - asked < WITHIN
            assert status in (0, 1), begun.said
            assert "Traceback" not in begun.said
            assert begun.left() == []
        finally:
            postgres_server.start()
        last = streaming(tmp_path, world, PRISM, store)
        all_in(last, world, store, _PAGES)
        stopped(last)
        same(
            store.rows(), batch(tmp_path, world, Stores(tmp_path / "undisturbed")), "stopped while the server was away"
        )


def test_a_store_that_is_gone_for_good_ends_the_stream_with_its_name(tmp_path: Path, postgres_server: Server) -> None:
    url = postgres_server.database()
    store = PostgresStore(url)
    with growing(tmp_path, seed=3, rate=4, pages=_PAGES, sets="fundus") as world:
        state = ("--state", f"sqlite:///{tmp_path}/state.db")
        begun = streaming(tmp_path, world, PRISM, store, *state)
        begun.until(lambda: store.count() >= 10, seconds=180)
        postgres_server.drop(url)
        assert begun.end(seconds=90) == 1, begun.said
        assert "postgresql:" in begun.said
        assert "nothing is lost" in begun.said
        assert "Traceback" not in begun.said
        assert begun.left() == []
