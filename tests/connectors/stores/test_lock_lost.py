"""A commit whose process loses the lock, while another one goes on: nothing of it stays, nothing is twice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newsbeam.connectors.state import manifest
from newsbeam.connectors.state.errors import CommitUndone, StateAway
from newsbeam.connectors.state.manifest import Intent
from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.commit import Settlement, commit
from newsbeam.connectors.stores.store import Store
from newsbeam.connectors.stores.urls import open_store
from tests.connectors.stores.fakes import NOW, article, document, duplicate
from tests.connectors.stores.test_commit import FIRST, ONE, SECOND, TWO, settled
from tests.connectors.stores.test_database_postgres import Servers
from tests.postgres import Server

OTHER = Settlement(records=(article(ONE), duplicate(TWO, ONE)))
"""What a successor makes of stories that the first process is about to settle as articles."""


@pytest.fixture
def place(postgres_server: Server, postgres: str, tmp_path: Path) -> Iterator[Servers]:
    """A state and a store in a server, and a folder."""
    made = Servers(postgres_server, postgres, tmp_path)
    yield made
    made.end()


def succeed(place: Servers, settlement: Settlement) -> None:
    """Commit as the process does that takes the work over, in the same epoch; the first one's lock is gone."""
    held = place.state.committing._connection
    assert held is not None
    pid = held.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    place.query(f"SELECT pg_terminate_backend({pid}, 5000)")
    state, stores = open_state(place.state_url), [open_store(url) for url in place.urls]
    commit(state, stores, settlement, epoch=place.epoch, now=NOW, run_id="run")
    state.close()
    for store in stores:
        store.close()


def overtaken(place: Servers, patch: pytest.MonkeyPatch, what: Settlement, *, store: Store, after: bool) -> None:
    """Have another process take over before or after the store is written."""
    prepare: Callable[..., object] = store.prepare

    def late(*arguments: object, **named: object) -> object:
        if not after:
            succeed(place, what)
        done = prepare(*arguments, **named)
        if after:
            succeed(place, what)
        return done

    patch.setattr(store, "prepare", late)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("what", [OTHER, SECOND, Settlement(records=(article(document("else")),))])
def test_what_another_process_has_undone_is_not_settled_and_leaves_no_trace(
    place: Servers, what: Settlement, after: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        overtaken(place, patch, what, store=place.stores[0], after=after)
        with pytest.raises(CommitUndone, match="another process has undone this commit"):
            place.commit(FIRST)
    assert settled(place, what)
    first, second = place.contents()
    assert first == second
    assert first.keys() == {record.document.id for record in what.records} | {row.origin.key for row in what.rejected}
    assert place.stores[0].count() == place.state.counts()
    assert not place.strays()
    place.restart()
    place.commit(FIRST)
    assert place.contents()[0] == place.contents()[1]


def test_a_lock_that_is_lost_before_a_database_is_written_is_found_out_in_time(place: Servers) -> None:
    database, folder = place.stores
    with pytest.MonkeyPatch.context() as patch:
        overtaken(place, patch, OTHER, store=folder, after=True)
        patch.setattr(database, "prepare", lambda *_, **__: pytest.fail("it was written"))
        with pytest.raises(StateAway, match="cannot be used"):
            place.commit(FIRST)
    assert place.contents()[0] == place.contents()[1]
    assert place.contents()[0].keys() == {ONE.id, TWO.id}
    assert not place.strays()


def test_a_settled_commit_is_published_by_whoever_has_the_lock(place: Servers) -> None:
    ensure, asked = place.state.committing.ensure, []

    def counted() -> None:
        asked.append(1)
        if len(asked) == 3:  # both stores are prepared, and all is settled
            succeed(place, SECOND)
        ensure()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place.state.committing, "ensure", counted)
        with pytest.raises(StateAway):
            place.commit(FIRST)
    assert len(asked) == 3
    assert settled(place, SECOND)
    assert place.contents()[0] == place.contents()[1]
    assert not place.strays()


def noted(state: State) -> dict[str, Intent]:
    """The open intents of the store `s`."""
    with state.read() as connection:
        return manifest.intents(connection, ["s"])


def test_an_intent_is_settled_and_forgotten_by_the_commit_that_noted_it(tmp_path: Path) -> None:
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    mine, others = (
        {"s": Intent(ids=("x",), parts=(), token=token)} for token in (manifest.new_token(), manifest.new_token())
    )
    with state.write() as connection:
        manifest.intend(connection, others)
    with pytest.raises(CommitUndone, match=r"^s: another process"), state.write() as connection:
        manifest.settle(connection, mine, {})
    with state.write() as connection:
        manifest.tidy(connection, mine)
    assert noted(state) == others
    with state.write() as connection:
        manifest.settle(connection, others, {})
    assert noted(state)["s"].settled
    with pytest.raises(CommitUndone), state.write() as connection:
        manifest.settle(connection, others, {})
    with state.write() as connection:
        manifest.tidy(connection, others)
    assert noted(state) == {}
    state.close()
