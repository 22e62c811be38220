"""How long stories take from their feed into a store: a watcher beside the run, and the figures of what it saw."""

import datetime
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_MARGIN = datetime.timedelta(seconds=30)
"""Rows are read again for so long: the moment that a row bears lies before the one at which it can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Seconds from the announcement to the first sight in the store. of: how many stories."""

    of: int
    p50: float
    p95: float
    most: float

    def __str__(self) -> str:
        return f"{self.of} stories: p50 {self.p50:.1f} s, p95 {self.p95:.1f} s, max {self.most:.1f} s"


def lag(seconds: Sequence[float]) -> Lag:
    """The figures of some lags, of which there must be two at least."""
    parts = statistics.quantiles(seconds, n=20, method="inclusive")
    return Lag(of=len(seconds), p50=statistics.median(seconds), p95=parts[-1], most=max(seconds))


class Watcher:
    """Looks at a store again and again, and notes when each address is seen in it for the first time.

    read: gives (url, updated_at) of the rows written since a moment. every: seconds between two looks; the last one is
    at the end of the block.
    """

    def __init__(self, read: Callable[[str], Sequence[tuple[str, str]]], *, every: float = 0.2) -> None:
        self._read, self._every = read, every
        self._since = ""
        self._seen: dict[str, float] = {}
        self._done = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    @property
    def seen(self) -> Mapping[str, float]:
        """Unix seconds of the first sight of each address so far."""
        if self._error is not None:
            raise self._error
        return dict(self._seen)

    def lags(self, announced: Mapping[str, float]) -> list[float]:
        """Seconds that each address took which was both announced and seen. announced: Unix seconds by address."""
        return [when - announced[url] for url, when in self.seen.items() if url in announced]

    def _watch(self) -> None:
        try:
            while not self._done.wait(self._every):
                self._look()
            self._look()
        except Exception as error:  # raised where the result is asked for
            self._error = error

    def _look(self) -> None:
        rows, now = self._read(self._since), time.time()
        for url, _ in rows:
            self._seen.setdefault(url, now)
        newest = max((updated for _, updated in rows), default="")
        if newest:
            before = datetime.datetime.fromisoformat(newest) - _MARGIN
            self._since = max(self._since, before.strftime("%Y-%m-%dT%H:%M:%S"))
