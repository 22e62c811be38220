"""What is forgotten: which addresses it covers, and that announcements of it leave nothing."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from newsbeam import urls
from newsbeam.connectors.state import forgotten, schema
from newsbeam.connectors.state.forgotten import Forgotten, names
from newsbeam.connectors.state.state import State, open_state
from newsbeam.records import Entry, Feed, Origin, Poll, digest
from tests.connectors.stores.fakes import NOW, rejected


@pytest.fixture
def state(tmp_path: Path) -> State:
    return open_state(f"sqlite:///{tmp_path}/state.db")


def entry(url: str | None, feed: str = "https://feeds.example/rss") -> Entry:
    """An entry of a feed."""
    return Entry(key=digest("feed", url or feed), feed_url=feed, url=url, title="A story")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://www.a.example:8080/x", ["www.a.example", "a.example", "example"]),
        ("http://127.0.0.1:80/x", ["127.0.0.1"]),
        ("http://[::1]/x", ["::1"]),
        ("file:///a.txt", []),
        ("http://[broken", []),
    ],
)
def test_the_names_of_an_address(url: str, found: list[str]) -> None:
    assert names(url) == found


def test_what_is_covered() -> None:
    one = "https://a.example/story?id=1"
    out = Forgotten(ids=frozenset((urls.article_id(one), "own")), sites=frozenset(("b.example", "news.c.example")))
    assert out.covers(one)
    assert out.covers(one + "&utm_source=x#top"), "tracking and fragment are no part of it"
    assert not out.covers("https://a.example/story?id=2")
    assert out.covers("https://www.b.example/anything")
    assert not out.covers("https://notb.example/anything")
    assert out.covers("https://news.c.example/x")
    assert not out.covers("https://c.example/x"), "only the host that was named, and what is below it"
    assert out.covers("file:///x", "own")
    assert not out.covers(None)
    assert not Forgotten()


def test_an_announcement_of_what_is_forgotten_is_a_counted_skip_and_nothing_waits(state: State) -> None:
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=60, now=NOW)
    out = Forgotten(ids=frozenset((urls.article_id("https://a.example/1"),)), sites=frozenset(("b.example",)))
    with state.write(epoch) as connection:
        forgotten.note(connection, out, "2026-11-20T12:00:00Z")
    feed = Feed(url="https://feeds.example/rss")
    found = [entry("https://a.example/1"), entry("https://a.example/2"), entry("https://x.b.example/3")]
    bad = rejected(Origin(kind="feed", source=feed.url, key="bad"), "bad_link", url="https://b.example/:", stage="poll")
    count = state.record_poll(
        Poll(feed=feed, entries=tuple(found), rejected=(bad,)), epoch=epoch, now=NOW, next_poll=NOW
    )
    assert (count.new, count.known) == (1, 3)
    (account,) = state.accounts(epoch)
    assert (account.seen, account.skipped) == (4, {"forgotten": 3})
    waiting = state.claim(limit=9, host_share=9, epoch=epoch, now=NOW)
    assert [one.url for one in waiting] == ["https://a.example/2"]


def test_an_entry_without_an_address_goes_by_its_feed(state: State) -> None:
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=60, now=NOW)
    with state.write(epoch) as connection:
        forgotten.note(connection, Forgotten(sites=frozenset(("feeds.example",))), "2026-11-20T12:00:00Z")
    poll = Poll(feed=Feed(url="https://feeds.example/rss"), entries=(entry(None), entry("https://a.example/1")))
    assert state.record_poll(poll, epoch=epoch, now=NOW, next_poll=NOW).new == 1, "entries of other sites stay"


def test_a_note_keeps_its_time_and_can_be_taken_back(state: State) -> None:
    out = Forgotten(ids=frozenset(("an-id",)), sites=frozenset(("b.example",)))
    with state.write() as connection:
        forgotten.note(connection, out, "2026-11-20T12:00:00Z")
        forgotten.note(connection, out, "2026-11-21T12:00:00Z")
        assert [(one.kind, one.value, one.since[:10]) for one in forgotten.listed(connection)] == [
            ("site", "b.example", "2026-11-20"),
            ("url", "an-id", "2026-11-20"),
        ]
        assert forgotten.everything(connection) == out
        assert forgotten.undo(connection, Forgotten(sites=frozenset(("c.example",)))) == 0
        assert forgotten.undo(connection, Forgotten(sites=frozenset(("b.example",)))) == 1
        assert forgotten.everything(connection) == Forgotten(ids=frozenset(("an-id",)))
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.forgotten)).scalar_one() == 1
