"""What ends a request: its own limits, told by name, or the wish of another, which stays what it is."""

import asyncio
from collections.abc import Callable

import pytest

from newsbeam.config.tables import Fetch
from newsbeam.connectors.http.time_limits import TICK, TimeLimits, Watch


class Gate:
    """Knows nothing of when a request leaves."""

    def left(self, *, reused: bool) -> None:
        pass


async def request(
    watch: Watch, seconds: float, *, lasts: float, told: Callable[[str], None], deadline: float = 60.0
) -> None:
    """A request that takes so long, and says how it ended."""
    with TimeLimits(Gate(), Fetch(deadline=deadline), seconds=seconds, watch=watch):
        try:
            await asyncio.sleep(lasts)
        except asyncio.CancelledError:
            told("cancelled")
            raise


def test_what_is_over_is_cancelled_and_named() -> None:
    async def main() -> None:
        told: list[str] = []
        with pytest.raises(TimeoutError, match=r"within 9 s \(fetch.deadline\)"):
            await request(Watch(), 2 * TICK, lasts=30, told=told.append, deadline=9.0)
        assert told == ["cancelled"]

    asyncio.run(main())


def test_the_wish_of_another_is_no_timeout() -> None:
    async def main() -> None:
        told: list[str] = []
        task = asyncio.create_task(request(Watch(), 30, lasts=30, told=told.append))
        await asyncio.sleep(TICK)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert told == ["cancelled"]

    asyncio.run(main())


def test_the_wish_of_another_counts_more_than_a_limit_that_is_over() -> None:
    async def main() -> None:
        watch, told = Watch(), list[str]()

        def other(word: str) -> None:
            told.append(word)
            task.cancel()

        task = asyncio.create_task(request(watch, TICK, lasts=30, told=other))
        with pytest.raises(asyncio.CancelledError):
            await task
        assert told == ["cancelled"]

    asyncio.run(main())


def test_many_are_looked_at_together_and_only_while_there_are_any() -> None:
    async def main() -> None:
        watch, told = Watch(), list[str]()
        short = [request(watch, 2 * TICK, lasts=30, told=told.append) for _ in range(50)]
        ended = await asyncio.gather(
            *short, *(request(watch, 30, lasts=TICK, told=told.append) for _ in range(50)), return_exceptions=True
        )
        assert [type(one) for one in ended] == [TimeoutError] * 50 + [type(None)] * 50
        await asyncio.sleep(2 * TICK)
        assert not watch.looking

    asyncio.run(main())
