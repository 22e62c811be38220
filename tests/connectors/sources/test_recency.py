"""How far back entries are taken."""

import datetime

import pytest

from newsbeam.connectors.sources.feed import FeedBody, parse_body, parse_feed
from newsbeam.connectors.sources.recency import is_older, moment_of

NOW = datetime.datetime(2026, 11, 23, 14, tzinfo=datetime.UTC)
FEED = "https://news.example/feed"


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("7d", "2026-11-16T14:00:00+00:00"),
        ("48h", "2026-11-21T14:00:00+00:00"),
        ("30m", "2026-11-23T13:30:00+00:00"),
        ("2w", "2026-11-09T14:00:00+00:00"),
        (" 2026-11-01 ", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01T12:00:00+02:00", "2026-11-01T12:00:00+02:00"),
    ],
)
def test_forms(given: str, moment: str) -> None:
    assert moment_of(given, now=NOW).isoformat() == moment


@pytest.mark.parametrize(
    "given", ["", "7", "d", "-7d", "7 days", "yesterday", "1.5d", "2026-02-30", "2026-12-01", "1899-01-01", "999999w"]
)
def test_bad_values_are_named_with_what_may_be_given(given: str) -> None:
    with pytest.raises(ValueError, match="give one such as 7d"):
        moment_of(given, now=NOW)


@pytest.mark.parametrize(
    ("date", "older"),
    [
        ("2026-11-16T13:59:59Z", True),
        ("2026-11-16T14:00:00Z", False),
        ("2026-11-16T15:30:00+02:00", True),
        ("2026-11-16", False),
        ("2026-11-15", True),
        ("2026-11-16T13:00:00", True),
        (None, False),
        ("no date", False),
    ],
)
def test_a_date_is_older_when_all_of_it_is(date: str | None, older: bool) -> None:
    assert is_older(date, moment_of("7d", now=NOW)) is older


def feed(*items: tuple[str, str, str]) -> bytes:
    entries = "".join(
        f"<entry><id>{name}</id><title>{name}</title><link href='/{name}'/>"
        + (f"<published>{published}</published>" if published else "")
        + (f"<updated>{updated}</updated>" if updated else "")
        + "</entry>"
        for name, published, updated in items
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>{entries}</feed>".encode()


ITEMS = (
    ("old", "2026-11-01T00:00:00Z", ""),
    ("new", "2026-11-22T00:00:00Z", ""),
    ("undated", "", ""),
    ("revised", "2026-11-01T00:00:00Z", "2026-11-22T00:00:00Z"),
    ("long-untouched", "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
)


def test_older_entries_are_a_counted_skip_and_undated_ones_are_taken() -> None:
    parsed = parse_feed(feed(*ITEMS), feed_url=FEED, now=NOW, since=moment_of("7d", now=NOW))
    assert [entry.title for entry in parsed.entries] == ["new", "undated", "revised"]
    assert [(skip.reason, skip.count) for skip in parsed.skipped] == [("older", 2)]
    everything = parse_feed(feed(*ITEMS), feed_url=FEED, now=NOW)
    assert (len(everything.entries), everything.skipped) == (5, ())


def test_in_a_stream_older_entries_count_as_older_at_each_poll() -> None:
    task = FeedBody(body=feed(*ITEMS), feed_url=FEED, now=NOW, seen=b"", since=moment_of("7d", now=NOW))
    first = parse_body(task)
    again = parse_body(FeedBody(body=task.body, feed_url=FEED, now=NOW, seen=first.marks, since=task.since))
    assert (len(again.entries), again.repeated) == (0, 3)
    assert first.skipped == again.skipped
    assert [skip.count for skip in again.skipped] == [2]
