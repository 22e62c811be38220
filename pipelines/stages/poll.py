"""The poll stage: feeds in, their new entries pending in the state, what went wrong aside."""

import datetime
import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection, TaggedOutput

from newsbeam import times, urls
from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.sources.feed import FeedBody, NotAFeed, ParsedFeed
from newsbeam.pipelines import progress, stopping
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.stages.failures import parse_reason
from newsbeam.pipelines.stages.flights import Flights, Place, failure
from newsbeam.records import Feed, Origin, Poll, Rejected, digest

SETTLED: Final = "settled"
_TARGET = "newsbeam.connectors.sources.feed:parse_body"


class Polled(NamedTuple):
    """What the stage gives back: one mark a poll, and rows that settle feeds as such."""

    marks: PCollection[str]
    settled: PCollection[Rejected | Origin]


class PollFeeds(beam.PTransform[PCollection[Tick], Polled]):
    """Poll the feeds that a tick allows, each host's in one place."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, ticks: PCollection[Tick]) -> Polled:
        out = (
            ticks
            | "TakeFeeds" >> beam.ParDo(_TakeFeeds(self._job))
            | "ByHost" >> beam.GroupByKey()
            | "Poll" >> beam.ParDo(_PollFeeds(self._job)).with_outputs(SETTLED, main="marks")
        )
        return Polled(out["marks"], out[SETTLED])


class _TakeFeeds(beam.DoFn):
    """Take due feeds out of the state."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def process(self, tick: Tick) -> Iterator[tuple[str, Feed]]:
        if tick.polls <= 0 or stopping.requested():
            return
        now = datetime.datetime.now(datetime.UTC)
        job = self._job
        for feed in job.state().take_feeds(limit=tick.polls, due_only=job.endless, epoch=job.epoch, now=now):
            yield urls.host(feed.url), feed


