"""A feed's health: what its polls have shown, and what one more poll makes of it. Pure."""

import datetime
import math
from dataclasses import dataclass, replace

from newsbeam import times
from newsbeam.connectors.sources import repeats
from newsbeam.records import Heard, Poll, Rejected

MEMORY = 7.0
"""Days in which a new entry's weight in the rate falls to 1/e."""
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is known of a feed after its last poll. Moments as in records; None: not yet.

    polls: made. failures: in a row up to now; first_failed, last_error: of these. entries: in its last good body.
    watched_since: its first good poll, whose entries are a backlog and say nothing of its pace. last_new: when a poll
    last brought an entry that was unknown. recent: such entries after the first poll, each weighted by its age.
    gaps: polls that shared no entry with the one before; last_gap, gap_epoch: the last of them.
    unaudited, distrusted, moved, moved_polls, moved_since: see records.Feed.
    answered_by: the address that answered last. item_keys: Heard.keys of the last body. same_as: another feed of the
    state that is this one under its own address. self_link, ttl, max_age, skip_hours, skip_days: see records.Heard.
    """

    polls: int = 0
    failures: int = 0
    first_failed: str | None = None
    last_success: str | None = None
    last_error: str | None = None
    entries: int = 0
    watched_since: str | None = None
    last_new: str | None = None
    recent: float = 0.0
    gaps: int = 0
    last_gap: str | None = None
    gap_epoch: int = 0
    unaudited: int = 0
    distrusted: str | None = None
    moved: str | None = None
    moved_polls: int = 0
    moved_since: str | None = None
    answered_by: str | None = None
    self_link: str | None = None
    item_keys: bytes | None = None
    same_as: str | None = None
    ttl: float | None = None
    max_age: float | None = None
    skip_hours: int = 0
    skip_days: int = 0


NAMES = tuple(Health.__dataclass_fields__)


def per_day(health: Health, now: datetime.datetime) -> float | None:
    """New entries a day as of now; None while the feed was watched for less than an hour.

    A decaying count, divided by the days that it stands for: MEMORY for a feed long known, fewer for a newer one.
    """
    watched = _days(health.watched_since, now)
    if watched is None or watched < 1 / 24:
        return None
    return _faded(health, now) / (MEMORY * -math.expm1(-watched / MEMORY))


def after(
    health: Health, poll: Poll, failure: Rejected | None, *, new: int, epoch: int, now: datetime.datetime
) -> Health:
    """The health after one more poll. new: how many of its entries were unknown. failure: the feed's own row."""
    moment = times.utc(now)
    if poll.heard is None and poll.skipped and not poll.entries:
        return health  # nobody asked
    if failure is not None:
        return replace(
            health,
            polls=health.polls + 1,
            failures=health.failures + 1,
            first_failed=health.first_failed or moment,
            last_error=f"{failure.reason}: {failure.detail}",
            # If the feed was asked where it had moved to, its own address is asked next, and what it says counts anew.
            moved_polls=0,
            moved_since=None,
        )
    good = replace(
        health,
        polls=health.polls + 1,
        failures=0,
        first_failed=None,
        last_error=None,
        last_success=moment,
        entries=poll.feed.entries,
        watched_since=health.watched_since or moment,
        last_new=moment if new else health.last_new,
        recent=_faded(health, now) + (new if health.watched_since else 0),
    )
    return good if poll.heard is None else _heard(good, poll.heard, url=poll.feed.url, new=new, epoch=epoch, now=moment)


def _heard(health: Health, heard: Heard, *, url: str, new: int, epoch: int, now: str) -> Health:
    health = replace(
        _moved(health, heard, url=url, now=now),
        answered_by=heard.url,
        max_age=heard.max_age,
        unaudited=health.unaudited + 1 if heard.not_modified else 0,
        # A body that differs in its time of day only was rightly called the same: new entries make it a lie.
        distrusted=health.distrusted or (now if heard.contradicted and new else None),
    )
    if heard.keys is None:
        return health
    missed = bool(health.item_keys and heard.keys) and not repeats.share(health.item_keys or b"", heard.keys)
    return replace(
        health,
        item_keys=heard.keys,
        self_link=heard.self_link,
        ttl=heard.ttl,
        skip_hours=heard.skip_hours,
        skip_days=heard.skip_days,
        gaps=health.gaps + missed,
        last_gap=now if missed else health.last_gap,
        gap_epoch=epoch if missed else health.gap_epoch,
    )


def _moved(health: Health, heard: Heard, *, url: str, now: str) -> Health:
    """Where the feed is said to be for good, and since when it is said."""
    stays = heard.permanent is None and heard.asked != url  # it was asked where it had moved to, and is there
    to = heard.asked if stays else heard.permanent
    if to is None or to == url:
        return replace(health, moved=None, moved_polls=0, moved_since=None)
    if to != health.moved:
        return replace(health, moved=to, moved_polls=1, moved_since=now)
    return replace(health, moved_polls=health.moved_polls + 1, moved_since=health.moved_since or now)


def _faded(health: Health, now: datetime.datetime) -> float:
    """The weighted count of new entries as of now."""
    return health.recent * math.exp(-max(0.0, _days(health.last_success, now) or 0.0) / MEMORY)


def _days(moment: str | None, now: datetime.datetime) -> float | None:
    found = times.parse(moment or "")
    return None if found is None else (now - found).total_seconds() / _DAY
