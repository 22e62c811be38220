"""`newsbeam feeds`: every feed of a state and how it stands; `newsbeam feeds check`: one feed, asked now."""

import argparse
import datetime
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from newsbeam.connectors.state.health import per_day
from newsbeam.connectors.state.watched import Watched
from newsbeam.pipelines import feed_status
from newsbeam.pipelines.commands import states
from newsbeam.pipelines.commands.options import DONE, FAILED, add_settings, no_more, settings
from newsbeam.pipelines.feed_status import STATUSES
from newsbeam.pipelines.request import check_addresses

_COLUMNS = ("status", "new/day", "last new", "next poll", "feed")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_INNER = ("item_keys", "recent", "gap_epoch")


def add(commands: Any) -> None:
    """Enter the command."""
    parser = commands.add_parser("feeds", help="how each feed stands; `feeds check URL` asks one", allow_abbrev=False)
    states.add_states(parser)
    parser.add_argument("--failing", action="store_true", help="only feeds whose last poll failed (failing, dead)")
    parser.add_argument("--status", action="append", default=[], choices=tuple(STATUSES), help="only these")
    parser.add_argument("--all", action="store_true", help="feeds of earlier runs, too, that the last was not given")
    parser.add_argument("--json", action="store_true", help="everything that is known of each feed, one JSON a line")
    parser.set_defaults(run=_run)
    inner = parser.add_subparsers(metavar="check", required=False)
    check = inner.add_parser("check", help="ask a feed now, without a state, and say what it is", allow_abbrev=False)
    check.add_argument("url", metavar="URL")
    check.add_argument("--json", action="store_true", help="one JSON object")
    check.add_argument("--allow-address", action="append", default=[], metavar="NET:PORT", help="as for `run`")
    add_settings(check)
    check.set_defaults(run=_check)


def _run(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    now = datetime.datetime.now(datetime.UTC)
    wanted = {*known.status, *(("failing", "dead") if known.failing else ())}
    with states.opened(states.urls_of(known.store, known.state)) as opened:
        found = [(state.url, feed) for state in opened for feed in state.watched()]
    if not (known.all or "left" in wanted):
        found = [(url, feed) for url, feed in found if feed.wanted]
    told = [(url, feed, feed_status.statuses(feed, now)) for url, feed in found]
    order = list(STATUSES)
    chosen = sorted(
        (one for one in told if not wanted or wanted & set(one[2])),
        key=lambda one: (order.index(one[2][0]), one[1].url),
    )
    if known.json:
        for url, feed, statuses in chosen:
            print(orjson.dumps(as_json(url, feed, statuses, now)).decode())
        return DONE
    lines = table([(feed, statuses) for _, feed, statuses in chosen], now)
    print("\n".join(lines))
    print(summary([statuses[0] for _, _, statuses in told]), file=sys.stderr)
    return DONE


def table(feeds: Sequence[tuple[Watched, Sequence[str]]], now: datetime.datetime) -> list[str]:
    """The feeds with their statuses as lines of a table, its head first; what there is to say of a feed below it."""
    rows = [_COLUMNS, *(_cells(feed, statuses, now) for feed, statuses in feeds)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_COLUMNS))]
    below: list[list[str]] = [[], *(feed_status.notes(feed) for feed, _ in feeds)]
    lines = []
    for row, said in zip(rows, below, strict=True):
        cells = (
            cell.rjust(width) if at == 1 else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines += ["  ".join(cells).rstrip(), *(f"    {one}" for one in said)]
    return lines


def summary(statuses: Sequence[str]) -> str:
    """How many feeds there are, and how many of each status, the most pressing one first."""
    counted = Counter(statuses)
    parts = ", ".join(f"{name} {counted[name]}" for name in STATUSES if counted[name])
    return f"{len(statuses)} feeds{f': {parts}' if parts else ''}"


def as_json(state: str, feed: Watched, statuses: Sequence[str], now: datetime.datetime) -> Mapping[str, object]:
    """Everything that is known of a feed, in plain values."""
    health = {name: value for name, value in asdict(feed.health).items() if name not in _INNER}
    found = per_day(feed.health, now)
    return {
        "state": state,
        "url": feed.url,
        "title": feed.title,
        "status": statuses[0],
        "statuses": list(statuses),
        "wanted": feed.wanted,
        "new_per_day": None if found is None else round(found, 3),
        "next_poll": feed.next_poll,
        "next_allowed": feed.next_allowed,
        "interval_s": feed.interval_s,
        **health,
        "skip_hours": [hour for hour in range(24) if feed.health.skip_hours >> hour & 1],
        "skip_days": [day for at, day in enumerate(_DAYS) if feed.health.skip_days >> at & 1],
    }


def _cells(feed: Watched, statuses: Sequence[str], now: datetime.datetime) -> tuple[str, ...]:
    rate = feed_status.rate(feed, now)
    return ", ".join(statuses), rate, feed.health.last_new or "-", feed.next_poll or "-", feed.url


def _check(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    check_addresses(known.allow_address)
    from newsbeam.pipelines import feed_check

    found = feed_check.check(known.url, settings(known), tuple(known.allow_address))
    print(orjson.dumps(asdict(found)).decode() if known.json else "\n".join(feed_check.lines(found)))
    return DONE if found.readable else FAILED
