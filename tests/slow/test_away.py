"""A server that is restarted in the middle of a commit, at each of its steps: nothing is lost, nothing is twice."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from newsbeam.connectors.state.errors import StateAway
from newsbeam.connectors.stores.commit import recover
from newsbeam.connectors.stores.database import DatabaseStore
from newsbeam.connectors.stores.store import StoreAway
from newsbeam.connectors.stores.urls import open_store
from tests.connectors.stores.fakes import Steps, stepping
from tests.connectors.stores.test_commit import FIRST, SECOND, settled
from tests.connectors.stores.test_database_postgres import Servers
from tests.postgres import Server

pytestmark = pytest.mark.slow


class Restarts(Steps):
    """Restarts the server, as after a crash, before the step that is wanted."""

    def __init__(self, server: Server, at: int | None = None) -> None:
        super().__init__()
        self._server, self._at = server, at

    def step(self) -> None:
        """One boundary."""
        self.taken += 1
        if self.taken == self._at:
            self._server.restart()


@contextlib.contextmanager
def within(place: Servers, steps: Steps) -> Iterator[None]:
    """The boundaries of `stepping`, and those of the stores' own transactions."""
    with pytest.MonkeyPatch.context() as patch:
        for store in place.stores:
            if isinstance(store, DatabaseStore):
                patch.setattr(store, "_writing", stepped(store._writing, steps))
        with stepping(place, steps):
            yield


def stepped(
    writing: Callable[[], contextlib.AbstractContextManager[Any]], steps: Steps
) -> Callable[[], contextlib.AbstractContextManager[Any]]:
    """The transaction with a boundary after it began, and one before it is committed."""

    @contextlib.contextmanager
    def transaction() -> Iterator[Any]:
        with writing() as connection:
            steps.step()
            yield connection
            steps.step()

    return transaction


@pytest.fixture
def earlier(postgres_server: Server, postgres: str, tmp_path: Path) -> Servers:
    """Where FIRST is settled."""
    place = Servers(postgres_server, postgres)
    place.commit(FIRST)
    return place


def taken_up_again(place: Servers) -> None:
    """What a driver does that has waited for the server: it takes the lease anew, and recovers, in the same process."""
    place.epoch = place.superseded()
    recover(place.state, place.stores, epoch=place.epoch)


def test_a_restart_at_any_step_of_a_commit_loses_nothing_and_doubles_nothing(earlier: Servers) -> None:
    server, before = earlier.server, earlier.contents()
    undisturbed = earlier.again()
    count = Restarts(server)
    with within(undisturbed, count):
        undisturbed.commit(SECOND)
    wanted, counts = undisturbed.contents(), undisturbed.state.counts()
    undisturbed.end()
    assert count.taken > 15
    failed = 0
    for at in range(1, count.taken + 1):
        place = earlier.again()
        try:
            with within(place, Restarts(server, at)):
                place.commit(SECOND)
        except (StateAway, StoreAway):
            failed += 1
        else:
            assert settled(place, SECOND), f"restarted at step {at}"
        taken_up_again(place)
        if not settled(place, SECOND):
            assert place.contents() == before, f"restarted at step {at}"
            place.commit(SECOND)
        assert place.contents() == wanted, f"restarted at step {at}"
        assert place.state.counts() == counts
        place.end()
        server.drop(place.url)
    assert failed > count.taken / 3


@pytest.mark.parametrize("number", range(1, 4))
@pytest.mark.parametrize("done", [False, True])
def test_a_restart_at_a_transactions_own_commit(earlier: Servers, number: int, done: bool) -> None:
    """Whether it was done the client cannot know. number: intend, prepare, settle."""
    place, asked = earlier, 0
    before = place.contents()
    with pytest.MonkeyPatch.context() as patch:
        for engine in (place.state._engine, place.stores[0]._engine):  # type: ignore[attr-defined]
            commit = engine.dialect.do_commit

            def lost(connection: Any, commit: Callable[[Any], None] = commit) -> None:
                nonlocal asked
                if connection.driver_connection.autocommit or not writes(connection.driver_connection):
                    return commit(connection)
                asked += 1
                if asked == number and not done:
                    place.server.restart()
                commit(connection)
                if asked == number and done:
                    place.server.restart()
                    raise psycopg.OperationalError("server closed the connection unexpectedly")
                return None

            patch.setattr(engine.dialect, "do_commit", lost)
        with pytest.raises((StateAway, StoreAway)):
            place.commit(SECOND)
    assert asked >= number
    taken_up_again(place)
    if not settled(place, SECOND):
        assert place.contents() == before
        place.commit(SECOND)
    assert place.stores[0].count() == place.state.counts()
    again = place.contents()
    place.commit(SECOND)
    assert place.contents() == again, "what is settled already changes nothing"
    place.end()


def writes(connection: Any) -> bool:
    """Whether the transaction under way has written."""
    found = connection.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL").fetchone()
    return bool(found and found[0])


def test_a_restart_while_rows_are_read_is_told_and_read_again(earlier: Servers) -> None:
    store = open_store(earlier.urls[0])
    earlier.query(
        "INSERT INTO rejected SELECT (jsonb_populate_record(r, jsonb_build_object('id', r.id || n))).* "
        "FROM rejected r, generate_series(1, 2000) n"
    )
    reading = store.rows("rejected")
    next(reading)
    earlier.server.restart()
    with pytest.raises(StoreAway, match=r"^postgresql://"):
        list(reading)
    assert len(list(store.rows("rejected"))) == 4002
    store.close()
    earlier.end()


def test_a_server_that_stays_away_is_told_by_each_call_until_it_is_back(earlier: Servers) -> None:
    before = earlier.contents()
    earlier.server.stop()
    try:
        for _ in range(2):
            with pytest.raises(StateAway):
                earlier.commit(SECOND)
    finally:
        earlier.server.start()
    assert earlier.contents() == before
    earlier.commit(SECOND)
    assert earlier.stores[0].count() == earlier.state.counts()
    earlier.end()
