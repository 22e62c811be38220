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
_patient: list[None] = []
"""Lists, not an Event: a signal's handler may run while its own thread is inside of the Event's lock."""

_CHECK = 0.1


def requested() -> bool:
    """Whether this process was asked to stop."""
    return bool(_wishes)


def asked() -> bool:
    """Whether the process was asked to end, be it at once or when what is under way is done."""
    return bool(_wishes or _signals)


def wait(seconds: float) -> bool:
    """Wait for a wish to stop, at most so long; whether there is one. A signal ends the wait, too."""
    until, signals = time.monotonic() + seconds, len(_signals)
    while not _wishes and len(_signals) == signals and (left := until - time.monotonic()) > 0:
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
    _patient.clear()


def go_on() -> None:
    """Forget a wish that was this process's own, so that what it has ended can begin anew; a signal's stays."""
    _wishes[:] = [None] if len(_signals) > len(_patient) else []


def by_signal() -> str | None:
    """The name of the signal that asked to stop; None when none did."""
    return signal.Signals(_signals[0]).name if _signals else None


def on_signals(*, patient: bool = False) -> None:
    """Take SIGTERM and SIGINT as a wish to stop; the next one ends the process at once.

    patient: the first one is only noted (`asked`), so that stages finish what they have; the second one is the wish.
    """
    _patient[:] = [None] if patient else []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _handle)


def _handle(number: int, _frame: types.FrameType | None) -> None:
    if len(_signals) > len(_patient):
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
    _signals.append(number)
    if len(_signals) > len(_patient):
        request()
