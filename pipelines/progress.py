"""How far this process is: counters that the stages raise, shown on stderr while a run goes on."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TextIO

from apache_beam.metrics.metric import Metrics, MetricsFilter
from apache_beam.runners.runner import PipelineResult

SHOWN = ("polled", "fetched", "documents", "rejected", "stored")

_NAMESPACE = "progress"

_counts: Counter[str] = Counter()
_lock = threading.Lock()


def count(name: str, by: int = 1) -> None:
    """Raise one counter of this process, and of the job if this is a DoFn's thread."""
    _raise(name, by)
    Metrics.counter(_NAMESPACE, name).inc(by)


def take(result: PipelineResult) -> None:
    """Raise the counters by what the workers of a job that has ended, in other processes, have counted."""
    for one in result.metrics().query(MetricsFilter().with_namespace(_NAMESPACE))["counters"]:
        _raise(one.key.metric.name, int(one.result or 0))


def _raise(name: str, by: int) -> None:
    with _lock:
        _counts[name] += by


def counts() -> Counter[str]:
    """The counters so far."""
    with _lock:
        return Counter(_counts)


def reset() -> None:
    """Begin anew, for a run in the same process."""
    with _lock:
        _counts.clear()


def line(now: Counter[str], elapsed: float) -> str:
    """One line for a person: feeds polled, pages fetched, documents, rejected, stored, and the rate of documents."""
    parts = [f"{name} {now[name]}" for name in SHOWN]
    return ", ".join(parts) + f", {now['documents'] / elapsed if elapsed > 0 else 0:.1f} documents/s"


class Display:
    """Shows how far it is: a line that is written over on a terminal, else a quiet line every half minute.

    told: gives the line, from the seconds since the display began; by default this process's counters.
    """

    def __init__(
        self, told: Callable[[float], str] | None = None, *, out: TextIO | None = None, quiet_seconds: float = 30
    ) -> None:
        self._told = told or (lambda elapsed: line(counts(), elapsed))
        self._out = out or sys.stderr
        self._every = 0.5 if self._out.isatty() else quiet_seconds
        self._done = threading.Event()
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)

    def __enter__(self) -> "Display":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        if self._out.isatty():
            self._out.write("\r\x1b[K")

    def _show(self) -> None:
        while not self._done.wait(self._every):
            text = self._told(time.monotonic() - self._started)
            self._out.write(f"\r\x1b[K{text}" if self._out.isatty() else f"newsbeam: {text}\n")
            self._out.flush()
