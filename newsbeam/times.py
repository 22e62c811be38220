"""Moments as ISO 8601 strings, bounded to what a news story can carry."""

import datetime
import functools
import re
import time

EARLIEST = datetime.date(1990, 1, 1)
LATEST_AHEAD = datetime.timedelta(days=2)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def now() -> str:
    """This moment, as `utc` writes it."""
    return _written(int(time.time()))


@functools.lru_cache(maxsize=1)
def _written(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


def utc(moment: datetime.datetime) -> str:
    """Seconds in UTC, with a Z. A naive moment is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    return aware.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def parse(text: str) -> datetime.datetime | None:
    """The moment of an ISO 8601 string (a bare day is its midnight, UTC); None when it is none, or none in UTC."""
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
        moment.astimezone(datetime.UTC)  # the first and the last day of the calendar may have no counterpart
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def captured(text: str, *, now: datetime.datetime) -> datetime.datetime | None:
    """The moment at which a page was captured; None when it is none, or outside of 1990 … now + 2 days.

    Bounds: the newest capture decides which copies are still compared, so one of the year 9999 would end that for all.
    """
    moment = parse(text)
    return moment if moment is not None and _within(moment, now) else None


def _within(moment: datetime.datetime, now: datetime.datetime) -> bool:
    return moment.astimezone(datetime.UTC).date() >= EARLIEST and moment <= now + LATEST_AHEAD


def credible(text: str | None, *, now: datetime.datetime) -> str | None:
    """A story's date in our form, or None when it is no date or outside of 1990 … now + 2 days.

    A zone-aware moment becomes UTC with Z; a moment without a zone keeps its digits and gets none; a day stays a day.
    Bounds: feeds and pages hold years such as 1672, -1 and 9999 from misread digits.
    """
    if not text:
        return None
    text = text.strip()
    moment = parse(text)
    if moment is None or not _within(moment, now):
        return None
    if _DAY.match(text):
        return text
    naive = datetime.datetime.fromisoformat(text).tzinfo is None
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if naive else utc(moment)
