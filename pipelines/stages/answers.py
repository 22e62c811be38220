"""What the answer to a poll means: the poll it makes, and the rows that settle the feed itself."""

import datetime
from dataclasses import dataclass, replace

from newsbeam import times
from newsbeam.connectors.http.client import FetchFailed
from newsbeam.connectors.http.freshness import lifetime
from newsbeam.connectors.sources.feed import ParsedFeed
from newsbeam.pipelines.stages import asking
from newsbeam.pipelines.stages.asking import Asked
from newsbeam.records import Feed, Heard, Origin, Poll, Rejected, Skipped, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A poll, and for how many seconds the server asks to be left alone (None: it does not)."""

    poll: Poll
    wait: float | None = None


def unchanged(feed: Feed, asked: Asked) -> Answered:
    """Nothing changed: the server said so, or sent the same bytes again, whose validators may be other ones."""
    answer = asked.answer
    if answer.status != 304:
        feed = replace(feed, etag=answer.etag, last_modified=answer.last_modified)
    heard = replace(_heard(asked), not_modified=answer.status == 304)
    return Answered(poll=Poll(feed=feed, not_modified=True, heard=heard))


def disabled(feed: Feed) -> Answered:
    """The settings switch off the feed or its host: it was not asked for, and that is counted."""
    return Answered(poll=Poll(feed=feed, skipped=(Skipped(origin=feed_origin(feed), reason="disabled"),)))


def parsed(feed: Feed, asked: Asked, found: ParsedFeed) -> Answered:
    """A feed that could be read, with the validators for the next poll."""
    answer, hints = asked.answer, found.hints
    polled = replace(
        feed,
        title=feed.title or found.title,
        etag=answer.etag,
        last_modified=answer.last_modified,
        body_hash=asking.body_hash(answer),
        entries=len(found.entries) + found.repeated + len(found.rejected) + sum(skip.count for skip in found.skipped),
    )
    heard = replace(
        _heard(asked),
        keys=found.keys,
        self_link=hints.self_link,
        ttl=found.ttl_s,
        skip_hours=hints.skip_hours,
        skip_days=hints.skip_days,
    )
    poll = Poll(
        feed=polled,
        entries=found.entries,
        skipped=found.skipped,
        rejected=found.rejected,
        repeated=found.repeated,
        marks=found.marks,
        heard=heard,
    )
    return Answered(poll=poll)


def unreadable(feed: Feed, reason: str, detail: str, now: datetime.datetime) -> Answered:
    """A body that no feed could be made of; validators stay as they were, so that a mended body is seen."""
    return Answered(poll=Poll(feed=feed, rejected=(_row(feed, reason, detail, now),)))


def failed(feed: Feed, failure: FetchFailed, now: datetime.datetime, later: float) -> Answered:
    """No answer that could be used. later: seconds until a retry where the server does not say."""
    row = _row(feed, failure.reason, failure.detail, now)
    row = replace(row, attempts=failure.attempts, retry_at=retry_moment(failure, now, later))
    return Answered(poll=Poll(feed=feed, rejected=(row,)), wait=failure.retry_after)


def feed_origin(feed: Feed) -> Origin:
    """A feed's own place in the accounts, beside its entries."""
    return Origin(kind="feed", source=feed.url, key=digest("feed-poll", feed.url))


def retry_moment(failure: FetchFailed, now: datetime.datetime, later: float) -> str | None:
    """When a later run may try again: None where the failure is final."""
    if not failure.transient:
        return None
    return times.utc(now + datetime.timedelta(seconds=failure.retry_after or later))


def _heard(asked: Asked) -> Heard:
    """What any usable answer says of itself."""
    answer = asked.answer
    return Heard(
        asked=asked.asked,
        url=answer.url,
        permanent=answer.permanent,
        contradicted=asked.contradicted,
        max_age=lifetime(answer.headers, fetched_at=answer.fetched_at),
    )


def _row(feed: Feed, reason: str, detail: str, now: datetime.datetime) -> Rejected:
    """The row of a feed whose poll failed. It is asked again by every run, so the row goes when it works."""
    moment = times.utc(now)
    return Rejected(
        origin=feed_origin(feed),
        url=feed.url,
        feed_url=feed.url,
        stage="poll",
        reason=reason,
        detail=detail[:500],
        attempts=1,
        first_seen=moment,
        last_seen=moment,
    )
