"""How long one request may take: in all, and without a byte."""

import asyncio
import time
from types import TracebackType

from newsbeam.config.tables import Fetch
from newsbeam.connectors.http.connector import Departure

TICK = 0.1
"""Seconds between two looks at the requests in flight: no limit is kept closer than that."""


class Watch:
    """Looks at the requests in flight, all at once, as long as there are any. Used on one event loop.

    A timer for each, moved at each sign of life, would cost a tenth of what a page costs in all.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: set[TimeLimits] = set()
        self.looking = False

    def add(self, one: "TimeLimits") -> None:
        """Begin to look at it."""
        self._running.add(one)
        if not self.looking:
            self.looking = True
            self._loop.call_later(TICK, self._look)

    def remove(self, one: "TimeLimits") -> None:
        """Look at it no longer."""
        self._running.discard(one)

    def _look(self) -> None:
        now = time.monotonic()
        for one in self._running:
            one.judge(now)
        self.looking = bool(self._running)
        if self.looking:
            self._loop.call_later(TICK, self._look)


class TimeLimits:
    """`with` it around a request, and tell it of each sign of life. Its TimeoutError names what is over.

    What is over is cancelled, as by asyncio.Timeout, which has no way to be looked at from outside.
    seconds: in all. The idle time counts from when the request leaves; the head of an answer is one sign of life,
    however it drips.
    """

    __slots__ = ("_before", "_ends", "_fetch", "_idle", "_over", "_passage", "_task", "_watch")

    def __init__(self, passage: Departure, fetch: Fetch, *, seconds: float, watch: Watch) -> None:
        self._passage = passage
        self._fetch = fetch
        self._watch = watch
        now = time.monotonic()
        self._ends = now + seconds
        # The connector watches over its own time.
        self._idle = now + max(fetch.connect_timeout, fetch.idle_timeout)
        self._over = False

    def left(self, *, reused: bool) -> None:
        """The request goes out: the gate is told, and the server's silence counts from now."""
        self._passage.left(reused=reused)
        self.seen()

    def seen(self) -> None:
        """Something came."""
        self._idle = time.monotonic() + self._fetch.idle_timeout

    def judge(self, now: float) -> None:
        """End the request if a limit is over."""
        if (now >= self._idle or now >= self._ends) and not self._over:
            self._over = True
            self._task.cancel()

    def __enter__(self) -> "TimeLimits":
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._before = task.cancelling()
        self._watch.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watch.remove(self)
        # Another's wish that the task should end counts more than ours.
        if self._over and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            if self._ends <= self._idle:
                raise TimeoutError(f"no complete answer within {self._fetch.deadline:g} s (fetch.deadline)") from None
            raise TimeoutError(f"nothing for {self._fetch.idle_timeout:g} s (fetch.idle_timeout)") from None