class _PollFeeds(beam.DoFn):
    """Ask for each feed, have it parsed in a child process, and note what it brought in one transaction."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._flights: Flights[Poll | _Late]
        self._polled = Metrics.counter("poll", "polled")
        self._failed = Metrics.counter("poll", "failed")

    def start_bundle(self) -> None:
        self._flights = Flights()

    def process(
        self,
        host_feeds: tuple[str, Iterable[Feed]],
        window: Any = beam.DoFn.WindowParam,
        timestamp: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[str | TaggedOutput[Literal["settled"], Rejected | Origin]]:
        for feed in host_feeds[1]:
            if stopping.requested():
                return
            yield from self._take(until=self._job.settings.fetch.connections * 4)
            self._start(feed, Place(window, timestamp))

    def finish_bundle(self) -> Iterator[Any]:
        yield from self._take(until=0)

    def _start(self, feed: Feed, place: Place) -> None:
        """Fetch, then parse where there is something to parse; the poll lands when both are done."""
        flights, job, now = self._flights, self._job, datetime.datetime.now(datetime.UTC)
        flights.start()

        def parsed(answer: Response, done: "Future[ParsedFeed]") -> None:
            poll = _poll(feed, answer, done, now)
            if poll is not None:
                flights.land(place, poll)
            flights.close(failure(done) if poll is None else None)

        def fetched(done: "Future[Response]") -> None:
            error = failure(done)
            if isinstance(error, FetchFailed):
                flights.land(place, _failed(feed, error, now, job.settings.fetch.retry_later))
            elif error is None and done.result().status == 304:
                flights.land(place, Poll(feed=feed, not_modified=True))
            elif error is None:
                answer = done.result()
                task, deadline = _task(feed, answer, job, now), job.settings.feeds.deadline
                parsing = job.pool().submit(_TARGET, task, deadline=deadline, raises=(NotAFeed,))
                parsing.add_done_callback(lambda future: parsed(answer, future))
                return
            flights.close(None if isinstance(error, FetchFailed) else error)

        fetcher = job.fetcher()
        asked = fetcher.submit(fetcher.get(feed.url, kind="feed", etag=feed.etag, last_modified=feed.last_modified))
        asked.add_done_callback(fetched)

    def _take(self, *, until: int) -> Iterator[Any]:
        for place, outcome in self._flights.take(until=until):
            poll, wait = (outcome.poll, outcome.wait) if isinstance(outcome, _Late) else (outcome, None)
            for row in self._record(poll, wait):
                yield TaggedOutput(SETTLED, place.stamp(row))
            yield place.stamp(poll.feed.url)

    def _record(self, poll: Poll, wait: float | None) -> Iterator[Rejected | Origin]:
        """Note the poll in the state; what settles the feed itself comes back."""
        job, now, itself = self._job, datetime.datetime.now(datetime.UTC), feed_origin(poll.feed)
        own = [row for row in poll.rejected if row.origin == itself]
        count = job.state().record_poll(
            poll,
            epoch=job.epoch,
            now=now,
            next_poll=now + datetime.timedelta(seconds=max(job.settings.stream.poll, wait or 0)),
            not_before=now + datetime.timedelta(seconds=wait) if wait else None,
        )
        (self._failed if own else self._polled).inc()
        progress.count("polled")
        yield from own
        if count.recovered and not own:
            yield itself


@dataclass(frozen=True, slots=True)
class _Late:
    """A poll of a feed whose server asks to wait so many seconds."""

    poll: Poll
    wait: float


def _task(feed: Feed, answer: Response, job: Job, now: datetime.datetime) -> FeedBody:
    return FeedBody(
        body=answer.body,
        feed_url=feed.url,
        charset=answer.charset,
        content_type=answer.content_type,
        now=now,
        max_entries=job.settings.feeds.max_entries,
    )


def _poll(feed: Feed, answer: Response, parsing: "Future[ParsedFeed]", now: datetime.datetime) -> Poll | None:
    """The poll that a parsed answer makes; None when the parsing failed by our fault."""
    error = failure(parsing)
    reason = "not_a_feed" if isinstance(error, NotAFeed) else parse_reason(error)
    if reason is not None:
        return Poll(feed=feed, rejected=(feed_rejected(feed, reason, str(error), now),))
    if error is not None:
        return None
    parsed = parsing.result()
    polled = replace(
        feed,
        title=feed.title or parsed.title,
        etag=answer.etag,
        last_modified=answer.last_modified,
        body_hash=hashlib.blake2b(answer.body, digest_size=16).hexdigest(),
        entries=len(parsed.entries) + len(parsed.rejected) + sum(skip.count for skip in parsed.skipped),
    )
    return Poll(feed=polled, entries=parsed.entries, skipped=parsed.skipped, rejected=parsed.rejected)


def _failed(feed: Feed, failure: FetchFailed, now: datetime.datetime, later: float) -> Poll | _Late:
    row = feed_rejected(
        feed,
        failure.reason,
        failure.detail,
        now,
        attempts=failure.attempts,
        retry_at=retry_moment(failure, now, later),
    )
    poll = Poll(feed=feed, rejected=(row,))
    return _Late(poll, failure.retry_after) if failure.retry_after else poll


def feed_origin(feed: Feed) -> Origin:
    """A feed's own place in the accounts, beside its entries."""
    return Origin(kind="feed", source=feed.url, key=digest("feed-poll", feed.url))


def feed_rejected(
    feed: Feed, reason: str, detail: str, now: datetime.datetime, *, attempts: int = 1, retry_at: str | None = None
) -> Rejected:
    """The row of a feed whose poll failed. It is asked again by every run, so the row goes when it works."""
    return Rejected(
        origin=feed_origin(feed),
        url=feed.url,
        feed_url=feed.url,
        stage="poll",
        reason=reason,
        detail=detail[:500],
        attempts=attempts,
        first_seen=times.utc(now),
        last_seen=times.utc(now),
        retry_at=retry_at,
    )


def retry_moment(failure: FetchFailed, now: datetime.datetime, later: float) -> str | None:
    """When a later run may try again: None where the failure is final."""
    if not failure.transient:
        return None
    return times.utc(now + datetime.timedelta(seconds=failure.retry_after or later))
