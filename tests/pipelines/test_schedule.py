"""When a feed is polled next: pace, silence, the feed's own word, failures, and the bounds of all."""

import datetime
import itertools
from dataclasses import replace

import pytest

from newsbeam import times
from newsbeam.config.tables import Feeds
from newsbeam.connectors.state.health import MEMORY, Health
from newsbeam.pipelines import schedule

NOW = datetime.datetime(2026, 11, 26, 12, 30, tzinfo=datetime.UTC)  # a Thursday
BOUNDS = Feeds()
HOUR, DAY = 3600.0, 86_400.0


def ago(seconds: float) -> str:
    """A moment so long ago."""
    return times.utc(NOW - datetime.timedelta(seconds=seconds))


def known(*, rate: float = 0, quiet: float = 0, **changes: object) -> Health:
    """The health of a feed long known with so many new entries a day, the last of them so many seconds ago."""
    long = Health(watched_since=ago(1000 * DAY), last_success=ago(0), last_new=ago(quiet), recent=rate * MEMORY)
    return replace(long, entries=50, **changes)  # type: ignore[arg-type]


def interval(health: Health, *, poll: float = 300) -> float:
    return round(schedule.interval(health, NOW, poll=poll, feeds=BOUNDS), 3)


def at(health: Health, *, poll: float = 300, wait: float | None = None) -> str:
    return times.utc(schedule.next_poll(health, NOW, poll=poll, feeds=BOUNDS, wait=wait))


def test_a_feed_that_says_nothing_and_always_has_something_new_is_polled_at_the_pace_of_the_stream() -> None:
    for poll in (5, 8, 60, 300):
        assert interval(known(rate=20), poll=poll) == poll
        assert interval(Health(), poll=poll) == poll, "nothing is known of a new feed"


def test_silence_slows_a_feed_down_by_a_tenth_of_its_length_and_something_new_ends_that() -> None:
    assert interval(known(quiet=3000)) == 300
    assert interval(known(quiet=HOUR)) == 360
    assert interval(known(quiet=DAY)) == 8640
    assert interval(known(quiet=30 * DAY)) == DAY, "the longest interval"
    assert interval(known(quiet=0)) == 300
    assert interval(known(quiet=600), poll=5) == 60, "a small stream.poll is slowed by silence alone"


def test_a_feed_never_waits_longer_than_a_quarter_of_its_usual_gap() -> None:
    assert interval(known(rate=10, quiet=12 * HOUR)) == DAY / 10 / 4
    assert interval(known(rate=1000, quiet=12 * HOUR)) == 300


def test_an_interval_leaves_no_time_for_all_entries_to_be_replaced() -> None:
    busy = known(rate=DAY / 10, ttl=HOUR)
    assert interval(replace(busy, entries=50)) == 250
    assert interval(replace(busy, entries=4)) == BOUNDS.min_interval
    assert interval(replace(busy, entries=0)) == HOUR


def test_the_feeds_own_word_goes_before_the_settings_of_the_stream() -> None:
    assert interval(known(ttl=HOUR)) == HOUR
    assert interval(known(ttl=120)) == 120
    assert interval(known(ttl=1)) == BOUNDS.min_interval
    assert interval(known(ttl=400 * DAY)) == BOUNDS.max_interval
    assert interval(known(max_age=900)) == 900
    assert interval(known(max_age=10)) == 300, "an answer that may be asked for anew is no wish to be asked"
    assert interval(known(ttl=120, max_age=900)) == 900


def test_a_stream_poll_below_the_shortest_interval_is_an_order() -> None:
    word = known(ttl=HOUR, max_age=HOUR, skip_hours=1 << 12)
    assert interval(word, poll=5) == 5
    assert at(word, poll=5) == ago(-5)


def test_a_feed_that_fails_is_slowed_and_never_given_up() -> None:
    failing = [interval(replace(known(), failures=number)) for number in range(1, 12)]
    assert failing[:4] == [300, 600, 1200, 2400]
    assert failing == sorted(failing)
    assert interval(known(failures=1000)) == BOUNDS.max_interval
    assert interval(known(quiet=0, failures=0)) == 300, "what works again is as it was"


def test_what_the_server_asks_for_goes_before_every_bound() -> None:
    assert at(known(failures=1), wait=3 * DAY) == ago(-3 * DAY)
    assert at(known(failures=3), wait=10) == ago(-1200)


def test_another_address_of_a_feed_is_looked_at_more_seldom() -> None:
    assert interval(known(same_as="https://a.example/")) == 3600
    assert interval(known(same_as="https://a.example/", quiet=DAY)) == 8640


def test_hours_and_days_to_be_left_alone_in_are_passed_over_within_the_longest_interval() -> None:
    assert at(known(skip_hours=1 << 12 | 1 << 13)) == "2026-11-26T14:00:00Z"
    assert at(known(skip_hours=1 << 13)) == "2026-11-26T12:35:00Z"
    assert at(known(skip_days=1 << 3)) == "2026-11-27T00:00:00Z", "Thursday"
    assert at(known(skip_days=1 << 3, skip_hours=1)) == "2026-11-27T01:00:00Z"
    assert at(known(skip_days=0b1111000)) == "2026-11-27T12:30:00Z", "the longest interval, on the second day"
    assert at(known(skip_hours=(1 << 24) - 1)) == "2026-11-26T12:35:00Z", "a feed that is never to be polled is"
    assert at(known(skip_days=127)) == "2026-11-26T12:35:00Z"


def test_whatever_is_known_the_interval_is_within_its_bounds() -> None:
    for rate, quiet, ttl, failures, poll, entries in itertools.product(
        (0, 0.1, 50, 1e6), (0, DAY, 1e9), (None, 1, 1e9), (0, 1, 50), (1, 60, 300, DAY), (0, 1, 2000)
    ):
        health = replace(known(rate=rate, quiet=quiet), ttl=ttl, failures=failures, entries=entries)
        found = interval(health, poll=poll)
        assert min(poll, BOUNDS.min_interval) <= found <= max(poll, BOUNDS.max_interval), (health, poll)


@pytest.mark.parametrize("bounds", [Feeds(min_interval=10, max_interval=600)])
def test_the_bounds_are_those_of_the_settings(bounds: Feeds) -> None:
    assert schedule.interval(known(quiet=DAY), NOW, poll=300, feeds=bounds) == 600
    assert schedule.interval(known(ttl=1), NOW, poll=300, feeds=bounds) == 10
