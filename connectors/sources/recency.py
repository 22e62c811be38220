"""How far back entries are taken (`--since`): pure, by the dates that a feed states."""

import datetime
import re
from collections.abc import Sequence

from newsbeam import times
from newsbeam.records import Entry

_UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_LONGEST = 200 * 365 * 86_400
_SPAN = re.compile(r"(\d{1,6})([mhdw])")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def moment_of(text: str, *, now: datetime.datetime) -> datetime.datetime:
    """The moment that `7d`, `48h`, `30m`, `2w`, a day (its beginning, UTC) or an ISO 8601 moment stands for.

    Raises:
        ValueError: it stands for none between 1990 and `now`; the message says what it may be.
    """
    text = text.strip()
    if found := _SPAN.fullmatch(text):
        span = min(int(found[1]) * _UNITS[found[2]], _LONGEST)
        moment = now - datetime.timedelta(seconds=span)
    else:
        parsed = times.parse(text)
        if parsed is None:
            raise ValueError(f"{text!r} is no span and no date; give one such as 7d, 48h, 30m, 2w or 2026-11-01")
        moment = parsed
    if moment.astimezone(datetime.UTC).date() < times.EARLIEST or moment > now:
        raise ValueError(
            f"{text!r} is {times.utc(moment)}, not between 1990 and now; give one such as 7d or 2026-11-01"
        )
    return moment


def without_older(
    entries: Sequence[Entry], since: datetime.datetime | None
) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """(entries to be taken, entries that are older than `since`), each in order; None takes all of them.

    An entry's date is the later of its publication and its update; one without either is taken.
    """
    taken, older = list[Entry](), list[Entry]()
    for one in entries:
        stated = [date for date in (one.published, one.updated) if date]
        old = since is not None and bool(stated) and all(is_older(date, since) for date in stated)
        (older if old else taken).append(one)
    return tuple(taken), tuple(older)


def is_older(date: str | None, since: datetime.datetime) -> bool:
    """Whether an ISO 8601 date is wholly before a moment. A bare day lasts till its end; what is no date is not."""
    moment = times.parse(date) if date else None
    if moment is None or date is None:
        return False
    if _DAY.match(date.strip()):
        return moment + datetime.timedelta(days=1) <= since
    return moment < since
