"""What one more poll makes of a feed's health."""

import datetime
from dataclasses import replace

import pytest

from newsbeam import times
from newsbeam.connectors.sources import repeats
from newsbeam.connectors.state import health
from newsbeam.connectors.state.health import Health
from newsbeam.records import Entry, Feed, Heard, Origin, Poll, Skipped, digest
from tests.connectors.stores.fakes import rejected

NOW = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)
FEED = Feed(url="https://a.example/feed", entries=3)
NEW_HOME = "https://new.example/feed"


def moment(days: float) -> datetime.datetime:
    return NOW + datetime.timedelta(days=days)


def keys(*names: str) -> bytes:
    return repeats.keys([Entry(key=name, feed_url=FEED.url, url=None) for name in names])


def heard(*names: str, **changes: object) -> Heard:
    """A body with these items."""
    return replace(Heard(asked=FEED.url, url=FEED.url, keys=keys(*names)), **changes)  # type: ignore[arg-type]


UNCHANGED = Heard(asked=FEED.url, url=FEED.url, not_modified=True)


def after(before: Health, found: Heard | None = None, *, new: int = 0, days: float = 0, epoch: int = 1) -> Health:
    poll = Poll(feed=FEED, heard=found)
    return health.after(before, poll, None, new=new, epoch=epoch, now=moment(days))


def failed(before: Health, *, days: float = 0) -> Health:
    row = rejected(Origin(kind="feed", source=FEED.url, key=digest("feed-poll", FEED.url)), "timeout", stage="poll")
    return health.after(before, Poll(feed=FEED, rejected=(row,)), row, new=0, epoch=1, now=moment(days))


def test_failures_are_counted_with_their_beginning_until_a_poll_goes_well() -> None:
    good = after(Health(), heard("a"), new=1)
    bad = failed(failed(good, days=1), days=2)
    assert (bad.failures, bad.first_failed, bad.last_success, bad.polls) == (
        2,
        times.utc(moment(1)),
        times.utc(NOW),
        3,
    )
    assert bad.last_error is not None
    assert bad.last_error.startswith("timeout: ")
    mended = after(bad, heard("a"), days=3)
    assert (mended.failures, mended.first_failed, mended.last_error) == (0, None, None)
    assert mended.gaps == 0


def test_a_poll_that_was_left_alone_on_purpose_says_nothing() -> None:
    bad = failed(Health())
    left = Poll(feed=FEED, skipped=(Skipped(origin=Origin(kind="feed", source=FEED.url, key="k"), reason="known"),))
    assert health.after(bad, left, None, new=0, epoch=1, now=moment(1)) == bad


def test_the_rate_is_of_what_came_after_the_first_poll_and_decays() -> None:
    one = after(Health(), heard("a"), new=500)
    assert (one.watched_since, one.last_new, one.recent) == (times.utc(NOW), times.utc(NOW), 0)
    assert health.per_day(one, NOW) is None
    for day in range(1, 4):
        one = after(one, heard("a", str(day)), new=10, days=day)
    early = health.per_day(one, moment(3))
    assert early is not None
    assert 9 < early < 12, "three days are enough to tell ten a day"
    for day in range(4, 60):
        one = after(one, heard("a", str(day)), new=10, days=day)
    steady = health.per_day(one, moment(59))
    assert steady is not None
    assert 9 < steady < 11.5
    silent = health.per_day(one, moment(59 + 21))
    assert silent == pytest.approx(steady * 2.718281828**-3, rel=0.01)
    assert one.last_new == times.utc(moment(59))
    assert after(one, heard("a"), days=60).last_new == times.utc(moment(59))


def test_how_often_a_feed_is_polled_does_not_change_its_rate() -> None:
    seldom = often = after(Health(), heard("a"))
    for hour in range(1, 24 * 30 + 1):
        found = 6 if hour % 24 == 0 else 0
        often = after(often, UNCHANGED, new=found, days=hour / 24)
        if found:
            seldom = after(seldom, UNCHANGED, new=found, days=hour / 24)
    assert health.per_day(often, moment(30)) == pytest.approx(health.per_day(seldom, moment(30)))


