"""The commit lock: one commit at a time, among processes, too, where the state is in a server."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from newsbeam.connectors.state import committing
from newsbeam.connectors.state.errors import StateAway
from newsbeam.connectors.state.state import State, open_state
from tests.postgres import Server

ROOT = Path(__file__).parents[3]
HOLDS = """
import sys
from newsbeam.connectors.state.state import open_state
with open_state(sys.argv[1]).committing:
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def two(postgres: str) -> Iterator[tuple[State, State]]:
    """A state, opened as by two processes."""
    states = open_state(postgres), open_state(postgres)
    yield states
    for one in states:
        one.close()


def end_connections(server: Server, url: str) -> None:
    """End every connection to a database, and wait until they are gone."""
    name = url.partition("@/")[2].partition("?")[0]
    server.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")


def test_the_second_process_waits_until_the_first_is_done(two: tuple[State, State]) -> None:
    first, second = two
    got = threading.Event()

    def take() -> None:
        with second.committing:
            got.set()

    with ThreadPoolExecutor(1) as pool:
        with first.committing:
            waiting = pool.submit(take)
            assert not got.wait(0.3)
        waiting.result(timeout=20)
    assert got.is_set()


def test_who_waits_too_long_is_told_which_state(
    two: tuple[State, State], postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    monkeypatch.setattr(committing, "LOCK_SECONDS", 0.2)
    with (
        first.committing,
        pytest.raises(StateAway, match=r"^the state at postgresql://.*another process .* more than 0\.2 s: let"),
        second.committing,
    ):
        pass
    with second.committing:
        assert not first.committing.acquire(0.1)
    assert first.committing.acquire(5), "who did not get it holds nothing back"
    first.committing.release()


def test_the_thread_that_has_it_takes_it_again(two: tuple[State, State]) -> None:
    first, second = two
    with first.committing:
        with first.committing:
            pass
        assert not second.committing.acquire(0.1), "the outer one still counts"
    assert second.committing.acquire(5)
    second.committing.release()


def test_threads_of_one_process_wait_for_each_other(new_state: Callable[[], str]) -> None:
    state = open_state(new_state())
    with ThreadPoolExecutor(1) as pool:
        with state.committing:
            assert not pool.submit(state.committing.acquire, 0.1).result(timeout=20)
        assert pool.submit(state.committing.acquire, 5).result(timeout=20)
        pool.submit(state.committing.release).result(timeout=20)
    state.close()


def test_states_of_one_database_do_not_wait_for_each_other(postgres: str) -> None:
    states = [open_state(f"{postgres}&schema=s{number}") for number in range(2)]
    with states[0].committing, states[1].committing:
        assert states[0].id != states[1].id
    for one in states:
        one.close()


def test_a_process_that_is_killed_frees_it(two: tuple[State, State], postgres: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, postgres], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    assert not two[0].committing.acquire(0.1)
    process.kill()
    process.communicate()
    assert two[0].committing.acquire(20)
    two[0].committing.release()


def test_a_lost_connection_is_a_lost_lock(two: tuple[State, State], postgres: str, postgres_server: Server) -> None:
    first, second = two
    with first.committing:
        first.committing.ensure()
        end_connections(postgres_server, postgres)
        with pytest.raises(StateAway):
            first.committing.ensure()
        with pytest.raises(StateAway, match="lost"), first.committing:
            pass
        with second.committing, pytest.raises(StateAway):
            first.committing.ensure()
        first.committing.regain()
        assert not second.committing.acquire(0.1)
    assert second.committing.acquire(5)
    second.committing.release()


def test_a_server_that_is_gone_takes_the_lock_with_it_and_hides_no_error(
    postgres: str, postgres_server: Server
) -> None:
    state = open_state(postgres)

    def broken() -> None:
        with state.committing:
            postgres_server.restart()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    with state.committing:
        state.committing.ensure()
    state.close()
