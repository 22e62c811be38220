"""Hosts shared by several owners: one at a time, each in turn, none sooner than the host's pace allows."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from newsbeam.connectors.state import hosts, schema
from newsbeam.connectors.state.lease import process_start
from newsbeam.connectors.state.state import State, open_state
from tests.connectors.stores.fakes import NOW


@dataclass
class Clock:
    """What the state takes for its moment."""

    now: float = 1_000_000.0

    def moment(self, connection: sa.Connection) -> sa.ColumnElement[float]:
        return sa.bindparam("moment", callable_=lambda: self.now, type_=sa.Float)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(hosts, "moment", made.moment)
    monkeypatch.setattr(hosts, "_made", {})
    return made


@pytest.fixture
def state(new_state: Callable[[], str]) -> State:
    return open_state(new_state())


def take(state: State, owner: str, *, host: str = "a.example", seconds: float = 60, gap: float = 1) -> float | None:
    return state.take_host(host, owner=owner, seconds=seconds, gap=gap)


def give_back(state: State, owner: str, *, host: str = "a.example", gap: float = 0) -> None:
    state.give_back_host(host, owner=owner, gap=gap)


def rows(state: State) -> set[str]:
    with state.read() as connection:
        return set(connection.execute(sa.select(schema.hosts.c.host)).scalars())


def test_a_host_has_one_owner_until_it_is_given_back(state: State, clock: Clock) -> None:
    assert take(state, "alpha") is None
    assert take(state, "beta") == 0.0
    assert take(state, "beta", host="b.example") is None
    give_back(state, "alpha")
    assert take(state, "beta") is None
    assert take(state, "alpha") == 0.0


def test_only_the_owner_can_give_a_host_back(state: State, clock: Clock) -> None:
    assert take(state, "alpha") is None
    give_back(state, "beta")
    clock.now += 30
    assert take(state, "beta") == 0.0


def test_the_gap_holds_for_every_owner(state: State, clock: Clock) -> None:
    assert take(state, "alpha") is None
    give_back(state, "alpha", gap=5)
    assert take(state, "alpha") == pytest.approx(5)
    clock.now += 4.5
    assert take(state, "beta") == pytest.approx(0.5)
    clock.now += 0.5
    assert take(state, "alpha") is None


def test_an_owner_that_is_not_heard_of_again_loses_the_host_when_its_time_is_over(state: State, clock: Clock) -> None:
    assert take(state, "alpha", seconds=60, gap=90) is None
    clock.now += 59
    assert take(state, "beta") == 0.0
    clock.now += 1
    assert take(state, "beta") == pytest.approx(30), "it may have begun a request late in its time"
    clock.now += 30
    assert take(state, "beta") is None
    give_back(state, "alpha", gap=900)
    assert take(state, "gamma") == 0.0


def test_who_was_refused_first_is_the_next_even_before_the_last_owner(state: State, clock: Clock) -> None:
    assert take(state, "alpha") is None
    assert take(state, "beta") == 0.0
    assert take(state, "gamma") == 0.0
    give_back(state, "alpha")
    assert take(state, "alpha") == 0.0
    assert take(state, "gamma") == 0.0
    assert take(state, "beta") is None
    assert take(state, "alpha") == 0.0
    give_back(state, "beta")
    assert take(state, "beta") == 0.0
    assert take(state, "gamma") == 0.0
    assert take(state, "alpha") is None


def test_a_promise_outlives_the_pace_of_the_host_and_lapses_when_nobody_asks(state: State, clock: Clock) -> None:
    assert take(state, "alpha") is None
    give_back(state, "alpha", gap=100)
    assert take(state, "beta") == pytest.approx(100)
    clock.now += 100
    assert take(state, "alpha") == 0.0
    clock.now += hosts.PROMISED
    assert take(state, "alpha") is None


def test_a_host_of_a_process_of_this_machine_that_is_gone_is_free_at_once(state: State, clock: Clock) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = f"{socket.gethostname()}:{child.pid}:{process_start(child.pid) or 0}"
    assert take(state, owner, gap=2) is None
    assert take(state, "beta") == 0.0
    child.communicate(b"\n")
    assert take(state, "beta") == pytest.approx(2), "its last request may just have left"
    clock.now += 2
    assert take(state, "beta") is None


def test_hosts_at_rest_are_forgotten_when_a_run_begins(state: State, clock: Clock) -> None:
    for n in range(5):
        assert take(state, "alpha", host=f"{n}.example") is None
        assert take(state, "beta", host=f"{n}.example") == 0.0
        give_back(state, "alpha", host=f"{n}.example", gap=n * 1000)
    assert take(state, "alpha", host="dead.example") is None
    clock.now += hosts.RESTING + 2500
    assert take(state, "alpha", host="new.example") is None
    state.take_lease(owner="alpha:7:70", seconds=60, now=NOW)
    assert rows(state) == {"3.example", "4.example", "new.example"}


def test_on_a_server_taking_a_host_waits_for_no_commit(postgres: str) -> None:
    state = open_state(postgres)
    epoch = state.take_lease(owner="alpha:7:70", seconds=60, now=NOW)
    with ThreadPoolExecutor(1) as pool, state.write(epoch):
        assert pool.submit(take, state, "beta").result(10) is None
        pool.submit(give_back, state, "beta").result(10)
    state.close()


def test_of_many_threads_never_two_have_the_host_and_each_gets_it(new_state: Callable[[], str]) -> None:
    url = new_state()
    open_state(url).close()
    guard, holders, most, rounds = threading.Lock(), [0], [0], 8

    def work(number: int) -> int:
        state, owner, had = open_state(url), f"owner{number}", 0
        end = time.monotonic() + 60
        while had < rounds and time.monotonic() < end:
            if take(state, owner, gap=0.0) is not None:
                time.sleep(0.002)
                continue
            with guard:
                holders[0] += 1
                most[0] = max(most[0], holders[0])
            time.sleep(0.002)
            with guard:
                holders[0] -= 1
            give_back(state, owner)
            had += 1
        state.close()
        return had

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == [rounds] * 6
    assert most == [1]


def test_the_clock_is_the_servers_own_or_this_machines(state: State) -> None:
    before = time.time()
    with state.read() as connection:
        moment = connection.execute(sa.select(hosts.moment(connection))).scalar_one()
    assert isinstance(moment, float)
    assert before - 1 <= moment <= time.time() + 1
