"""`newsbeam diff`: which articles changed text, cluster or language, came in or left, between the ends of two runs."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Any

import orjson

from newsbeam.connectors.state import journal
from newsbeam.connectors.state.accounts import KEPT_EPOCHS
from newsbeam.connectors.state.journal import Noted
from newsbeam.connectors.state.runs import Run
from newsbeam.connectors.state.state import State
from newsbeam.pipelines.commands import states
from newsbeam.pipelines.commands.options import DONE, no_more
from newsbeam.pipelines.comparing import Change, UnknownRun, changes, chosen
from newsbeam.pipelines.request import UsageError
from newsbeam.records import Document

_AT_ONCE = 500


def add(commands: Any) -> None:
    """Enter the command."""
    parser = commands.add_parser("diff", help="tell what changed between the ends of two runs", allow_abbrev=False)
    for name, meaning in (("before", "the earlier run"), ("after", "the later run")):
        parser.add_argument(name, metavar="RUN", help=f"{meaning}: an id, the start of one, `latest` or `previous`")
    states.add_states(parser)
    parser.add_argument("--json", action="store_true", help="each change as JSON, one a line")
    parser.set_defaults(run=_run)


def _run(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    with states.opened(states.urls_of(known.store, known.state)) as opened, ExitStack() as stack:
        (before, of_before), (after, of_after) = _both(known.before, known.after, opened)
        snapshots = [
            journal.snapshot(stack.enter_context(state.read()), run.epoch)
            for run, state in ((before, of_before), (after, of_after))
        ]
        counts: Counter[str] = Counter()
        for change, text in _told(changes(*snapshots), (of_after, of_before)):
            counts.update(change.what)
            print(as_json(change, text) if known.json else line(change, text))
    print(f"newsbeam: {summary(before, after, counts)}", file=sys.stderr)
    return DONE


def line(change: Change, text: Document | None) -> str:
    """A change for a person: id, what changed, address and title where the state still holds them."""
    parts = [_part(name, change) for name in change.what]
    told = [text.url, text.title or ""] if text is not None else []
    return "  ".join((change.id, ", ".join(parts), *(one for one in told if one)))


def as_json(change: Change, text: Document | None) -> str:
    """A change for a program."""
    values = {
        "id": change.id,
        "changed": change.what,
        "url": text and text.url,
        "title": text and text.title,
        "before": change.before and _noted(change.before),
        "after": change.after and _noted(change.after),
    }
    return orjson.dumps(values).decode()


def summary(before: Run, after: Run, counts: Mapping[str, int]) -> str:
    """How much changed, in a line."""
    whole = ", ".join(
        f"{counts[name]} {said}"
        for name, said in (
            ("came", "came in"),
            ("left", "left"),
            ("text", "with another text"),
            ("language", "in another language"),
            ("cluster", "in another cluster"),
            ("collection", "moved"),
        )
    )
    return f"from run {before.run_id} ({before.version}) to run {after.run_id} ({after.version}): {whole}"


def _both(before: str, after: str, opened: Sequence[State]) -> list[tuple[Run, State]]:
    """The two runs, each with the state that has seen it."""
    of_run = {run.run_id: (run, state) for state in opened for run in state.runs()}
    found = []
    for name in (before, after):
        try:
            run = chosen(name, [run for run, _ in of_run.values()])
        except UnknownRun as error:
            raise UsageError(str(error)) from error
        state = of_run[run.run_id][1]
        with state.read() as connection:
            oldest = journal.oldest(connection)
        if run.epoch < oldest:
            raise UsageError(
                f"{name}: run {run.run_id} is too old: the journal tells what the last {KEPT_EPOCHS} runs left"
            )
        found.append((run, state))
    return found


def _told(found: Iterable[Change], where: Sequence[State]) -> Iterator[tuple[Change, Document | None]]:
    """Each change with its document as the first of the states holds it."""
    remaining = iter(found)
    while portion := list(islice(remaining, _AT_ONCE)):
        texts: dict[str, Document] = {}
        for state in where:
            texts = state.stored([one.id for one in portion if one.id not in texts]) | texts
        yield from ((one, texts.get(one.id)) for one in portion)


def _part(name: str, change: Change) -> str:
    before, after = change.before, change.after
    if before is None or after is None or name == "text":
        return name
    was, now = (
        {"language": one.language, "cluster": one.cluster_id, "collection": one.collection}[name]
        for one in (before, after)
    )
    return f"{name} {was} -> {now}"


def _noted(one: Noted) -> dict[str, str | None]:
    return {
        "collection": one.collection,
        "text_hash": one.text_hash.hex() if one.text_hash is not None else None,
        "language": one.language,
        "cluster_id": one.cluster_id,
    }
