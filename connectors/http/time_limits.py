"""How long one request may take: in all, and without a byte."""

import asyncio
from types import TracebackType

from newsbeam.config.tables import Fetch
from newsbeam.connectors.http.connector import Departure

SLACK = 0.1
"""So much of the idle time a sign of life may be old before the timer is moved for the next one."""


class TimeLimits:
    """`async with` it around a request, and tell it of each sign of life. Its TimeoutError names what is over.

    One timer, moved seldom: aiohttp's own costs a new one for each read, a fifteenth of what a page costs in all.
    seconds: in all. The idle time counts from when the request leaves and is kept to within a tenth; the head of an
    answer is one sign of life, however it drips.
    """

    __slots__ = ("_clock", "_ends", "_fetch", "_passage", "_timer", "_when")

    def __init__(self, passage: Departure, fetch: Fetch, *, seconds: float) -> None:
        self._passage = passage
        self._fetch = fetch
        self._clock = asyncio.get_running_loop().time
        now = self._clock()
        self._ends = now + seconds
        # The connector watches over its own time.
        self._when = min(self._ends, now + max(fetch.connect_timeout, fetch.idle_timeout))
        self._timer = asyncio.timeout_at(self._when)

    def left(self, *, reused: bool) -> None:
        """The request goes out: the gate is told, and the server's silence counts from now."""
        self._passage.left(reused=reused)
        self.seen()

    def seen(self) -> None:
        """Something came."""
        idle = self._fetch.idle_timeout
        when = min(self._ends, self._clock() + idle)
        if when != self._when and (when == self._ends or abs(when - self._when) > idle * SLACK):
            self._when = when
            self._timer.reschedule(when)

    async def __aenter__(self) -> "TimeLimits":
        await self._timer.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timer.__aexit__(kind, error, trace)
        except TimeoutError:
            if self._when == self._ends:
                raise TimeoutError(f"no complete answer within {self._fetch.deadline:g} s (fetch.deadline)") from None
            raise TimeoutError(f"nothing for {self._fetch.idle_timeout:g} s (fetch.idle_timeout)") from None
