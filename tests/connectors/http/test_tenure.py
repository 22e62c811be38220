"""Gates of processes that share hosts, under the clock of test_gate.py: no test waits, every figure is exact."""

import asyncio
from typing import Any

import pytest

from newsbeam.config.tables import Fetch, Host
from newsbeam.connectors.http import tenure
from newsbeam.connectors.http.failures import FetchFailed, Foreseen, HostTaken
from newsbeam.connectors.http.gate import Gate
from newsbeam.connectors.http.guard import Guard
from newsbeam.connectors.http.robots_cache import RobotsCache
from newsbeam.connectors.http.targets import target
from newsbeam.connectors.state.errors import StateError
from newsbeam.connectors.state.hosts import PROMISED
from tests.connectors.http.test_gate import Record, run

Held = tuple[str | None, float, float]


class Agreement:
    """What the state keeps, in memory: (owner, until, next start) of each host, and who is promised it until when.

    calls: (what, owner, host).
    """

    def __init__(self) -> None:
        self.hosts: dict[str, Held] = {}
        self.promised: dict[str, tuple[str, float]] = {}
        self.calls: list[tuple[str, str, str]] = []

    def of(self, owner: str, **more: Any) -> "Member":
        return Member(self, owner, **more)


class Member:
    """One process's side of it. takes: seconds that the database takes to answer."""

    def __init__(self, agreement: Agreement, owner: str, *, takes: float = 0.0) -> None:
        self.agreement, self.owner, self.takes = agreement, owner, takes
        self.broken = False

    async def take(self, host: str, *, seconds: float, gap: float) -> float | None:
        self.agreement.calls.append(("take", self.owner, host))
        await asyncio.sleep(self.takes)
        if self.broken:
            raise StateError("the state cannot be used")
        now = asyncio.get_running_loop().time()
        owner, until, next_start = self.agreement.hosts.get(host, (None, 0.0, 0.0))
        free = owner in (None, self.owner) or until <= now
        first, lapses = self.agreement.promised.get(host, (self.owner, 0.0))
        if first != self.owner and lapses <= now:
            first = self.owner
        if free and next_start <= now and first == self.owner:
            self.agreement.promised.pop(host, None)
            self.agreement.hosts[host] = (self.owner, now + seconds, now + gap)
            return None
        wait = max(next_start - now, 0.0) if free else 0.0
        if first == self.owner:
            self.agreement.promised[host] = (self.owner, now + wait + PROMISED)
        return wait

    async def give_back(self, host: str, *, gap: float) -> None:
        self.agreement.calls.append(("give_back", self.owner, host))
        await asyncio.sleep(self.takes)
        if self.broken:
            raise StateError("the state cannot be used")
        if self.agreement.hosts[host][0] == self.owner:
            self.agreement.hosts[host] = (None, 0.0, asyncio.get_running_loop().time() + gap)

    def gate(self, *, hosts: dict[str, Host] | None = None, **settings: Any) -> Gate:
        return Gate(Fetch(**settings), hosts or {}, tenure=self)


def two(agreement: Agreement, **settings: Any) -> tuple[Record, Record]:
    """Two processes that fetch, whose starts and flights a server counts in one record."""
    one, other = (Record(agreement.of(owner).gate(**settings)) for owner in ("alpha", "beta"))
    other.starts, other.flying, other.most = one.starts, one.flying, one.most
    return one, other


def test_two_processes_never_ask_a_host_at_once_and_keep_the_gap_together() -> None:
    async def work() -> None:
        one, other = two(Agreement(), host_delay=1.0)
        lasts = (0.1, 3.0, 0.1, 0.3)
        await asyncio.gather(*(record.request("a", lasts=each) for each in lasts for record in (one, other)))
        assert one.most["a"] == 1
        assert len(one.starts["a"]) == 8
        assert min(one.gaps("a")) >= 1.0 - 1e-9

    run(work())


