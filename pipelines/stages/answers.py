"""What the answer to a poll means: the poll it makes, and the rows that settle the feed itself."""

import datetime
import hashlib
from dataclasses import dataclass, replace

from newsbeam import times
from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.sources.feed import ParsedFeed
from newsbeam.records import Feed, Origin, Poll, Rejected, Skipped, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A poll, and for how many seconds the server asks to be left alone (None: it does not)."""

    poll: Poll
    wait: float | None = None


def unchanged(feed: Feed) -> Answered:
    """The server said that nothing changed."""
    return Answered(poll=Poll(feed=feed, not_modified=True))


def disabled(feed: Feed) -> Answered:
    """The settings switch off the feed or its host: it was not asked for, and that is counted."""
    return Answered(poll=Poll(feed=feed, skipped=(Skipped(origin=feed_origin(feed), reason="disabled"),)))


def parsed(feed: Feed, answer: Response, found: ParsedFeed) -> Answered:
    """A feed that could be read, with the validators for the next poll."""
    polled = replace(
        feed,
        title=feed.title or found.title,
        etag=answer.etag,
        last_modified=answer.last_modified,
        body_hash=hashlib.blake2b(answer.body, digest_size=16).hexdigest(),
        entries=len(found.entries) + found.repeated + len(found.rejected) + sum(skip.count for skip in found.skipped),
    )
    poll = Poll(
        feed=polled,
        entries=found.entries,
        skipped=found.skipped,
        rejected=found.rejected,
        repeated=found.repeated,
        marks=found.marks,
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
