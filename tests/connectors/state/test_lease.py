"""The lease: one holder at a time, a dead one superseded, a late one stopped."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsbeam.connectors.state import history
from newsbeam.connectors.state.errors import LeaseLost, StateHeld
from newsbeam.connectors.state.lease import is_gone, process_start, this_owner
from newsbeam.connectors.state.state import State, open_state
from newsbeam.records import Feed
from tests.connectors.stores.fakes import NOW, later


@pytest.fixture
def state(new_state: Callable[[], str]) -> State:
    return open_state(new_state())


def test_a_second_holder_is_told_who_holds_it_and_until_when(state: State) -> None:
    state.take_lease(owner="alpha:7:70", seconds=60, now=NOW)
    with pytest.raises(StateHeld, match=r"alpha:7:70 until 2026-11-20T12:01:00Z"):
        state.take_lease(owner="beta:8:80", seconds=60, now=later(59))
    assert state.take_lease(owner="beta:8:80", seconds=60, now=later(61)) == 2


def test_a_holder_that_could_not_give_it_back_gets_a_new_epoch_at_once(state: State) -> None:
    first = state.take_lease(owner=this_owner(), seconds=60, now=NOW)
    for owner, instead_of in ((this_owner(), None), (this_owner(), first + 1), ("beta:8:80", first)):
        with pytest.raises(StateHeld):
            state.take_lease(owner=owner, seconds=60, now=later(1), instead_of=instead_of)
    second = state.take_lease(owner=this_owner(), seconds=60, now=later(1), instead_of=first)
    assert second == first + 1
    with pytest.raises(LeaseLost):
        state.renew_lease(first, seconds=60, now=later(2))
    state.renew_lease(second, seconds=60, now=later(2))
    with pytest.raises(StateHeld):
        state.take_lease(owner="beta:8:80", seconds=60, now=later(3))


def test_renewing_and_releasing(state: State) -> None:
    epoch = state.take_lease(owner="alpha:7:70", seconds=60, now=NOW)
    state.renew_lease(epoch, seconds=60, now=later(50))
    with pytest.raises(StateHeld):
        state.take_lease(owner="beta:8:80", seconds=60, now=later(100))
    state.release_lease(epoch)
    assert state.take_lease(owner="beta:8:80", seconds=60, now=later(100)) == epoch + 1


def test_a_lost_lease_neither_renews_nor_writes_nor_releases(state: State) -> None:
    first = state.take_lease(owner="alpha:7:70", seconds=60, now=NOW)
    second = state.take_lease(owner="beta:8:80", seconds=60, now=later(61))
    with pytest.raises(LeaseLost, match="beta:8:80"):
        state.renew_lease(first, seconds=60, now=later(62))
    with pytest.raises(LeaseLost):
        state.subscribe([Feed(url="https://a.example/feed")], epoch=first)
    with pytest.raises(LeaseLost):
        state.claim(limit=1, host_share=1, epoch=first, now=later(62))
    state.release_lease(first)
    state.renew_lease(second, seconds=60, now=later(62))
    state.release_lease(second)
    with pytest.raises(LeaseLost, match="nobody"):
        state.expire(before="2026-01-01", epoch=second)


def test_an_expired_lease_that_nobody_took_is_still_held(state: State) -> None:
    epoch = state.take_lease(owner="alpha:7:70", seconds=60, now=NOW)
    state.renew_lease(epoch, seconds=60, now=later(600))
    state.subscribe([], epoch=epoch)


def test_a_holder_of_this_host_whose_process_is_gone_is_superseded_at_once(state: State) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = f"{socket.gethostname()}:{child.pid}:{process_start(child.pid) or 0}"
    state.take_lease(owner=owner, seconds=3600, now=NOW)
    with pytest.raises(StateHeld):
        state.take_lease(owner=this_owner(), seconds=60, now=later(1))
    child.communicate(b"\n")
    assert state.take_lease(owner=this_owner(), seconds=60, now=later(1)) == 2


def test_a_process_id_used_again_is_another_process() -> None:
    host, pid = socket.gethostname(), os.getpid()
    assert not is_gone(this_owner())
    assert not is_gone(f"{host}:{pid}:0"), "a start that is not known is not compared"
    if process_start(pid) is not None:
        assert is_gone(f"{host}:{pid}:1")


@pytest.mark.parametrize("owner", ["elsewhere:1:1", "no owner at all", f"{socket.gethostname()}:x:1"])
def test_what_is_not_a_process_of_this_host_is_never_known_to_be_gone(owner: str) -> None:
    assert not is_gone(owner)


def test_a_state_opened_twice_has_one_lease(new_state: Callable[[], str]) -> None:
    url = new_state()
    one, other = open_state(url), open_state(url)
    one.take_lease(owner="alpha:7:70", seconds=60, now=NOW)
    with pytest.raises(StateHeld):
        other.take_lease(owner="beta:8:80", seconds=60, now=NOW)


def test_of_several_that_take_it_at_once_one_gets_it(new_state: Callable[[], str]) -> None:
    url = new_state()
    open_state(url).close()
    states = [open_state(url) for _ in range(6)]

    def take(number: int) -> int | None:
        try:
            return states[number].take_lease(owner=f"host{number}:1:1", seconds=60, now=NOW)
        except StateHeld:
            return None

    with ThreadPoolExecutor(len(states)) as pool:
        taken = list(pool.map(take, range(len(states))))
    assert sorted(taken, key=str) == [1, None, None, None, None, None]
    for state in states:
        state.close()


def test_a_state_made_by_several_at_once_is_made_once(new_state: Callable[[], str]) -> None:
    url = new_state()
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(open_state, [url] * 4))
    assert len({state.id for state in states}) == 1
    for state in states:
        state.close()


def test_writers_of_one_epoch_come_one_after_the_other(new_state: Callable[[], str]) -> None:
    url = new_state()
    states = [open_state(url) for _ in range(3)]
    epoch = states[0].take_lease(owner="alpha:7:70", seconds=60, now=NOW)

    def count(state: State) -> None:
        for _ in range(10):
            with state.write(epoch) as connection:
                history.count_commit(connection)

    with ThreadPoolExecutor(len(states)) as pool:
        list(pool.map(count, states))
    assert states[0].commits() == 30
    for state in states:
        state.close()
