"""`newsbeam status`: who holds a state, what is before it, and how fast stories come in. It only reads."""

import argparse
import datetime
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson

from newsbeam import times
from newsbeam.connectors.state import lags
from newsbeam.connectors.state.lease import Holder, is_gone
from newsbeam.connectors.state.standing import Standing
from newsbeam.pipelines import standing
from newsbeam.pipelines.commands import states
from newsbeam.pipelines.commands.options import DONE, no_more


def add(commands: Any) -> None:
    """Enter the command."""
    parser = commands.add_parser("status", help="how a run or stream stands now", allow_abbrev=False)
    states.add_states(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a state")
    parser.set_defaults(run=_run)


def _run(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    now = datetime.datetime.now(datetime.UTC)
    with states.opened(states.urls_of(known.store, known.state)) as opened:
        for state in opened:
            holder = state.holder()
            found = state.standing(holder.epoch, now)
            told = _json(state.url, holder, found, now) if known.json else _lines(state.url, holder, found, now)
            print(told)
    return DONE


def _lines(url: str, holder: Holder, found: Standing, now: datetime.datetime) -> str:
    lines = [f"{url}: {_held(holder, now)}", f"  {standing.line(found)}"]
    if found.oldest_pending:
        lines.append(f"  the entry that waits longest was found {found.oldest_pending}")
    return "\n".join(lines)


def _json(url: str, holder: Holder, found: Standing, now: datetime.datetime) -> str:
    whole = {
        "state": url,
        "holder": holder.owner,
        "alive": _is_held(holder, now),
        "epoch": holder.epoch,
        **asdict(found),
        "lag_p50": lags.quantile(found.lags, 0.5),  # beyond the last step it is infinite, which JSON gives as null
        "lag_p95": lags.quantile(found.lags, 0.95),
    }
    return orjson.dumps(whole, option=orjson.OPT_NON_STR_KEYS).decode()


def _held(holder: Holder, now: datetime.datetime) -> str:
    if holder.owner is None:
        return f"nobody holds it (epoch {holder.epoch})"
    until = times.utc(datetime.datetime.fromtimestamp(holder.until, datetime.UTC))
    if _is_held(holder, now):
        return f"held by {holder.owner} (epoch {holder.epoch}, until {until} if no sign comes)"
    return f"held by nobody: {holder.owner} (epoch {holder.epoch}) is gone, or gave no sign since {until}"


def _is_held(holder: Holder, now: datetime.datetime) -> bool:
    return holder.owner is not None and holder.until > now.timestamp() and not is_gone(holder.owner)
