"""Feeds that are one under two addresses, and what a state tells of its feeds, in every database."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from newsbeam.connectors.sources import repeats
from newsbeam.connectors.state.state import State, open_state
from newsbeam.records import Entry, Feed, Heard, Origin, Poll, digest
from tests.connectors.state.earlier import back_to
from tests.connectors.stores.fakes import NOW, later, rejected

A, B, C = (Feed(url=f"https://{name}.example/feed") for name in "abc")


class Place:
    """A state with three feeds."""

    def __init__(self, url: str) -> None:
        self.state: State = open_state(url)
        self.epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=60, now=NOW)
        self.state.subscribe([A, B, C], epoch=self.epoch)

    def poll(self, feed: Feed, *names: str, **said: object) -> None:
        """A poll that brings these entries."""
        entries = tuple(Entry(key=name, feed_url=feed.url, url=f"https://x.example/{name}") for name in names)
        heard = Heard(asked=feed.url, url=feed.url, keys=repeats.keys(entries))
        poll = Poll(feed=feed, entries=entries, heard=replace(heard, **said))  # type: ignore[arg-type]
        self.state.record_poll(poll, epoch=self.epoch, now=NOW, next_poll=later(900))

    def fail(self, feed: Feed) -> None:
        """A poll that fails."""
        at = Origin(kind="feed", source=feed.url, key=digest("feed-poll", feed.url))
        row = rejected(at, "timeout", url=feed.url, feed_url=feed.url, stage="poll")
        self.state.record_poll(Poll(feed=feed, rejected=(row,)), epoch=self.epoch, now=NOW, next_poll=later(900))

    def same(self) -> dict[str, str | None]:
        """Which feed stands for which."""
        return {one.url: one.health.same_as for one in self.state.watched()}


@pytest.fixture
def place(new_state: Callable[[], str]) -> Place:
    return Place(new_state())


@pytest.mark.parametrize("order", [(A, B), (B, A)], ids=["ab", "ba"])
def test_the_smallest_address_stands_for_all_that_lead_to_the_same(place: Place, order: tuple[Feed, Feed]) -> None:
    for feed in order:
        place.poll(feed, "1", url="https://home.example/rss")
    place.poll(C, "1")
    assert place.same() == {A.url: None, B.url: A.url, C.url: None}
    place.poll(B, "2", url="https://other.example/rss")
    assert place.same()[B.url] is None, "it leads elsewhere now"


def test_the_same_self_link_counts_with_the_same_items_only(place: Place) -> None:
    for feed, names in ((A, "12"), (B, "21"), (C, "13")):
        place.poll(feed, *names, self_link="https://a.example/feed")
    assert place.same() == {A.url: None, B.url: A.url, C.url: None}


def test_a_feed_that_fails_stands_for_no_other_and_they_are_due(place: Place) -> None:
    for feed in (A, B, C):
        place.poll(feed, "1", url="https://home.example/rss")
    assert place.same() == {A.url: None, B.url: A.url, C.url: A.url}
    place.fail(A)
    assert place.same() == {A.url: None, B.url: None, C.url: None}
    due = place.state.take_feeds(limit=9, due_only=True, epoch=place.epoch, now=NOW)
    assert [feed.url for feed in due] == [B.url, C.url]
    place.poll(B, "1", url="https://home.example/rss")
    place.poll(C, "1", url="https://home.example/rss")
    assert place.same() == {A.url: None, B.url: None, C.url: B.url}


def test_both_addresses_of_a_feed_account_for_all_they_bring(place: Place) -> None:
    for feed in (B, A):
        place.poll(feed, "1", "2", url="https://home.example/rss")
    seen = {one.source: (one.seen, one.skipped) for one in place.state.accounts(place.epoch)}
    assert seen == {A.url: (2, {}), B.url: (2, {"known": 2})}


def test_a_feed_of_an_earlier_run_stands_for_none(place: Place) -> None:
    place.poll(A, "1", url="https://home.example/rss")
    place.epoch = place.state.take_lease(owner="elsewhere:1:1", seconds=60, now=later(90))
    place.state.subscribe([B], epoch=place.epoch)
    place.poll(B, "1", url="https://home.example/rss")
    assert place.same()[B.url] is None
    assert [(one.url, one.wanted) for one in place.state.watched()] == [
        (A.url, False),
        (B.url, True),
        (C.url, False),
    ]


def test_the_moment_of_the_next_poll_is_chosen_by_the_health_after_this_one(place: Place) -> None:
    poll = Poll(feed=A, entries=(Entry(key="1", feed_url=A.url, url="https://x.example/1"),))
    place.state.record_poll(
        poll, epoch=place.epoch, now=NOW, next_poll=lambda health: later(60 if health.last_new else 10)
    )
    (watched, *_) = place.state.watched()
    assert (watched.interval_s, watched.next_poll) == (60, "2026-11-20T12:01:00Z")


def test_what_waits_since_an_earlier_run_is_not_new_again(place: Place) -> None:
    place.poll(A, "1")
    place.epoch = place.state.take_lease(owner="elsewhere:1:1", seconds=60, now=later(90))
    place.state.subscribe([A], epoch=place.epoch)
    place.poll(A, "1")
    assert place.state.watched()[0].health.recent == 0
    place.poll(A, "1", "2")
    assert place.state.watched()[0].health.recent == 1


def test_gaps_are_told_by_epoch(place: Place) -> None:
    place.poll(A, "1", "2")
    place.poll(B, "1", "2")
    place.poll(A, "2", "3")
    place.poll(B, "3", "4")
    assert place.state.gaps(place.epoch) == [B.url]
    assert place.state.gaps(place.epoch + 1) == []


def test_a_state_of_version_3_gets_health_and_reads_the_next_body_anew(place: Place) -> None:
    place.poll(replace(A, etag='"1"', body_hash="00", entries=1), "1")
    with place.state.write() as connection:
        for statement in back_to(3):
            connection.exec_driver_sql(statement)
        assert not {"item_keys", "gaps"} & {one["name"] for one in sa.inspect(connection).get_columns("feeds")}
    place.state.close()
    place.state = open_state(place.state.full_url)
    (feed, *_) = place.state.take_feeds(limit=9, due_only=False, epoch=place.epoch, now=NOW)
    assert feed.url == B.url, "A was polled in this epoch"
    watched = place.state.watched()[0]
    assert (watched.health.polls, watched.health.gaps, watched.health.item_keys, watched.interval_s) == (
        1,
        0,
        None,
        None,
    )
    with place.state.read() as connection:
        found = connection.exec_driver_sql(f"SELECT etag, body_hash FROM feeds WHERE url = '{A.url}'").one()
    assert tuple(found) == ('"1"', None)
    place.poll(A, "1", url="https://home.example/rss")
    place.poll(B, "1", url="https://home.example/rss")
    assert place.same()[B.url] == A.url