def test_a_process_may_use_its_connections_while_it_has_the_host() -> None:
    async def work() -> None:
        agreement = Agreement()
        one, other = two(agreement, host_delay=0.0, host_connections=4)
        both = Record(one.gate), Record(other.gate)
        jobs = [record.request("a", lasts=0.5 + n / 100) for record in both for n in range(8)]
        await asyncio.gather(*jobs)
        assert [record.most["a"] for record in both] == [4, 4]
        first, second = (record.starts["a"] for record in both)
        assert max(first) + 0.5 <= min(second) or max(second) + 0.5 <= min(first)
        granted = [call for call in agreement.calls if call[0] == "give_back"]
        assert len(granted) == 2, "it is given back when none is in flight, and not before"

    run(work())


def test_nobody_begins_after_a_term_so_that_the_other_gets_its_turn() -> None:
    async def work() -> None:
        clock = asyncio.get_running_loop().time
        one, other = two(Agreement(), host_delay=0.0, host_connections=2, deadline=30.0)
        begun = clock()
        many = [asyncio.create_task(one.request("a", lasts=0.7 + n % 2 / 10)) for n in range(200)]
        await asyncio.sleep(0.1)
        await other.request("a", lasts=0.1)
        assert clock() - begun <= 30.0 * tenure.TERM + 0.8 + tenure.LONGEST + 0.2
        await asyncio.gather(*many)
        assert one.most["a"] == 2

    run(work())


def test_a_crawl_delay_and_a_pause_of_one_process_hold_for_the_other() -> None:
    async def work() -> None:
        one, other = two(Agreement(), host_delay=0.0)
        one.gate.slow("a", 5.0)
        await one.request("a", lasts=0.0)
        await other.request("a", lasts=0.0)
        async with one.gate.passage("b") as passage:
            passage.left(reused=False)
            one.starts["b"] = [asyncio.get_running_loop().time()]
            one.gate.refused("b", 7.0)
        await other.request("b", lasts=0.0)
        assert one.gaps("a") == pytest.approx([5.0])
        assert one.gaps("b") == pytest.approx([7.0])

    run(work())


def test_a_request_waits_for_the_lease_of_a_dead_process_and_then_begins() -> None:
    async def work() -> None:
        agreement = Agreement()
        clock = asyncio.get_running_loop().time
        agreement.hosts["a"] = ("dead", clock() + 10.0 * tenure.LEASE - 0.1, 0.0)
        record, begun = Record(agreement.of("alpha").gate(deadline=10.0)), clock()
        await record.request("a", lasts=0.0)
        assert 19.9 <= clock() - begun <= 20.0 + tenure.LONGEST

    run(work())


def test_a_host_that_is_never_let_go_of_is_a_failure_that_a_later_run_mends() -> None:
    async def work() -> None:
        agreement = Agreement()
        clock = asyncio.get_running_loop().time
        agreement.hosts["a"] = ("other", float("inf"), 0.0)
        record, begun = Record(agreement.of("alpha").gate(deadline=10.0)), clock()
        results = await asyncio.gather(*(record.request("a", lasts=0.0) for _ in range(5)), return_exceptions=True)
        assert [type(result) for result in results] == [HostTaken] * 5
        failure = results[0]
        assert isinstance(failure, Foreseen)
        assert (failure.reason, failure.transient, failure.retry_after) == ("timeout", True, 20.0)
        assert "a for 20 s" in failure.detail
        assert clock() - begun <= 20.0 + 6 * tenure.LONGEST, "those who waited together give up together"
        place = record.gate._places["a"]
        assert (place.in_flight, place.starting, record.gate._free._value) == (0, False, Fetch().connections)
        agreement.hosts["a"] = (None, 0.0, 0.0)
        await record.request("a", lasts=0.0)

    run(work())


def test_a_known_pace_does_not_count_as_waiting_for_another_process() -> None:
    async def work() -> None:
        one, other = two(Agreement(), deadline=1.0, host_delay=50.0)
        await asyncio.gather(*(record.request("a", lasts=0.1) for record in (one, other, one, other)))
        assert one.gaps("a") == pytest.approx([50.0, 50.0, 50.0])

    run(work())


def test_those_who_wait_for_a_host_hold_up_no_other_host() -> None:
    async def work() -> None:
        agreement = Agreement()
        clock = asyncio.get_running_loop().time
        agreement.hosts["a"] = ("other", float("inf"), 0.0)
        record = Record(agreement.of("alpha").gate(host_delay=0.0, host_connections=8, connections=2))
        stuck = [asyncio.create_task(record.request("a", lasts=0.1)) for _ in range(8)]
        await asyncio.sleep(0.2)
        begun = clock()
        await asyncio.gather(*(record.request("b", lasts=0.1) for _ in range(20)))
        assert clock() - begun == pytest.approx(1.0)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)

    run(work())


