"""What the answer to a poll means."""

import datetime

import pytest

from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.sources.feed import ParsedFeed
from newsbeam.connectors.sources.hints import Hints
from newsbeam.pipelines.stages import answers
from newsbeam.pipelines.stages.asking import Asked
from newsbeam.records import Entry, Feed, Heard, Skipped

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
FEED = Feed(url="https://a.example/feed", etag='"old"', body_hash="old", entries=3)


def asked(status: int = 200, body: bytes = b"<rss/>", **headers: str) -> Asked:
    """An answer from where the feed has moved to, with a validator that was not known."""
    answer = Response(
        url="https://b.example/feed", status=status, body=body, charset=None, content_type="", fetched_at="",
        etag='"new"', last_modified=None, headers={name.replace("_", "-"): value for name, value in headers.items()},
        permanent="https://b.example/feed",
    )  # fmt: skip
    return Asked(asked=FEED.url, answer=answer)


def test_a_good_answer_brings_validators_and_how_many_items_there_were() -> None:
    entry = Entry(key="k", feed_url=FEED.url, url="https://a.example/1")
    skipped = Skipped(origin=entry.origin, reason="over_limit", count=4)
    found = ParsedFeed(
        title="A",
        language=None,
        entries=(entry,),
        rejected=(),
        skipped=(skipped,),
        ttl_s=600,
        version="rss20",
        keys=b"123456",
        hints=Hints(self_link="https://b.example/", skip_hours=2, skip_days=4),
    )
    poll = answers.parsed(FEED, asked(cache_control="max-age=90"), found).poll
    assert (poll.feed.etag, poll.feed.title, poll.feed.entries) == ('"new"', "A", 5)
    assert poll.feed.body_hash not in (None, "old")
    assert (poll.entries, poll.skipped, poll.rejected) == ((entry,), (skipped,), ())
    home = "https://b.example/feed"
    assert poll.heard == Heard(
        asked=FEED.url, url=home, permanent=home, max_age=90, keys=b"123456", self_link="https://b.example/", ttl=600,
        skip_hours=2, skip_days=4,
    )  # fmt: skip


def test_an_unreadable_body_leaves_the_validators_so_that_it_is_seen_when_mended() -> None:
    poll = answers.unreadable(FEED, "not_a_feed", "an HTML page", NOW).poll
    assert poll.feed == FEED
    (row,) = poll.rejected
    assert (row.reason, row.stage, row.retry_at, row.origin) == ("not_a_feed", "poll", None, answers.feed_origin(FEED))


@pytest.mark.parametrize(
    ("transient", "asked", "retry_at"),
    [(False, None, None), (True, None, "2026-11-23T13:00:00Z"), (True, 120.0, "2026-11-23T12:02:00Z")],
)
def test_a_failure_is_final_or_says_when_to_try_again(
    transient: bool, asked: float | None, retry_at: str | None
) -> None:
    error = FetchFailed(reason="unavailable", detail="status 503", transient=transient, retry_after=asked, attempts=3)
    answered = answers.failed(FEED, error, NOW, later=3600)
    (row,) = answered.poll.rejected
    assert (row.retry_at, row.attempts, answered.wait) == (retry_at, 3, asked)


def test_an_unchanged_feed_brings_nothing() -> None:
    poll = answers.unchanged(FEED, asked(304, b"")).poll
    assert (poll.not_modified, poll.entries, poll.rejected) == (True, (), ())
    assert poll.feed == FEED
    assert poll.heard is not None
    assert (poll.heard.not_modified, poll.heard.keys) == (True, None)


def test_the_same_bytes_bring_nothing_but_their_validators() -> None:
    poll = answers.unchanged(FEED, asked()).poll
    assert (poll.not_modified, poll.entries, poll.feed.etag, poll.feed.body_hash) == (True, (), '"new"', "old")
    assert poll.heard is not None
    assert not poll.heard.not_modified, "a body was sent: the server's word was put to the test"
