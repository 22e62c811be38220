"""How a feed stands, in words for a person who looks every morning. Pure."""

import datetime

from newsbeam import times
from newsbeam.connectors.state.health import per_day
from newsbeam.connectors.state.watched import Watched

DEAD_AFTER = datetime.timedelta(days=7)
DEAD_FAILURES = 3
RECENT = datetime.timedelta(days=7)
SILENT_AFTER = datetime.timedelta(days=30)

STATUSES = {
    "dead": "it has failed for a week, at least three times; it is still asked, now and then",
    "failing": "its last poll failed",
    "gap": "entries may have come and gone between two polls, within the last week",
    "lying": "its server hid new entries behind 'not modified'; it is asked for the whole feed each time",
    "silent": "it can be read, and has brought nothing new for thirty days",
    "moved": "it says that it has moved for good: subscribe to the new address",
    "same as": "it is another feed of the list under a second address",
    "new": "it was not polled yet",
    "ok": "none of these",
    "left": "an earlier run was given it, the last one was not",
}
"""Every status, the most pressing one first."""


def statuses(feed: Watched, now: datetime.datetime) -> tuple[str, ...]:
    """All that hold for the feed, the most pressing one first; `left` goes before all where it holds."""
    health = feed.health
    holds = {
        "dead": _is_dead(feed, now),
        "failing": health.failures > 0 and not _is_dead(feed, now),
        "gap": _since(health.last_gap, now) <= RECENT,
        "lying": health.distrusted is not None,
        "silent": not health.failures and SILENT_AFTER < _since(health.last_new or health.watched_since, now) < _NEVER,
        "moved": health.moved is not None,
        "same as": health.same_as is not None,
        "new": health.polls == 0,
    }
    found = tuple(name for name in STATUSES if holds.get(name))
    if not feed.wanted:
        return ("left", *found)
    return found or ("ok",)


def notes(feed: Watched) -> list[str]:
    """What there is to say of the feed beyond its row, a line each."""
    health, said = feed.health, []
    if health.failures:
        often = "once" if health.failures == 1 else f"{health.failures} times"
        said.append(f"failed {often} since {health.first_failed}: {health.last_error}")
        said.append(f"last good poll {health.last_success}" if health.last_success else "no poll has gone well yet")
    if health.gaps:
        often = "once" if health.gaps == 1 else f"{health.gaps} times"
        said.append(f"gap suspected {often}, last {health.last_gap}: that poll shared no entry with the one before")
    if health.distrusted:
        said.append(f"said 'not modified' of new entries; since {health.distrusted} the whole feed is asked for")
    if health.moved:
        said.append(f"moved for good to {health.moved} (so in {health.moved_polls} polls since {health.moved_since})")
    if health.same_as:
        said.append(f"the same feed as {health.same_as}")
    if feed.next_allowed and feed.next_allowed == feed.next_poll:
        said.append(f"its server asks to be left alone until {feed.next_allowed}")
    return said


def rate(feed: Watched, now: datetime.datetime) -> str:
    """New entries a day, to two digits; `-` while it is not known."""
    found = per_day(feed.health, now)
    return "-" if found is None else f"{found:.1f}" if found < 10 else f"{found:.0f}"


_NEVER = datetime.timedelta.max


def _is_dead(feed: Watched, now: datetime.datetime) -> bool:
    long = DEAD_AFTER <= _since(feed.health.first_failed, now) < _NEVER
    return feed.health.failures >= DEAD_FAILURES and long


def _since(moment: str | None, now: datetime.datetime) -> datetime.timedelta:
    found = times.parse(moment or "")
    return _NEVER if found is None else now - found