def test_pauses_between_askings_grow_to_a_second() -> None:
    async def work() -> None:
        agreement = Agreement()
        agreement.hosts["a"] = ("other", float("inf"), 0.0)
        record = Record(agreement.of("alpha").gate(deadline=30.0))
        with pytest.raises(HostTaken):
            await record.request("a", lasts=0.0)
        assert 60 <= len(agreement.calls) <= 67

    run(work())


@pytest.mark.parametrize("moment", [0.1, 0.5, 0.9, 1.0, 1.05, 1.4, 1.6, 2.0, 2.3])
def test_who_gives_up_leaves_the_host_to_the_others(moment: float) -> None:
    async def work() -> None:
        agreement = Agreement()
        one = Record(agreement.of("alpha", takes=0.4).gate(host_delay=0.0))
        other = Record(agreement.of("beta").gate(host_delay=0.0))
        task = asyncio.create_task(one.request("a", lasts=1.0))
        await asyncio.sleep(moment)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(1.0)
        assert agreement.hosts["a"][0] is None
        await other.request("a", lasts=0.0)
        await one.request("a", lasts=0.0)
        assert one.gate._places["a"].in_flight == 0

    run(work())


def test_a_host_is_not_taken_again_before_it_was_given_back() -> None:
    async def work() -> None:
        agreement = Agreement()
        record = Record(agreement.of("alpha", takes=0.3).gate(host_delay=0.0))
        await asyncio.gather(*(record.request("a", lasts=0.1) for _ in range(4)))
        assert [what for what, _, _ in agreement.calls] == ["take", "give_back"] * 4

    run(work())


def test_a_state_that_cannot_be_used_is_raised_and_no_place_is_lost() -> None:
    async def work() -> None:
        member = Agreement().of("alpha")
        record = Record(member.gate(host_delay=0.0))
        member.broken = True
        with pytest.raises(StateError):
            await record.request("a", lasts=0.1)
        member.broken = False
        task = asyncio.create_task(record.request("a", lasts=0.1))
        await asyncio.sleep(0.05)
        member.broken = True
        with pytest.raises(StateError):
            await task
        member.broken = False
        await record.request("a", lasts=0.1)
        assert record.gate._places["a"].in_flight == 0
        assert record.gate._free._value == Fetch().connections

    run(work())


def test_hosts_at_rest_are_forgotten_only_when_they_were_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsbeam.connectors.http.gate.PRUNE_AT", 10)

    async def work() -> None:
        record = Record(Agreement().of("alpha", takes=5.0).gate(host_delay=0.5))
        jobs = [asyncio.create_task(record.request(f"host{n}", lasts=0.1)) for n in range(10)]
        await asyncio.sleep(8)
        assert not jobs[0].done(), "the answer is there, and the host is being given back"
        record.gate.passage("another")
        assert len(record.gate._places) == 11
        await asyncio.gather(*jobs)
        await asyncio.sleep(1)
        record.gate.passage("one more")
        assert len(record.gate._places) <= 2

    run(work())


class _Asked:
    """A client whose every document fails in the given way, or is `body`."""

    def __init__(self, *answers: FetchFailed) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def get(self, url: str, **more: Any) -> Any:
        self.asked += 1
        raise self.answers.pop(0)


def test_robots_txt_of_a_host_that_was_taken_is_asked_for_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        fetch = Fetch(tries=3)
        none = FetchFailed("http_error", "status 404", transient=False)
        client: Any = _Asked(HostTaken("taken", retry_after=60.0), none)
        gate = Gate(fetch, {})
        cache = RobotsCache(client=client, gate=gate, fetch=fetch, user_agent="newsbeam/0")
        at = target("http://a.example/page", Guard(()))
        with pytest.raises(Foreseen) as caught:
            await cache.require(at)
        assert (caught.value.reason, caught.value.retry_after, client.asked) == ("timeout", 60.0, 1)
        await cache.require(at)
        assert client.asked == 2

    run(work())
