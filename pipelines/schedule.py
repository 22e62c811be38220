"""When a feed is polled next: from what it says of itself and what its polls have shown. Pure."""

import datetime

from newsbeam import times
from newsbeam.config.tables import Feeds
from newsbeam.connectors.state.health import Health, per_day

_QUIET_SHARE = 10
"""A feed that was quiet for ten hours can wait one more: a late entry is late by a tenth of what it kept us waiting."""
_TYPICAL_SHARE = 4
"""And it never waits longer than a quarter of what usually lies between two of its entries."""
_ALIAS = 12
"""An address of a feed that is polled under another one is looked at so many times more seldom."""
_HOURS = 24 * 8


def next_poll(
    health: Health, now: datetime.datetime, *, poll: float, feeds: Feeds, wait: float | None = None
) -> datetime.datetime:
    """The moment of the next poll. wait: seconds that the server asked for (Retry-After), which go before all bounds.

    Hours and days that the feed asks to be left alone in (skipHours, skipDays) are passed over within the longest
    interval. poll: `stream.poll`.
    """
    at = now + datetime.timedelta(seconds=interval(health, now, poll=poll, feeds=feeds))
    if not health.failures and not _is_order(poll, feeds):
        at = min(_beyond_skips(at, health), max(at, now + datetime.timedelta(seconds=feeds.max_interval)))
    return max(at, now + datetime.timedelta(seconds=wait or 0))


def interval(health: Health, now: datetime.datetime, *, poll: float, feeds: Feeds) -> float:
    """Seconds until the next poll, within `feeds.min_interval` (or a smaller `stream.poll`) and `feeds.max_interval`.

    A feed that fails is asked at `stream.poll` once more, then after twice, four times, … as long, and never given up.
    """
    low, high = min(poll, feeds.min_interval), max(poll, feeds.max_interval)
    if health.failures:
        return min(poll * 2.0 ** min(health.failures - 1, 40), high)
    wanted = max(poll if _is_order(poll, feeds) else _own_word(health, poll), _slowed(health, now))
    if health.same_as is not None:
        wanted = max(wanted, _ALIAS * poll)
    return min(max(min(wanted, _turnover(health, now) / 2), low), high)


def _is_order(poll: float, feeds: Feeds) -> bool:
    """Whether `stream.poll` is so small that whoever set it wants it kept, whatever a feed says of itself."""
    return poll < feeds.min_interval


def _own_word(health: Health, poll: float) -> float:
    """What the feed asks for (ttl, update period), or `stream.poll`; not before its answer ceases to be fresh."""
    return max(health.ttl or poll, health.max_age or 0.0)


def _slowed(health: Health, now: datetime.datetime) -> float:
    """How long a feed that has brought nothing for a while can wait; 0 right after something new."""
    last = times.parse(health.last_new or health.watched_since or "")
    if last is None:
        return 0.0
    rate = per_day(health, now)
    typical = 86_400 / rate if rate else float("inf")
    return min((now - last).total_seconds() / _QUIET_SHARE, typical / _TYPICAL_SHARE)


def _turnover(health: Health, now: datetime.datetime) -> float:
    """Seconds in which every entry that the feed holds is replaced by a new one: a longer interval leaves a gap."""
    rate = per_day(health, now)
    return 86_400 * health.entries / rate if rate and health.entries else float("inf")


def _beyond_skips(at: datetime.datetime, health: Health) -> datetime.datetime:
    """The first moment from `at` on in whose hour the feed may be polled; `at` itself where there is none."""
    asked = at.astimezone(datetime.UTC)
    hour = asked.replace(minute=0, second=0, microsecond=0)
    for number in range(_HOURS):
        one = hour + datetime.timedelta(hours=number)
        if not (health.skip_hours >> one.hour & 1 or health.skip_days >> one.weekday() & 1):
            return max(asked, one)
    return asked