def test_a_gap_is_suspected_where_two_polls_share_nothing() -> None:
    one = after(Health(), heard("a", "b"), new=2)
    assert after(one, heard("b", "c"), new=1).gaps == 0
    missed = after(one, heard("c", "d"), new=2, days=1, epoch=7)
    assert (missed.gaps, missed.last_gap, missed.gap_epoch) == (1, times.utc(moment(1)), 7)
    assert after(missed, heard("d", "e"), new=1, days=2, epoch=8).gap_epoch == 7
    assert after(failed(one), heard("c"), new=1).gaps == 1, "what it held before it failed is not forgotten"
    assert after(after(one, UNCHANGED), heard("c"), new=1).gaps == 1


def test_a_feed_that_was_or_is_empty_leaves_no_gap() -> None:
    assert after(after(Health(), heard()), heard("a"), new=1).gaps == 0
    assert after(after(Health(), heard("a")), heard()).gaps == 0
    assert after(Health(), heard("a"), new=1).gaps == 0


def test_answers_without_a_body_are_counted_until_one_comes() -> None:
    one = after(after(after(Health(), heard("a")), UNCHANGED), UNCHANGED)
    assert one.unaudited == 2
    assert failed(one).unaudited == 2
    assert after(one, replace(UNCHANGED, not_modified=False)).unaudited == 0
    assert (one.item_keys, one.gaps) == (keys("a"), 0)


def test_a_server_lies_only_where_it_kept_new_entries_back() -> None:
    one = after(Health(), heard("a"))
    assert after(one, heard("a", "b", contradicted=True)).distrusted is None, "the body's own date may have changed"
    lying = after(one, heard("a", "b", contradicted=True), new=1, days=1)
    assert lying.distrusted == times.utc(moment(1))
    assert after(lying, heard("a", "b", "c"), new=1, days=2).distrusted == times.utc(moment(1))


def test_a_redirect_that_stays_permanent_is_counted_from_its_first_poll() -> None:
    there = heard("a", url=NEW_HOME, permanent=NEW_HOME)
    one = after(after(Health(), there), replace(there, keys=None, not_modified=True), days=2)
    assert (one.moved, one.moved_polls, one.moved_since, one.answered_by) == (NEW_HOME, 2, times.utc(NOW), NEW_HOME)
    elsewhere = after(one, heard("a", url="https://b.example/", permanent="https://b.example/"), days=3)
    assert (elsewhere.moved, elsewhere.moved_polls, elsewhere.moved_since) == (
        "https://b.example/",
        1,
        times.utc(moment(3)),
    )
    assert after(one, heard("a")).moved is None, "it is back"
    assert after(one, heard("a", url=NEW_HOME)).moved is None, "a redirect for now says nothing of for good"


def test_a_feed_asked_where_it_moved_to_stays_there_until_it_fails() -> None:
    one = after(Health(), heard("a", url=NEW_HOME, permanent=NEW_HOME))
    there = after(one, heard("a", asked=NEW_HOME, url=NEW_HOME), days=2)
    assert (there.moved, there.moved_polls, there.moved_since) == (NEW_HOME, 2, times.utc(NOW))
    gone = failed(there, days=3)
    assert (gone.moved_polls, gone.moved_since) == (0, None)
    again = after(gone, heard("a", url=NEW_HOME, permanent=NEW_HOME), days=4)
    assert (again.moved, again.moved_polls, again.moved_since) == (NEW_HOME, 1, times.utc(moment(4)))


def test_what_a_body_says_of_itself_is_kept_while_none_comes() -> None:
    said = heard("a", ttl=3600.0, skip_hours=3, skip_days=1, self_link=NEW_HOME, max_age=60.0)
    one = after(after(Health(), said), UNCHANGED)
    assert (one.ttl, one.skip_hours, one.skip_days, one.self_link, one.max_age) == (3600.0, 3, 1, NEW_HOME, None)
    assert after(one, heard("a")).ttl is None
