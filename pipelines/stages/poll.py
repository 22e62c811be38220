"""The poll stage: feeds in, their new entries pending in the state, what went wrong aside."""

import datetime
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Any, Final, Literal, NamedTuple

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection, TaggedOutput

from newsbeam import times, urls
from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.http.fetcher import HostDisabled
from newsbeam.connectors.sources.feed import FeedBody, NotAFeed, ParsedFeed
from newsbeam.pipelines import progress, schedule, stopping
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.pace import claim_end, is_past, within_share
from newsbeam.pipelines.stages import answers, asking
from newsbeam.pipelines.stages.answers import Answered, feed_origin
from newsbeam.pipelines.stages.asking import Asked
from newsbeam.pipelines.stages.failures import parse_reason
from newsbeam.pipelines.stages.flights import Flights, Place, failure
from newsbeam.records import Feed, Origin, Rejected

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

    def process(self, tick: Tick, timestamp: Any = beam.DoFn.TimestampParam) -> Iterator[tuple[str, Feed]]:
        if tick.polls <= 0 or stopping.requested():
            return
        job, now = self._job, datetime.datetime.now(datetime.UTC)
        stream = job.settings.stream
        if job.endless and is_past(float(timestamp), now, stream.window):
            return
        taken = job.state().take_feeds(
            limit=tick.polls,
            due_only=job.endless,
            epoch=job.epoch,
            now=now,
            until=claim_end(job.settings, now) if job.endless or job.spread else None,
            most=stream.under_way if job.endless else None,
        )
        if job.endless:
            taken, beyond = within_share(taken, job.settings)
            job.state().give_back_feeds(beyond, epoch=job.epoch)
        for feed in taken:
            yield urls.host(asking.address(feed, now)), feed


class _PollFeeds(beam.DoFn):
    """Ask for each feed, have it parsed in a child process, and note what it brought in one transaction."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._flights: Flights[Answered]
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
        own = job.settings.subscription(feed.url)
        if not own.enabled:
            flights.land(place, answers.disabled(feed))
            flights.close()
            return

        def read(asked: Asked, done: "Future[ParsedFeed]") -> None:
            error = failure(done)
            reason = "not_a_feed" if isinstance(error, NotAFeed) else parse_reason(error)
            if reason is not None:
                flights.land(place, answers.unreadable(feed, reason, str(error), now))
            elif error is None:
                flights.land(place, answers.parsed(feed, asked, done.result()))
            flights.close(None if reason is not None else error)

        def fetched(done: "Future[Asked]") -> None:
            error = failure(done)
            if isinstance(error, FetchFailed):
                flights.land(place, answers.failed(feed, error, now, job.settings.fetch.retry_later))
            elif isinstance(error, HostDisabled):
                flights.land(place, answers.disabled(feed))
            elif error is None and asking.is_same(feed, done.result().answer):
                flights.land(place, answers.unchanged(feed, done.result()))
            elif error is None:
                asked = done.result()
                task, deadline = _task(feed, asked.answer, job, now), job.settings.feeds.deadline
                parsing = job.pool().submit(_TARGET, task, deadline=deadline, raises=(NotAFeed,))
                parsing.add_done_callback(flights.guarded(lambda future: read(asked, future)))
                return
            flights.close(None if isinstance(error, FetchFailed | HostDisabled) else error)

        fetcher = job.fetcher()
        tries = 1 if job.endless else None  # the next poll is the next try, and later windows wait for this one
        asking_ = fetcher.submit(asking.ask(fetcher, feed, now=now, tries=tries, headers=own.headers))
        asking_.add_done_callback(flights.guarded(fetched))

    def _take(self, *, until: int) -> Iterator[Any]:
        for place, answered in self._flights.take(until=until):
            for row in self._record(answered):
                yield TaggedOutput(SETTLED, place.stamp(row))
            yield place.stamp(answered.poll.feed.url)

    def _record(self, answered: Answered) -> Iterator[Rejected | Origin]:
        """Note the poll in the state; what settles the feed itself comes back."""
        job, now, poll, wait = self._job, datetime.datetime.now(datetime.UTC), answered.poll, answered.wait
        itself = feed_origin(poll.feed)
        own = [row for row in poll.rejected if row.origin == itself]
        poll_s = job.settings.subscription(poll.feed.url).poll or job.settings.stream.poll
        bounds = job.settings.feeds
        count = job.state().record_poll(
            poll,
            epoch=job.epoch,
            now=now,
            next_poll=lambda health: schedule.next_poll(health, now, poll=poll_s, feeds=bounds, wait=wait),
            not_before=now + datetime.timedelta(seconds=wait) if wait else None,
        )
        if poll.marks:
            job.last_polls().note(poll.feed.url, poll.marks)
        (self._failed if own else self._polled).inc()
        progress.count("polled")
        yield from own
        if count.recovered and not own:
            yield itself


def _task(feed: Feed, answer: Response, job: Job, now: datetime.datetime) -> FeedBody:
    return FeedBody(
        body=answer.body,
        feed_url=feed.url,
        charset=answer.charset,
        content_type=answer.content_type,
        now=now,
        max_entries=job.settings.feeds.max_entries,
        seen=job.last_polls().marks(feed.url) if job.endless else None,
        since=times.parse(job.since) if job.since else None,
    )
