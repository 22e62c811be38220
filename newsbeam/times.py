"""Moments as ISO 8601 strings, bounded to what a news story can carry."""

import datetime
import re

EARLIEST = datetime.date(1990, 1, 1)
LATEST_AHEAD = datetime.timedelta(days=2)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def utc(moment: datetime.datetime) -> str:
    """Seconds in UTC, with a Z. A naive moment is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    return aware.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime.datetime | None:
    """The moment of an ISO 8601 string (a bare day is its midnight, UTC); None when it is none."""
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def credible(text: str | None, *, now: datetime.datetime) -> str | None:
    """A story's date in our form, or None when it is no date or outside of 1990 … now + 2 days.

    A zone-aware moment becomes UTC with Z; a moment without a zone keeps its digits and gets none; a day stays a day.
    Bounds: feeds and pages hold years such as 1672, -1 and 9999 from misread digits.
    """
    if not text:
        return None
    text = text.strip()
    moment = parse(text)
    if moment is None or moment.date() < EARLIEST or moment > now + LATEST_AHEAD:
        return None
    if _DAY.match(text):
        return text
    naive = datetime.datetime.fromisoformat(text).tzinfo is None
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if naive else utc(moment)
