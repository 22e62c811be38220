"""Pages of our own archives, read years later: what the run that fetched them would have said."""

import datetime
from dataclasses import replace

import pytest

from newsbeam.records import Document, Entry, Origin, Page, Rejected, SavedEntry, digest
from newsbeam.transforms.captures import resolve
from newsbeam.transforms.documents import read
from newsbeam.transforms.tasks import Options, Task, moment_of

THEN = datetime.datetime(2026, 11, 20, 10, 11, 12, tzinfo=datetime.UTC)
LATER = THEN.replace(year=2036)
AT = "2026-11-20T10:11:12Z"
TEXT = "The council of Upper Marsh met on Tuesday evening to talk about the bridge that nobody crosses. " * 4
URL = "https://post.example/bridge"
ENTRY = Entry(
    key=digest("feed", URL),
    feed_url="https://post.example/feed",
    url=URL,
    title="A bridge",
    content=f"<p>{TEXT}</p>",
    published="2027-03-01T00:00:00Z",
    feed_title="Marsh Post",
)
PAGE = Page(
    url=URL,
    body=f"<html><body><article><h1>A bridge</h1><p>{TEXT}</p></article></body></html>".encode(),
    fetched_at=AT,
    origin=ENTRY.origin,
    entry=ENTRY,
)
ARCHIVE = Origin(kind="warc", source="kept.warc.gz", key=ENTRY.key)


def document(source: Page | Entry | SavedEntry, now: datetime.datetime) -> Document:
    found = read(Task(source=source, options=Options(), now=now))
    assert isinstance(found, Document)
    return found


def test_a_page_gives_the_same_document_years_later() -> None:
    first = document(PAGE, THEN + datetime.timedelta(seconds=9.5))
    again = document(replace(PAGE, origin=ARCHIVE), LATER)
    assert again == replace(first, origin=ARCHIVE)
    assert again.published is None, "a date that was in the future is still not believed"
    assert (again.feed_url, again.site) == (ENTRY.feed_url, "Marsh Post")


def test_an_entry_without_a_page_gives_the_same_document_years_later() -> None:
    linkless = replace(ENTRY, url=None)
    first = document(linkless, THEN.replace(microsecond=999_999))
    again = document(SavedEntry(entry=linkless, fetched_at=AT, origin=ARCHIVE), LATER)
    assert again == replace(first, origin=ARCHIVE)
    assert (again.id, again.fetched_at) == (digest("entry", linkless.key), AT)


def test_an_entry_that_cannot_be_read_is_a_row_of_its_archive() -> None:
    blank = SavedEntry(entry=replace(ENTRY, url=None, content="<p></p>"), fetched_at=AT, origin=ARCHIVE)
    row = read(Task(source=blank, options=Options(), now=LATER))
    assert isinstance(row, Rejected)
    assert (row.origin, row.reason, row.feed_url, row.last_seen) == (
        ARCHIVE,
        "no_text",
        ENTRY.feed_url,
        "2036-11-20T10:11:12Z",
    )


GONE = Rejected(
    origin=ENTRY.origin,
    url=URL,
    feed_url=ENTRY.feed_url,
    stage="fetch",
    reason="http_error",
    detail="status 404",
    attempts=1,
    first_seen=AT,
    last_seen=AT,
)
WHOLE = replace(ENTRY, content=f"<p>{TEXT}</p><p>{TEXT}</p>")


def test_a_whole_story_of_the_feed_stands_for_a_page_that_is_not_there_now_and_years_later() -> None:
    refused = replace(PAGE, body=b"", entry=WHOLE, refused=GONE)
    first = document(refused, THEN)
    assert (first.extracted_from, first.url, first.id) == ("feed", URL, document(PAGE, THEN).id)
    again = document(replace(refused, refused=None, origin=ARCHIVE), LATER)
    assert again == replace(first, origin=ARCHIVE)


def test_a_teaser_stands_for_no_page() -> None:
    refused = replace(PAGE, body=b"", entry=replace(ENTRY, content=f"<p>{TEXT}</p>"), refused=GONE)
    assert len(TEXT) < Options().min_feed_chars
    assert read(Task(source=refused, options=Options(), now=THEN)) is GONE
    shorter = Options(min_feed_chars=len(TEXT) - 1)
    assert isinstance(read(Task(source=refused, options=shorter, now=THEN)), Document)


@pytest.mark.parametrize(
    "body", ["<div id=root></div><script>start()</script>", "<meta http-equiv=refresh content='0;url=/x'>"]
)
def test_a_page_without_a_text_of_its_own_needs_more_than_a_teaser(body: str) -> None:
    empty = replace(PAGE, body=f"<html><body>{body}</body></html>".encode())
    row = read(Task(source=replace(empty, entry=ENTRY), options=Options(), now=THEN))
    assert isinstance(row, Rejected)
    assert row.reason == "no_text"
    assert "the feed: " in row.detail
    whole = read(Task(source=replace(empty, entry=WHOLE), options=Options(), now=THEN))
    assert isinstance(whole, Document)
    assert whole.extracted_from == "feed"


def test_what_no_feed_announced_is_judged_by_today() -> None:
    assert moment_of(Task(source=replace(PAGE, entry=None), options=Options(), now=LATER)) == LATER


@pytest.mark.parametrize("turned", [False, True])
def test_two_entries_of_one_page_give_the_record_that_the_run_gave(turned: bool) -> None:
    """In the run the smaller key wins, whichever was fetched first; and so it does in the archive."""
    one = document(PAGE, THEN)
    feeds = [
        replace(one, fetched_at=at, feed_url=f"https://{key}.example/", origin=Origin(kind="feed", source=key, key=key))
        for at, key in ((AT, "b"), ("2026-11-20T10:11:11Z", "a"))
    ]
    archived = [replace(each, origin=replace(each.origin, kind="warc", source="kept")) for each in feeds]
    for captures in (feeds, archived):
        found = resolve(captures[::-1] if turned else captures, None).current
        assert found is not None
        assert found.feed_url == "https://a.example/"
        assert found.fetched_at == AT, "the moment of the newest capture"
