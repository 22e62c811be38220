"""A feed's bytes to its entries. Runs in a child process that can be killed: nothing here may import Beam."""

import datetime
import zlib
from dataclasses import dataclass, field, replace

from newsbeam.connectors.sources import hints, repeats
from newsbeam.connectors.sources.charset import decode_xml
from newsbeam.connectors.sources.entries import MAX_TITLE, judge_all
from newsbeam.connectors.sources.errors import NotAFeed
from newsbeam.connectors.sources.hints import Hints
from newsbeam.connectors.sources.json_feed import looks_like_json, read_json
from newsbeam.connectors.sources.xml_feed import read_xml
from newsbeam.records import Entry, Rejected, Skipped
from newsbeam.text import one_line

__all__ = ["FeedBody", "NotAFeed", "ParsedFeed", "parse_body", "parse_feed"]

_GZIP = b"\x1f\x8b\x08"
_MAX_BODY = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedBody:
    """What a child process needs to parse one feed.

    charset and content_type: as the HTTP header has them. seen: marks of the entries that the last poll brought;
    None where marks are not wanted.
    """

    body: bytes
    feed_url: str
    charset: str | None = None
    content_type: str = ""
    now: datetime.datetime
    max_entries: int = 2_000
    seen: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What a feed's body holds. Its items are entries, rejected rows, or in the counts of repeated and skipped.

    repeated: entries that the last poll brought, left out of `entries`. marks: of all entries, where they were wanted.
    version: feedparser's name of the format, `json1` or `json11`. ttl_s: seconds that the feed asks to be left alone.
    charset: codec that its bytes were read with. keys: of all items, as repeats.keys has them. hints: of its head.
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
) -> ParsedFeed:
    """The entries of a feed: RSS, RDF, Atom, CDF or JSON Feed, told apart by the bytes and not by `content_type`.

    Entries have absolute http(s) links without tracking parameters, dates from 1990 to two days after `now`, text
    without control characters. The fields that `feed_url` decides: keys of entries without a link, relative links.

    Raises:
        NotAFeed: the body is empty, or no feed that can be read; its detail says what it seems to be.
    """
    if body.startswith(_GZIP):
        body = _unpacked(body)
    if not body.strip(b"\0 \t\r\n"):
        raise NotAFeed("an empty body" if not body else "only white space")
    decoded = decode_xml(body, charset=charset)
    if looks_like_json(decoded.text):
        channel = read_json(decoded.text, max_items=max_entries)
    elif "<" not in decoded.text:
        raise NotAFeed(f"neither XML nor JSON, served as {content_type[:100] or 'nothing in particular'}")
    else:
        channel = read_xml(decoded.text, max_items=max_entries)
    entries, rejected, skipped = judge_all(channel, feed_url=feed_url, now=now, max_entries=max_entries)
    return ParsedFeed(
        title=one_line(channel.title)[:MAX_TITLE] or None,
        language=channel.language[:35] if channel.language else None,
        entries=entries,
        rejected=rejected,
        skipped=skipped,
        ttl_s=channel.ttl_s,
        version=channel.version,
        link=channel.link,
        charset=decoded.charset,
        keys=repeats.keys((*entries, *rejected)),
        hints=hints.read(body, base=feed_url),
    )


def _unpacked(body: bytes) -> bytes:
    """The feed in a gzip file that was served as it lay."""
    opened = zlib.decompressobj(wbits=31)
    try:
        plain = opened.decompress(body, _MAX_BODY)
    except zlib.error as error:
        raise NotAFeed(f"broken gzip: {error}") from None
    if not opened.eof:
        raise NotAFeed("a gzip file that is cut or too large")
    return plain
