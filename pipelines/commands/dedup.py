"""`newsbeam dedup sample` and `newsbeam dedup score`: thresholds of copies, tried on one's own data. docs/dedup.md."""

import argparse
import contextlib
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from newsbeam.config.settings import Settings
from newsbeam.connectors.state import history
from newsbeam.connectors.state.errors import StateError
from newsbeam.connectors.state.state import look_at
from newsbeam.connectors.stores import reading
from newsbeam.connectors.stores.pages import tells_records
from newsbeam.connectors.stores.store import StoreError, UnknownStore
from newsbeam.pipelines import marking, tuning
from newsbeam.pipelines.commands.options import DONE, FAILED, add_settings, no_more, say, settings
from newsbeam.pipelines.marking import Marks
from newsbeam.pipelines.request import UsageError
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.scores import LEAST, MOST, others, score

_MOST = 10_000
_HEAD = ("similarity", "containment", "precision", "recall", "wrongly joined", "missed")


def add(commands: Any) -> None:
    """Enter the commands."""
    parser = commands.add_parser("dedup", help="try the thresholds of copies on your own data", allow_abbrev=False)
    inner = parser.add_subparsers(metavar="sample|score", required=True)
    one = inner.add_parser("sample", help="write pairs near the thresholds, to be marked", allow_abbrev=False)
    one.add_argument("--store", required=True, metavar="URL", help="the store whose records are compared")
    one.add_argument("--state", metavar="URL", help="only records in the window of this state (default: all)")
    one.add_argument("--count", type=int, default=40, metavar="N", help="pairs at most (40)")
    one.add_argument("--out", type=Path, metavar="FILE", help="a new file for the pairs (default: stdout)")
    add_settings(one)
    one.set_defaults(run=_sample)
    two = inner.add_parser("score", help="precision and recall on pairs that were marked", allow_abbrev=False)
    two.add_argument("file", type=Path, metavar="FILE")
    two.add_argument("--similarity", type=float, metavar="SHARE", help="instead of dedup.similarity")
    two.add_argument("--containment", type=float, metavar="SHARE", help="instead of dedup.containment")
    add_settings(two)
    two.set_defaults(run=_score)


def _sample(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    if not 1 <= known.count <= _MOST:
        raise UsageError(f"--count: {known.count} is not within 1 to {_MOST} pairs")
    if known.out is not None and known.out.exists():
        raise UsageError(f"--out: {known.out} exists, and may hold marks: give a new file")
    own = settings(known)
    try:
        store = reading.open_present(known.store)
        if not tells_records(store):
            raise UsageError(f"--store: {store.url}: it cannot be asked for its records: name another store")
        only = _indexed(known.state) if known.state else None
        found = tuning.sample(store, _thresholds(own), bucket=own.dedup.bucket, count=known.count, only=only)
        store.close()
    except UnknownStore as error:
        raise UsageError(f"--store: {error}") from error
    except StoreError as error:
        return say(str(error), FAILED)
    try:
        _write(b"".join(map(marking.line, found)), known.out)
    except BrokenPipeError:  # whoever read from us has had enough
        return FAILED
    except OSError as error:
        return say(f"--out: {known.out}: cannot be written: {error.strerror or error}", FAILED)
    where = known.out or "stdout"
    print(f'newsbeam: {len(found)} pairs to {where}: fill in each "same" with true or false', file=sys.stderr)
    return DONE


def _indexed(url: str) -> Collection[str]:
    """The ids of the records with which a run would compare new ones."""
    try:
        with contextlib.closing(look_at(url)) as state, state.read() as connection:
            return history.indexed(connection)
    except StateError as error:
        raise UsageError(f"--state: {error}") from error


def _write(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(content.decode())
        sys.stdout.flush()
        return
    with out.open("xb") as file:
        file.write(content)


def _score(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    thresholds = _given(_thresholds(settings(known)), known)
    try:
        with known.file.open("rb") as file:
            marks = marking.read(file)
    except OSError as error:
        raise UsageError(f"{known.file}: cannot be read: {error.strerror or error}") from error
    for number, what in marks.bad:
        print(f"newsbeam: {known.file}:{number}: {what}; the line is left out", file=sys.stderr)
    if not marks.marked:
        raise UsageError(
            f"{known.file}: no pair of it is marked ({marks.unmarked} unmarked, {len(marks.bad)} bad lines): "
            'fill in "same" with true or false'
        )
    print("\n".join(report(marks, thresholds)))
    return DONE


def report(marks: Marks, thresholds: Thresholds) -> list[str]:
    """What is said of marked pairs: how many there are, then a table, these thresholds in its first row."""
    same = sum(one.same for one in marks.marked)
    counted = f"{len(marks.marked)} marked ({same} the same, {len(marks.marked) - same} not)"
    rest = f"{marks.unmarked} unmarked, {len(marks.bad)} bad lines"
    rows = [_HEAD, *(_cells(marks, one) for one in (thresholds, *others(thresholds)))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    table = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return [f"{counted}, {rest}", *table]


def _cells(marks: Marks, thresholds: Thresholds) -> tuple[str, ...]:
    found = score(marks.marked, thresholds)
    shares = ("-" if share is None else f"{share:.2f}" for share in (found.precision, found.recall))
    return (
        f"{thresholds.similarity:g}",
        f"{thresholds.containment:g}",
        *shares,
        str(found.wrong),
        str(found.missed),
    )


def _given(thresholds: Thresholds, known: argparse.Namespace) -> Thresholds:
    for name in ("similarity", "containment"):
        value = getattr(known, name)
        if value is not None and not LEAST <= value <= MOST:
            raise UsageError(f"--{name}: {value} is not within {LEAST:g} to {MOST:g}")
    similarity = thresholds.similarity if known.similarity is None else known.similarity
    containment = thresholds.containment if known.containment is None else known.containment
    return replace(thresholds, similarity=similarity, containment=containment)


def _thresholds(own: Settings) -> Thresholds:
    from newsbeam.pipelines.job import thresholds_of

    return thresholds_of(own)
