"""The dates that feeds state, in the many forms they have, as ISO 8601; what is credible is decided elsewhere."""

import datetime
import email.utils
import re

from newsbeam import zones

_LONGEST = 100
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)"
    r"(?:[Tt\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<zone>[A-Za-z]{1,5}|[+-]\d{2}:?\d{2}|[+-]\d{2})?\Z)?"
)
_COMPACT = re.compile(r"\d{8}T\d{6}(?:Z|[+-]\d{4})?\Z")
_MONTH_NAMED = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_HALF_DAY = re.compile(r"\d\s*[ap]\.?m\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


def iso_of(raw: str) -> str | None:
    """The moment or the day that `raw` states (ISO 8601, RFC 822 and their usual slips), or None.

    A time that cannot be leaves the day. A zone without a known meaning leaves the moment without a zone. Days named
    by digits only are read in the order year, month, day: the others are ambiguous.
    """
    raw = raw.strip()
    if not 8 <= len(raw) <= _LONGEST:
        return None
    try:
        if found := _YEAR_FIRST.match(raw):
            return _year_first(found)
        if _COMPACT.match(raw):
            return datetime.datetime.fromisoformat(raw).isoformat()
        return (not _HALF_DAY.search(raw) and _rfc822(raw)) or (_written_out(raw) if _MONTH_NAMED.search(raw) else None)
    except (ValueError, OverflowError):
        return None


def agrees(moment: datetime.datetime, raw: str) -> bool:
    """Whether a moment that a lenient parser read from `raw` has its year, and its day but for the zone, in there."""
    numbers = {int(number) for number in _NUMBER.findall(raw[:_LONGEST])}
    near = {(moment + datetime.timedelta(days=shift)).day for shift in (-1, 0, 1)}
    return moment.year in numbers and bool(near & numbers) and not _YEAR_FIRST.match(raw.strip())


def _year_first(found: re.Match[str]) -> str:
    day = datetime.date(int(found["year"]), int(found["month"]), int(found["day"]))
    if found["hour"] is None:
        return day.isoformat()
    try:
        time = datetime.time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
        return datetime.datetime.combine(day, time, zones.named(found["zone"])).isoformat()
    except ValueError:
        return day.isoformat()


def _rfc822(raw: str) -> str | None:
    found = email.utils.parsedate_tz(raw)
    if found is None:
        return None
    zone = zones.named(raw.split()[-1].strip("()"))  # an unknown zone is 0 to the parser
    if zone is None and found[9]:
        zone = datetime.timezone(datetime.timedelta(seconds=found[9]))
    moment = datetime.datetime(*found[:5], min(found[5], 59), tzinfo=zone)
    return moment.isoformat() if _NUMBER.search(raw) and ":" in raw else moment.date().isoformat()


def _written_out(raw: str) -> str | None:
    from dateutil import parser  # seldom needed

    first, other = (datetime.datetime(year, month, day) for year, month, day in ((2000, 1, 1), (2001, 2, 2)))
    moment = parser.parse(raw, default=first, tzinfos=zones.found)
    if parser.parse(raw, default=other, tzinfos=zones.found) != moment:
        return None
    return moment.isoformat() if ":" in raw else moment.date().isoformat()
