"""A wish to stop, seen by every stage of this process: work that has not begun is left for the next run."""

import signal
import time
import types
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from typing import TypeVar

T = TypeVar("T")

_wishes: list[None] = []
_signals: list[int] = []
"""Lists, not an Event: a signal's handler may run while its own thread is inside of the Event's lock."""

_CHECK = 0.1


def requested() -> bool:
    """Whether this process was asked to stop."""
    return bool(_wishes)


def wait(seconds: float) -> bool:
    """Wait for a wish to stop, at most so long; whether there is one."""
    until = time.monotonic() + seconds
    while not _wishes and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _CHECK))
    return bool(_wishes)


def awaited(future: "Future[T]") -> T | None:
    """What the future brings; None where a wish to stop comes first."""
    while not _wishes:
        if wait_for((future,), _CHECK).done:
            return future.result()
    future.cancel()
    return None


def request() -> None:
    """Ask every stage of this process to stop soon."""
    _wishes.append(None)


def reset() -> None:
    """Forget an earlier wish: a new run begins."""
    _wishes.clear()
    _signals.clear()


def by_signal() -> str | None:
    """The name of the signal that asked to stop; None when none did."""
    return signal.Signals(_signals[0]).name if _signals else None


def on_signals() -> None:
    """Take SIGTERM and SIGINT as a wish to stop; the second one ends the process at once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _handle)


def _handle(number: int, _frame: types.FrameType | None) -> None:
    if _signals:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
    _signals.append(number)
    request()
