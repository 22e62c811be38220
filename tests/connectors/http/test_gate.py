"""The gate under a clock that jumps: no test waits, and every figure is exact."""

import asyncio
import itertools
import selectors
from collections.abc import Coroutine
from typing import Any

import pytest

from newsbeam.config.tables import Fetch, Host
from newsbeam.connectors.http import politeness
from newsbeam.connectors.http.failures import Foreseen, passing
from newsbeam.connectors.http.gate import Gate


class _Jump(selectors.SelectSelector):
    """Instead of sleeping, moves the clock on."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += timeout or 0.0
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jump = _Jump()
        super().__init__(self.jump)

    def time(self) -> float:
        return self.jump.now


def run(work: Coroutine[Any, Any, Any]) -> Any:
    loop = _Loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


class Record:
    """Starts per host and the most requests at one time, as a server would count them."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.starts: dict[str, list[float]] = {}
        self.flying: dict[str, int] = {}
        self.most: dict[str, int] = {}

    async def request(self, host: str, *, lasts: float, connects: float = 0.0) -> None:
        clock = asyncio.get_running_loop().time
        async with self.gate.passage(host) as passage:
            await asyncio.sleep(connects)
            passage.left(reused=False)
            self.starts.setdefault(host, []).append(clock())
            for key in (host, "all"):
                self.flying[key] = self.flying.get(key, 0) + 1
                self.most[key] = max(self.most.get(key, 0), self.flying[key])
            try:
                await asyncio.sleep(lasts)
            finally:
                for key in (host, "all"):
                    self.flying[key] -= 1

    def gaps(self, host: str) -> list[float]:
        starts = self.starts[host]
        return [b - a for a, b in itertools.pairwise(starts)]


def test_starts_of_a_host_keep_the_delay_and_one_goes_at_a_time() -> None:
    async def work() -> None:
        record = Record(Gate(Fetch(host_delay=1.0, host_connections=1), {}))
        await asyncio.gather(*(record.request("a", lasts=lasts) for lasts in (0.1, 3.0, 0.1, 0.1, 0.1)))
        assert record.most["a"] == 1
        assert record.gaps("a") == pytest.approx([1.0, 3.0, 1.0, 1.0])

    run(work())


def test_the_gap_counts_from_the_moment_the_request_left() -> None:
    async def work() -> None:
        record = Record(Gate(Fetch(host_delay=1.0, host_connections=4), {}))
        await asyncio.gather(*(record.request("a", lasts=0.1, connects=wait) for wait in (0.4, 0.4, 0.0, 0.0)))
        assert min(record.gaps("a")) >= 1.0 - 1e-9

    run(work())


def test_connections_of_a_host_and_of_all_are_bounded() -> None:
    async def work() -> None:
        fetch = Fetch(host_delay=0.0, host_connections=3, connections=5)
        record = Record(Gate(fetch, {"b": Host(connections=1)}))
        jobs = [record.request(host, lasts=1.0) for _ in range(12) for host in "abc"]
        await asyncio.gather(*jobs)
        assert record.most["all"] == 5
        assert record.most["b"] == 1
        assert 2 <= record.most["a"] <= 3
        assert sum(map(len, record.starts.values())) == 36

    run(work())


def test_a_host_that_waits_holds_up_no_other() -> None:
    async def work() -> None:
        clock = asyncio.get_running_loop().time
        record = Record(Gate(Fetch(host_delay=100.0, connections=2), {"b": Host(delay=0.0)}))
        begun = clock()
        slow = [asyncio.create_task(record.request("a", lasts=0.1)) for _ in range(5)]
        await asyncio.sleep(0.5)
        await asyncio.gather(*(record.request("b", lasts=0.1) for _ in range(20)))
        assert clock() - begun < 5
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)

    run(work())


