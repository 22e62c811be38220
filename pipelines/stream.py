"""The stream driver: one session after the other, for as long as nobody asks it to stop.

A session ends by itself only when something breaks. A server that is away for a while is waited for, and the next
session goes on from what the state holds; whatever else breaks ends the stream.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from newsbeam.pipelines import fitness, inputs, quiet, session, stopping
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.patience import Patience
from newsbeam.pipelines.report import Report
from newsbeam.pipelines.request import Request, without
from newsbeam.records import Feed


def run(request: Request, *, drain: bool = False) -> Report:
    """Take in what comes, until the process is asked to stop. drain: what was taken up is finished first.

    Raises:
        UsageError: an engine that cannot stream, no Prism, or a source without new entries.
        Failed: a stage, a store or the state broke, or was away for longer than `stream.patience`.
    """
    request = fitness.for_a_stream(request)
    feeds = inputs.feeds_of(request)
    with quiet.workers():  # those of a session that has ended, too: what they still had under way is refused
        return _sessions(request, feeds, drain=drain)


def _sessions(request: Request, feeds: Sequence[Feed], *, drain: bool) -> Report:
    patience, worked = Patience(request.settings.stream.patience), list[bool]()
    while True:
        began = time.monotonic()
        try:
            return session.run(request, feeds, drain=drain, opened=lambda: worked.append(True))
        except Failed as failure:
            # What has never worked is rather misspelt than away: whoever has just typed it should be told.
            if not (worked and failure.passing) or stopping.by_signal() is not None:
                raise
            pause = patience.failed(began=began, now=time.monotonic())
            if pause is None:
                raise
            said = f"newsbeam: {failure.cause}; nothing is lost: the stream waits for it and goes on"
            print(f"{said} (next try in {pause:.0f} s)", file=sys.stderr, flush=True)
            # The state has gone on since the savepoint, which may be gone itself by now.
            request = replace(request, beam=without(request.beam, "--savepoint_path"))
            stopping.go_on()
            if stopping.wait(pause):
                raise
