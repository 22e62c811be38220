"""The fetch stage: entries of a host in, its pages out as they come, failures and refusals aside."""

import asyncio
import datetime
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection, TaggedOutput

from newsbeam import times
from newsbeam.connectors.http.client import FetchFailed
from newsbeam.connectors.http.fetcher import Fetcher, HostDisabled, RobotsDisallowed
from newsbeam.connectors.http.loop import background
from newsbeam.pipelines import progress, stopping
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages.answers import retry_moment
from newsbeam.pipelines.stages.flights import Flights, Place, failure
from newsbeam.records import Entry, Page, Rejected, Skipped
from newsbeam.reserving import refusing

SETTLED: Final = "settled"
NOT_THERE: Final = frozenset(("http_error", "gone"))
"""Reasons for which the feed's own content may stand for the page: the server lives, and has none for us."""
_HOSTS_AT_ONCE = 256
_PAGES_WAITING = 64


class Fetched(NamedTuple):
    """What the stage gives back."""

    pages: PCollection[Page]
    settled: PCollection[Rejected | Skipped]


class FetchPages(beam.PTransform[PCollection[tuple[str, Entry]], Fetched]):
    """Fetch the page of each entry; one host's entries are asked for from one worker only."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, entries: PCollection[tuple[str, Entry]]) -> Fetched:
        out = (
            entries
            | "ByHost" >> beam.GroupByKey()
            | "Fetch" >> beam.ParDo(_FetchHosts(self._job)).with_outputs(SETTLED, main="pages")
        )
        return Fetched(out["pages"], out[SETTLED])


class _FetchHosts(beam.DoFn):
    """One coroutine a host, many hosts at a time; pages are handed on in the DoFn's thread as they land.

    A stream begins no request once a bundle has lasted as long as a window: later windows wait for this one. What it
    has not come to is given back to the state.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._flights: Flights[Page | Rejected | Skipped]
        self._room: asyncio.Semaphore
        self._until: float | None
        self._unbegun: list[str]
        self._pages = Metrics.counter("fetch", "pages")
        self._failed = Metrics.counter("fetch", "failed")
        self._bytes = Metrics.distribution("fetch", "body_bytes")

    def start_bundle(self) -> None:
        self._flights = Flights()
        self._room = asyncio.Semaphore(_PAGES_WAITING)
        self._until = time.monotonic() + self._job.settings.stream.window if self._job.endless else None
        self._unbegun = []

    def process(
        self,
        host_entries: tuple[str, Iterable[Entry]],
        window: Any = beam.DoFn.WindowParam,
        timestamp: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[Page | TaggedOutput[Literal["settled"], Rejected | Skipped]]:
        yield from self._take(until=_HOSTS_AT_ONCE)
        if stopping.requested():
            return
        self._flights.start()
        entries = sorted(host_entries[1], key=lambda entry: entry.key)
        fetcher, place = self._job.fetcher(), Place(window, timestamp)
        running = fetcher.submit(self._fetch_host(fetcher, entries, place))
        flights = self._flights
        running.add_done_callback(lambda done: flights.close(failure(done)))

    def finish_bundle(self) -> Iterator[Any]:
        yield from self._take(until=0)
        if self._unbegun:
            self._job.state().give_back(self._unbegun, epoch=self._job.epoch)

    def _take(self, *, until: int) -> Iterator[Any]:
        for place, result in self._flights.take(until=until):
            background().loop.call_soon_threadsafe(self._room.release)
            if isinstance(result, Page):
                self._pages.inc()
                self._bytes.update(len(result.body))
                progress.count("fetched")
                yield place.stamp(result)
            else:
                self._failed.inc()
                yield TaggedOutput(SETTLED, place.stamp(result))

    async def _fetch_host(self, fetcher: Fetcher, entries: list[Entry], place: Place) -> None:
        """Fetch one host's entries, as many at a time as its settings allow; order and pace are the gate's."""
        waiting = iter(entries)

        async def lane() -> None:
            for entry in waiting:
                if stopping.requested():
                    return
                if self._until is not None and time.monotonic() >= self._until:
                    self._unbegun.append(entry.key)
                    continue
                result = await self._fetch(fetcher, entry)
                await self._room.acquire()
                self._flights.land(place, result)

        await asyncio.gather(*(lane() for _ in range(self._job.host_connections(entries[0].url or ""))))

    async def _fetch(self, fetcher: Fetcher, entry: Entry) -> Page | Rejected | Skipped:
        assert entry.url is not None  # entries without an address go another way
        try:
            answer = await fetcher.get(entry.url, kind="page")
        except RobotsDisallowed:
            return Skipped(origin=entry.origin, reason="robots")
        except HostDisabled:
            return Skipped(origin=entry.origin, reason="disabled")
        except FetchFailed as error:
            row = _rejected(entry, error, self._job.settings.fetch.retry_later)
            return _told_by_feed(entry, row) or row
        return Page(
            url=answer.url,
            body=answer.body,
            charset=answer.charset,
            fetched_at=answer.fetched_at,
            origin=entry.origin,
            entry=entry,
            headers=(*answer.received, *refusing(answer.refused)),
        )


def _told_by_feed(entry: Entry, row: Rejected) -> Page | None:
    """A page without a body that goes on to be read from what the feed carries; None where that is out of the question.

    Whether it is more than a teaser is for the process that parses it to say, and the row comes back if not.
    """
    if row.reason not in NOT_THERE or not entry.content or entry.url is None:
        return None
    return Page(
        url=entry.url,
        body=b"",
        fetched_at=row.last_seen,
        origin=entry.origin,
        entry=entry,
        headers=(("X-Archive-Orig-Status", row.detail),),
        refused=row,
    )


def _rejected(entry: Entry, failure: FetchFailed, later: float) -> Rejected:
    now = datetime.datetime.now(datetime.UTC)
    return Rejected(
        origin=entry.origin,
        url=entry.url,
        feed_url=entry.feed_url,
        stage="fetch",
        reason=failure.reason,
        detail=failure.detail[:500],
        attempts=failure.attempts,
        first_seen=entry.first_seen or times.utc(now),
        last_seen=times.utc(now),
        retry_at=retry_moment(failure, now, later),
    )
