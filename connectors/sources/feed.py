"""A feed's bytes to its entries. Runs in a child process that can be killed: nothing here may import Beam."""

import datetime
from dataclasses import dataclass, field, replace

from newsbeam.connectors.sources import discovery, hints, recency, repeats
from newsbeam.connectors.sources.entries import MAX_TITLE, judge_all
from newsbeam.connectors.sources.errors import NotAFeed
from newsbeam.connectors.sources.formats import channel_of, opened
from newsbeam.connectors.sources.hints import Hints
from newsbeam.records import Entry, Origin, Rejected, Skipped, digest
from newsbeam.text import one_line

__all__ = ["FeedBody", "NotAFeed", "ParsedFeed", "parse_body", "parse_feed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedBody:
    """What a child process needs to parse one feed.

    charset and content_type: as the HTTP header has them. seen: marks of the entries that the last poll brought;
    None where marks are not wanted. since: entries that are older are left alone; None: none is.
    """

    body: bytes
    feed_url: str
    charset: str | None = None
    content_type: str = ""
    now: datetime.datetime
    max_entries: int = 2_000
    seen: bytes | None = None
    since: datetime.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What a feed's body holds. Its items are entries, rejected rows, or in the counts of repeated and skipped.

    repeated: entries that the last poll brought, left out of `entries`. marks: of all entries, where they were wanted.
    version: feedparser's name of the format, `json1`, `json11` or `sitemap`. ttl_s: seconds that the feed asks to be
    left alone. charset: codec that its bytes were read with. keys: of all items, older ones included, as repeats.keys
    has them. hints: of its head.
    """

    title: str | None
    language: str | None
    entries: tuple[Entry, ...]
    rejected: tuple[Rejected, ...]
    skipped: tuple[Skipped, ...]
    ttl_s: float | None
    version: str
    link: str | None = None
    charset: str = "utf-8"
    repeated: int = 0
    marks: bytes = b""
    keys: bytes = b""
    hints: Hints = field(default_factory=Hints)


def parse_body(task: FeedBody) -> ParsedFeed:
    """`parse_feed` for one argument, as a pool of processes calls it, without what the last poll has brought."""
    found = parse_feed(
        task.body,
        feed_url=task.feed_url,
        charset=task.charset,
        content_type=task.content_type,
        now=task.now,
        max_entries=task.max_entries,
        since=task.since,
    )
    if task.seen is None:
        return found
    marks = repeats.marks(found.entries)
    new = repeats.without(found.entries, marks, task.seen)
    return replace(found, entries=new, repeated=len(found.entries) - len(new), marks=marks)


def parse_feed(
    body: bytes,
    *,
    feed_url: str,
    charset: str | None = None,
    content_type: str = "",
    now: datetime.datetime,
    max_entries: int = 2_000,
    since: datetime.datetime | None = None,
) -> ParsedFeed:
    """The entries of a feed (RSS, RDF, Atom, CDF, JSON Feed, sitemap), told apart by the bytes, not by `content_type`.

    Entries have absolute http(s) links without tracking parameters, dates from 1990 to two days after `now`, text
    without control characters. The fields that `feed_url` decides: keys of entries without a link, relative links.
    since: entries that are older are in a skip's count.

    Raises:
        NotAFeed: the body is empty, or no feed that can be read; its detail says what it seems to be.
    """
    try:
        channel, codec = channel_of(body, charset=charset, content_type=content_type, max_items=max_entries)
    except NotAFeed as error:
        if not discovery.is_page(body):
            raise
        raise NotAFeed(f"{error.detail}: {discovery.advice(body, url=feed_url, charset=charset)}") from None
    entries, rejected, skipped = judge_all(channel, feed_url=feed_url, now=now, max_entries=max_entries)
    keys = repeats.keys((*entries, *rejected))
    entries, older = recency.without_older(entries, since)
    if older:
        origin = Origin(kind="feed", source=feed_url, key=digest("feed", feed_url, "older"))
        skipped = (*skipped, Skipped(origin=origin, reason="older", count=len(older)))
    return ParsedFeed(
        title=one_line(channel.title)[:MAX_TITLE] or None,
        language=channel.language[:35] if channel.language else None,
        entries=entries,
        rejected=rejected,
        skipped=skipped,
        ttl_s=channel.ttl_s,
        version=channel.version,
        link=channel.link,
        charset=codec,
        keys=keys,
        hints=hints.read(opened(body), base=feed_url),
    )
