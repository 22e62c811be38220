"""`newsbeam runs`: the runs that a state has seen. It only reads, also while a run is under way."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import orjson

from newsbeam.connectors.state.runs import Run, outcome
from newsbeam.pipelines.commands import states
from newsbeam.pipelines.commands.options import DONE, no_more

_COLUMNS = ("run", "started", "seconds", "outcome", "version", "settings", "seen", "new", "corrected", "rejected")


def add(commands: Any) -> None:
    """Enter the command."""
    parser = commands.add_parser("runs", help="list the runs that a state has seen", allow_abbrev=False)
    states.add_states(parser)
    parser.add_argument("--json", action="store_true", help="everything that is known of each run, one JSON a line")
    parser.set_defaults(run=_run)


def _run(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    runs: list[Run] = []
    with states.opened(states.urls_of(known.store, known.state)) as opened:
        for state in opened:
            holder = state.holder()
            runs += [replace(run, outcome=outcome(run, holder)) for run in state.runs()]
    runs.sort(key=lambda run: (run.started, run.epoch, run.run_id))
    lines = [orjson.dumps(asdict(run)).decode() for run in runs] if known.json else table(runs)
    print("\n".join(lines), end="\n" if lines else "")
    return DONE


def table(runs: Sequence[Run]) -> list[str]:
    """The runs as lines of a table, its head first; a failed run's message stands below it."""
    rows = [_COLUMNS, *(_cells(run) for run in runs)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_COLUMNS))]
    lines = [_line(row, widths) for row in rows]
    messages = [None, *(run.message for run in runs)]
    return [
        part
        for line, message in zip(lines, messages, strict=True)
        for part in ([line, f"    {message}"] if message else [line])
    ]


def _cells(run: Run) -> tuple[str, ...]:
    counts = (str(run.counts.get(name, "-")) for name in _COLUMNS[-4:])
    seconds = "-" if run.seconds is None else f"{run.seconds:.1f}"
    return run.run_id, run.started, seconds, run.outcome, run.version, run.settings_hash, *counts


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    last = len(row) - 4
    cells = (
        cell.rjust(width) if at >= last or at == 2 else cell.ljust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()
