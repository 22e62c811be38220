"""The batch again and again in one process: for who has no engine that streams, or needs none."""

import re
import sys
import time

from newsbeam.pipelines import batch, report, stopping
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.patience import Patience
from newsbeam.pipelines.report import Report
from newsbeam.pipelines.request import Request, UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LEAST = 1.0


def seconds_of(text: str) -> float:
    """Seconds of an interval such as `90s`, `5m`, `1h` or `1d`; raises UsageError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if seconds < _LEAST:
        raise UsageError(f"--interval: {text!r} is no interval of a second or more; give one such as 90s, 5m, 1h or 1d")
    return seconds


def run(request: Request, interval: float, *, quiet: bool) -> Report:
    """Run the batch, and again as long after each start as the interval says, until the process is asked to stop.

    Each round is a run of its own, with its report on stdout; the last one's comes back. A server that is away is
    waited for as in a stream.

    Raises:
        UsageError, Failed: as of a run.
    """
    patience = Patience(request.settings.stream.patience)
    pause = f"{interval:g} s"
    print(f"newsbeam: --interval: the batch runs every {pause} in this process; no engine streams", file=sys.stderr)
    worked = False
    while True:
        began = time.monotonic()
        try:
            outcome = batch.run(request)
        except Failed as failure:
            again = patience.failed(began=began, now=time.monotonic()) if worked and failure.passing else None
            if again is None or stopping.asked():
                raise
            print(f"newsbeam: {failure.cause}; nothing is lost: tried again in {again:.0f} s", file=sys.stderr)
            if stopping.wait(again):
                raise
            continue
        worked = True
        if stopping.asked():
            return outcome
        print(report.text(outcome, quiet=quiet), flush=True)
        if stopping.wait(began + interval - time.monotonic()):
            return outcome