def test_those_who_give_up_take_no_place_with_them() -> None:
    async def work() -> None:
        record = Record(Gate(Fetch(host_delay=1.0, host_connections=2, connections=2), {}))
        tasks = [asyncio.create_task(record.request("a", lasts=2.0)) for _ in range(20)]
        for n in (0, 3, 4, 7, 11, 12, 13):
            await asyncio.sleep(0.7)
            tasks[n].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await record.request("a", lasts=0.0)
        assert record.most["a"] <= 2
        assert min(record.gaps("a")) >= 1.0 - 1e-9
        assert record.gate._places["a"].in_flight == 0
        assert record.gate._free._value == 2

    run(work())


def test_a_refusal_pauses_the_host() -> None:
    async def work() -> None:
        gate = Gate(Fetch(host_delay=0.0, retry_wait=1.0), {})
        record = Record(gate)
        await record.request("a", lasts=0.0)
        gate.refused("a", 7.0)
        gate.refused("a", None)
        await record.request("a", lasts=0.0)
        gate.refused("a", 86_400.0)
        await record.request("a", lasts=0.0)
        assert record.gaps("a") == pytest.approx([7.0, 2.0])
        gate.require_up("a")

    run(work())


def test_many_refusals_in_a_row_close_the_host_for_a_while() -> None:
    async def work() -> None:
        gate = Gate(Fetch(host_delay=0.0, retry_wait=1.0), {})
        for _ in range(politeness.GIVEN_UP):
            gate.require_up("a")
            gate.refused("a", None)
            await asyncio.sleep(61)
        with pytest.raises(Foreseen) as caught:
            gate.require_up("a")
        assert (caught.value.reason, caught.value.transient) == ("unavailable", True)
        assert caught.value.retry_after == pytest.approx(politeness.DOWN_FOR - 61)
        gate.require_up("b")
        await asyncio.sleep(politeness.DOWN_FOR)
        gate.require_up("a")

    run(work())


def test_a_good_answer_between_refusals_starts_the_count_anew() -> None:
    async def work() -> None:
        gate = Gate(Fetch(host_delay=0.0, retry_wait=1.0), {})
        for _ in range(politeness.GIVEN_UP * 3):
            gate.refused("a", None)
            await asyncio.sleep(61)
            gate.reached("a")
        gate.require_up("a")

    run(work())


def test_a_host_without_connections_is_left_alone_after_as_many_tries() -> None:
    async def work() -> None:
        gate = Gate(Fetch(tries=3, retry_wait=1.0), {})
        lost = passing("connection_failed", "refused")
        for _ in range(10):
            gate.unreached("a", lost)
        gate.require_up("a")
        await asyncio.sleep(1.5)
        gate.unreached("a", lost)
        with pytest.raises(Foreseen) as caught:
            gate.require_up("a")
        assert (caught.value.reason, caught.value.retry_after) == ("connection_failed", None)

    run(work())


def test_those_who_wait_learn_at_once_that_the_host_is_left_alone() -> None:
    async def work() -> None:
        clock = asyncio.get_running_loop().time
        gate = Gate(Fetch(host_delay=1.0, tries=1, retry_wait=0.0), {})
        record = Record(gate)
        tasks = [asyncio.create_task(record.request("a", lasts=0.1)) for _ in range(100)]
        await asyncio.sleep(2.5)
        gate.unreached("a", passing("timeout", "no answer"))
        begun = clock()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert clock() - begun <= 1.0
        assert len(record.starts["a"]) == 3
        assert sum(isinstance(result, Foreseen) for result in results) == 97
        assert gate._places["a"].in_flight == 0

    run(work())


def test_a_crawl_delay_holds_from_then_on() -> None:
    async def work() -> None:
        gate = Gate(Fetch(host_delay=1.0), {})
        gate.slow("a", 5.0)
        record = Record(gate)
        await asyncio.gather(*(record.request("a", lasts=0.0) for _ in range(3)))
        assert record.gaps("a") == pytest.approx([5.0, 5.0])

    run(work())


def test_hosts_at_rest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsbeam.connectors.http.gate.PRUNE_AT", 50)

    async def work() -> None:
        record = Record(Gate(Fetch(host_delay=0.5), {}))
        for n in range(400):
            await record.request(f"host{n}", lasts=0.1)
        assert len(record.gate._places) <= 50

    run(work())
