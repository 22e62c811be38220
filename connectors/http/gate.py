"""The one gate of the process: how many requests are in flight, to a host and in all, and the gap between starts.

Polls, robots.txt and pages pass it alike. Its figures live on one event loop, so no lock is needed. Where several
processes fetch, each has its gate, and a host's first request in flight takes the host from the others (tenure.py).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from types import TracebackType

from newsbeam.config.tables import Fetch, Host
from newsbeam.connectors.http import politeness
from newsbeam.connectors.http.failures import FetchFailed, Foreseen, passing
from newsbeam.connectors.http.politeness import Manners
from newsbeam.connectors.http.tenure import Stay, Tenure

PRUNE_AT = 20_000
"""Hosts that are remembered before those at rest are forgotten."""


class _Place:
    """What the gate knows of one host. Moments are of the loop's clock."""

    __slots__ = (
        "down",
        "down_until",
        "in_flight",
        "last",
        "manners",
        "paused_until",
        "refusals",
        "starting",
        "stay",
        "unreached",
        "unreached_since",
        "waiting",
    )

    def __init__(self, manners: Manners, stay: Stay | None) -> None:
        self.manners = manners
        self.stay = stay
        self.in_flight = 0
        self.starting = False
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.last: float | None = None
        self.paused_until = 0.0
        self.refusals = 0
        self.unreached = 0
        self.unreached_since = 0.0
        self.down_until = 0.0
        self.down: FetchFailed | None = None

    def open(self) -> bool:
        # Starts of a host go one after the other, so that each sees when the one before it left.
        return not self.starting and self.in_flight < self.manners.connections

    def take(self) -> None:
        self.starting = True
        self.in_flight += 1

    def give_back(self) -> None:
        """Undo a start that did not come to pass."""
        self.starting = False
        self.in_flight -= 1
        self.admit()

    def admit(self) -> None:
        """Give the next start to the first who waits, if there is room. It is taken here, so none can slip in."""
        while self.waiting and self.open():
            first = self.waiting.popleft()
            if not first.done():
                self.take()
                first.set_result(None)

    def at_rest(self, now: float) -> bool:
        free = not self.in_flight and not self.starting and not self.waiting and (not self.stay or self.stay.vacant)
        next_start = politeness.earliest(self.last, delay=self.manners.delay, paused_until=self.paused_until)
        return free and now > max(next_start, self.down_until) and not self.refusals and not self.unreached


