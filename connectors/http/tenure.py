"""One host's time with this process, where several processes ask hosts and agree that no two ask one at once."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from newsbeam.connectors.http.failures import HostTaken

SHORTEST, LONGEST = 0.05, 1.0
"""Seconds between two askings for a host that another process has; each pause is twice the one before."""
LEASE = 2.0
"""A host is taken for so many times `fetch.deadline`: whoever has begun in time has ended long before."""
TERM = 1 / 6
"""The share of `fetch.deadline` after which none begins any more, so that the others get their turn."""


class Tenure(Protocol):
    """Which process has a host, agreed on with the others. Errors are those of what it is kept in."""

    async def take(self, host: str, *, seconds: float, gap: float) -> float | None:
        """None: the host is this process's for so many seconds. Else: how long to wait, 0 where nobody can say.

        gap: seconds in which no other may begin if this process is never heard of again.
        """

    async def give_back(self, host: str, *, gap: float) -> None:
        """Others may have the host; they begin after so many seconds at the earliest."""


class Stay:
    """A host with this process: taken before the first of its requests, given back after the last in flight.

    Requests are let in one after the other; they may end at any time.
    """

    def __init__(self, tenure: Tenure, host: str, *, deadline: float, clock: Callable[[], float]) -> None:
        self._tenure = tenure
        self._host = host
        self._lease = deadline * LEASE
        self._term = deadline * TERM
        self._clock = clock
        self._requests = 0
        self._until = 0.0
        self._refused: float | None = None
        self._pause = SHORTEST
        self._vacant = asyncio.Event()
        self._vacant.set()
        self._giving: asyncio.Task[None] | None = None

    @property
    def vacant(self) -> bool:
        """Whether the host is not this process's."""
        return self._vacant.is_set()

    async def ready(self) -> None:
        """Returns when `enter` can say something: after the end of a term those in flight must end first."""
        if not self._open():
            await self._vacant.wait()

    async def enter(self, *, came: float, delay: float) -> float | None:
        """None: one more request of this process may begin now. Else: seconds to wait before the next asking.

        came: when the request did. delay: seconds between two starts.

        Raises:
            HostTaken: another process has had the host for as long as the lease of a dead one can last.
        """
        if self._open():
            self._requests += 1
            return None
        if not self.vacant:
            return 0.0
        asked = self._clock()
        wait = await self._asked(self._term + delay)
        if wait is None:
            self._requests, self._until = 1, asked + self._term
            self._vacant.clear()
        if wait is None or wait > 0:  # the host's own pace is not another's doing
            self._refused, self._pause = None, SHORTEST
            return wait
        now = self._clock()
        self._refused = now if self._refused is None else self._refused
        if now - max(came, self._refused) >= self._lease:
            raise HostTaken(f"other workers asked {self._host} for {self._lease:g} s", retry_after=self._lease)
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST)
        return pause

    async def leave(self, *, gap: float) -> None:
        """The end of a request. After the last one others may have the host, in `gap` seconds at the earliest."""
        self._requests -= 1
        if self._requests:
            return
        self._giving = asyncio.create_task(self._give_back(gap))
        # Shielded: who is cancelled must not keep the host from the others.
        await asyncio.shield(self._giving)

    def _open(self) -> bool:
        return self._requests > 0 and self._clock() < self._until

    async def _asked(self, gap: float) -> float | None:
        asking = asyncio.ensure_future(self._tenure.take(self._host, seconds=self._lease, gap=gap))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            # What was asked cannot be called back: if it is granted, nobody is there to use it.
            await asyncio.wait({asking})
            if not asking.cancelled() and asking.exception() is None and asking.result() is None:
                await self._tenure.give_back(self._host, gap=0.0)
            raise

    async def _give_back(self, gap: float) -> None:
        try:
            await self._tenure.give_back(self._host, gap=gap)
        finally:
            self._vacant.set()
