"""How a feed is asked: at which address, and with or without validators."""

import datetime

import pytest

from newsbeam import times
from newsbeam.connectors.http.client import Response
from newsbeam.pipelines.stages import asking
from newsbeam.records import Feed

NOW = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
URL, HOME = "https://a.example/feed", "https://b.example/feed"


def answer(body: bytes = b"<rss/>", *, status: int = 200, charset: str | None = None) -> Response:
    return Response(
        url=URL, status=status, body=body, charset=charset, content_type="", fetched_at="", etag=None,
        last_modified=None, headers={},
    )  # fmt: skip


def test_validators_are_left_off_in_every_twentieth_poll_and_never_in_the_second() -> None:
    asked = [asking.is_conditional(Feed(url=URL, unaudited=number)) for number in range(20)]
    assert asked == [True] * 19 + [False]


def test_a_server_that_lies_is_never_sent_validators() -> None:
    assert not asking.is_conditional(Feed(url=URL, distrusted="2026-11-01T00:00:00Z"))


@pytest.mark.parametrize(
    ("polls", "hours", "where"), [(5, 24, HOME), (4, 24, URL), (5, 23, URL), (0, 99, URL), (500, 99, HOME)]
)
def test_a_redirect_is_taken_at_its_word_after_five_polls_and_a_day(polls: int, hours: int, where: str) -> None:
    since = times.utc(NOW - datetime.timedelta(hours=hours))
    assert asking.address(Feed(url=URL, moved=HOME, moved_polls=polls, moved_since=since), NOW) == where


def test_a_feed_that_never_moved_is_asked_where_it_was_subscribed_to() -> None:
    assert asking.address(Feed(url=URL), NOW) == URL


def test_a_body_is_the_same_only_as_the_same_bytes_in_the_same_charset() -> None:
    feed = Feed(url=URL, body_hash=asking.body_hash(answer(charset="utf-8")))
    assert asking.is_same(feed, answer(charset="utf-8"))
    assert not asking.is_same(feed, answer(charset="latin-1"))
    assert not asking.is_same(feed, answer(b"<rss />", charset="utf-8"))
    assert asking.is_same(feed, answer(b"", status=304))
    assert not asking.is_same(Feed(url=URL), answer())
