"""What one document's reading needs, in types light enough for every process to import."""

import datetime
from dataclasses import dataclass

from newsbeam import times
from newsbeam.records import Entry, Page, Rejected, SavedEntry, Text
from newsbeam.text import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The settings that reading a document depends on; meanings and units are those of config/defaults.toml."""

    min_chars: int = 60
    min_feed_chars: int = 500
    keep_embedded_posts: bool = True
    keep_other_pages: bool = False
    keep_reserved: bool = True
    detector: str = "langdetect"
    prefix: int = 500
    min_letters: int = 20
    min_confidence: float = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One document to read. now: UTC, bounds the dates that are believed."""

    source: Page | Text | Entry | SavedEntry
    options: Options
    now: datetime.datetime


def entry_of(source: Page | Text | Entry | SavedEntry) -> Entry | None:
    """The feed entry that a document came from, None for archives and files."""
    if isinstance(source, Entry):
        return source
    return source.entry if isinstance(source, Page | SavedEntry) else None


def moment_of(task: Task) -> datetime.datetime:
    """The moment that bounds the dates that are believed: for what a feed announced, when it was taken in.

    So an archive that is read years later gives the dates that the run gave which fetched it.
    """
    if entry_of(task.source) is None:
        return task.now
    at = task.now if isinstance(task.source, Entry) else times.parse(task.source.fetched_at)
    return (at or task.now).replace(microsecond=0)


def unread(source: Page | Text | Entry | SavedEntry, reason: str, detail: str, *, now: datetime.datetime) -> Rejected:
    """The row of a document that could not be read: final, as the same bytes would fail again.

    Of a page that the server refused it is the row that says so.
    """
    if isinstance(source, Page) and source.refused is not None:
        return source.refused
    entry = entry_of(source)
    moment = times.utc(now)
    return Rejected(
        origin=source.origin,
        url=source.url,
        feed_url=entry.feed_url if entry else None,
        stage="extract",
        reason=reason,
        detail=one_line(detail)[:500],
        attempts=1,
        first_seen=(entry.first_seen if entry else None) or moment,
        last_seen=moment,
    )
