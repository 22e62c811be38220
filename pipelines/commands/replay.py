"""`newsbeam replay`: rejected rows, final ones too, are taken up again by the next run."""

import argparse
import contextlib
import datetime
from collections.abc import Sequence
from typing import Any

from newsbeam.connectors.state import replay
from newsbeam.connectors.state.errors import LeaseLost, StateError
from newsbeam.connectors.state.replay import Replay, Wanted
from newsbeam.connectors.state.state import look_at, open_state
from newsbeam.pipelines.commands import states
from newsbeam.pipelines.commands.options import DONE, FAILED, no_more, say
from newsbeam.pipelines.request import UsageError
from newsbeam.records import REASONS


def add(commands: Any) -> None:
    """Enter the command."""
    parser = commands.add_parser("replay", help="have rejected entries taken up again", allow_abbrev=False)
    which = parser.add_argument_group("which rows (each may be repeated; all without)")
    which.add_argument("--reason", action="append", default=[], metavar="R", help="a reason of docs/rejected.md")
    which.add_argument("--feed", action="append", default=[], metavar="URL", help="rows of this feed")
    which.add_argument("--host", action="append", default=[], metavar="NAME", help="rows of addresses of this host")
    parser.add_argument("--dry-run", action="store_true", help="only tell how many there are")
    states.add_states(parser)
    parser.set_defaults(run=_run)


def _run(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    for reason in known.reason:
        if reason not in REASONS:
            raise UsageError(f"--reason {reason!r}: no such reason; known: {', '.join(REASONS)}")
    wanted = Wanted(
        reasons=frozenset(known.reason),
        feeds=frozenset(known.feed),
        hosts=frozenset(one.lower() for one in known.host),
    )
    try:
        for url in states.urls_of(known.store, known.state):
            name, found = _look(url, wanted) if known.dry_run else _replay(url, wanted)
            print("\n".join((f"{name}:", *(f"  {line}" for line in lines(found, dry=known.dry_run)))))
    except (StateError, LeaseLost) as error:
        return say(str(error), FAILED)
    return DONE


def lines(found: Replay, *, dry: bool) -> list[str]:
    """What is told of a replay."""
    verb = "would be" if dry else "are"
    reasons = ", ".join(f"{reason} {count}" for reason, count in found.reasons)
    said = [f"{len(found.entries)} entries {verb} taken up again by the next run" + (f": {reasons}" if reasons else "")]
    if found.bare:
        said.append(f"of {len(found.bare)} of them only the address is left, and the page alone tells of them")
    if found.waiting:
        said.append(f"{found.waiting} wait already")
    if found.feeds:
        said.append(f"{found.feeds} are feeds that could not be read: every run asks them")
    if found.hopeless:
        said.append(f"{found.hopeless} have no usable address: nothing can be taken up")
    for (kind, source), count in sorted(found.sources.items()):
        said.append(f"{source}: {verb} read again from the beginning by the next run with --{kind} ({count} rows)")
    return said


def _look(url: str, wanted: Wanted) -> tuple[str, Replay]:
    with contextlib.closing(look_at(url)) as state, state.read() as connection:
        return state.url, replay.find(connection, wanted)


def _replay(url: str, wanted: Wanted) -> tuple[str, Replay]:
    look_at(url).close()  # there must be one
    now = datetime.datetime.now(datetime.UTC)
    with contextlib.closing(open_state(url)) as state, states.held(state) as epoch, state.write(epoch) as connection:
        found = replay.find(connection, wanted)
        replay.mark(connection, found, now=now)
        return state.url, found