class Gate:
    """Grants starts in the order asked, host by host. tenure: what is agreed with other processes, if anything."""

    def __init__(
        self,
        fetch: Fetch,
        hosts: Mapping[str, Host],
        *,
        clock: Callable[[], float] | None = None,
        tenure: Tenure | None = None,
    ) -> None:
        self._fetch = fetch
        self._hosts = hosts
        self._clock = clock or asyncio.get_running_loop().time
        self._tenure = tenure
        self._free = asyncio.Semaphore(fetch.connections)
        self._places: dict[str, _Place] = {}

    def passage(self, host: str) -> "Passage":
        """A start to be waited for: `async with gate.passage(host)`."""
        return Passage(self, self._place(host))

    def slow(self, host: str, crawl_delay: float | None) -> None:
        """Take over the Crawl-delay of the host's robots.txt."""
        place = self._place(host)
        place.manners = politeness.with_crawl_delay(place.manners, crawl_delay, longest=self._fetch.retry_after)

    def refused(self, host: str, asked: float | None) -> None:
        """The host answered 429 or 503: all its requests wait, and after many in a row none is sent for a while.

        Answers to what had left before the pause began are not counted again.
        """
        place, now = self._place(host), self._clock()
        if now >= place.paused_until:
            place.refusals += 1
        held = politeness.pause(place.refusals, asked, wait=self._fetch.retry_wait, longest=self._fetch.retry_after)
        place.paused_until = max(place.paused_until, now + held)
        if place.refusals >= politeness.GIVEN_UP:
            place.down_until = max(place.down_until, now + max(asked or 0.0, politeness.DOWN_FOR))
            place.down = passing("unavailable", f"{place.refusals} answers of 429 or 503 in a row from {host}")

    def unreached(self, host: str, failure: FetchFailed) -> None:
        """No connection to the host came about. After as many as one request has tries it is left alone for a while.

        Those of one moment count as one: many requests at once would else leave no second chance.
        """
        place, now = self._place(host), self._clock()
        if not place.unreached:
            place.unreached_since = now
        place.unreached += 1
        if place.unreached >= self._fetch.tries and now - place.unreached_since >= self._fetch.retry_wait:
            place.unreached = 0
            place.down_until = now + politeness.DOWN_FOR
            place.down = passing(failure.reason, f"{host} could not be reached lately: {failure.detail}")

    def reached(self, host: str) -> None:
        """The host answered."""
        place = self._place(host)
        place.refusals = 0
        place.unreached = 0

    def require_up(self, host: str) -> None:
        """Raises Foreseen for a host that is left alone; nothing for any other."""
        place = self._places.get(host)
        if place is not None:
            self._require_up(place)

    def _require_up(self, place: _Place) -> None:
        if place.down is None:
            return
        left = place.down_until - self._clock()
        if left <= 0:
            place.down = None
            return
        asked = left if place.down.reason == "unavailable" else None
        raise Foreseen(place.down.reason, place.down.detail, transient=True, retry_after=asked)

    def _place(self, host: str) -> _Place:
        place = self._places.get(host)
        if place is None:
            if len(self._places) >= PRUNE_AT:
                now = self._clock()
                self._places = {name: one for name, one in self._places.items() if not one.at_rest(now)}
            place = _Place(politeness.manners(host, self._fetch, self._hosts), self._stay(host))
            self._places[host] = place
        return place

    def _stay(self, host: str) -> Stay | None:
        if self._tenure is None:
            return None
        return Stay(self._tenure, host, deadline=self._fetch.deadline, clock=self._clock)

    async def _start(self, place: _Place) -> None:
        """Wait for a start at the host; holds one of its places and one of all.

        Raises:
            Foreseen: the host is left alone, or has come to be while waiting, or another process does not let go of it.
        """
        came = self._clock()
        if place.waiting or not place.open():
            turn = asyncio.get_running_loop().create_future()
            place.waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    place.give_back()
                raise
        else:
            place.take()
        try:
            await self._approach(place, came)
        except BaseException:
            place.give_back()
            raise
        place.last = self._clock()
        place.starting = False
        place.admit()

    async def _approach(self, place: _Place, came: float) -> None:
        """Wait until the host may be asked, and take one of all places."""
        while True:
            self._require_up(place)
            while (wait := self._next(place) - self._clock()) > 0:
                await asyncio.sleep(wait)
                self._require_up(place)
            if place.stay is None:
                await self._free.acquire()
                return
            # Taken last, so that no other process waits for a host whose request has no place here.
            await place.stay.ready()
            await self._free.acquire()
            try:
                refused = await place.stay.enter(came=came, delay=place.manners.delay)
            except BaseException:
                self._free.release()
                raise
            if refused is None:
                return
            self._free.release()
            await asyncio.sleep(refused)

    def _next(self, place: _Place) -> float:
        return politeness.earliest(place.last, delay=place.manners.delay, paused_until=place.paused_until)

    def _end(self, place: _Place) -> None:
        place.in_flight -= 1
        self._free.release()
        place.admit()

    async def _leave(self, place: _Place, stay: Stay) -> None:
        await stay.leave(gap=max(self._next(place) - self._clock(), 0.0))


class Passage:
    """One request's time inside the gate.

    reused: whether it went over a connection that had served before. sent: whether it left at all.
    """

    __slots__ = ("_gate", "_place", "reused", "sent")

    def __init__(self, gate: Gate, place: _Place) -> None:
        self._gate = gate
        self._place = place
        self.reused = False
        self.sent = False

    async def __aenter__(self) -> "Passage":
        await self._gate._start(self._place)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gate._end(self._place)
        if self._place.stay is not None:
            await self._gate._leave(self._place, self._place.stay)

    def left(self, *, reused: bool) -> None:
        """The connection stands and the request goes out: the gap to the next one counts from now.

        A connection takes its time, and a server sees the moments of the requests, not those of our starts.
        """
        self.reused = reused
        self.sent = True
        self._place.last = self._gate._clock()
