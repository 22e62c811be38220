"""Reading in killable processes: the documents of one bundle, a few of them ahead of the stage that asks for them."""

import datetime
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from newsbeam.connectors.processes import Pool
from newsbeam.pipelines.stages.failures import parse_reason
from newsbeam.pipelines.stages.flights import Flights, Place, failure
from newsbeam.records import Document, Entry, Page, Rejected, SavedEntry, Text
from newsbeam.transforms.tasks import Options, Task, unread

Source = Page | Text | Entry | SavedEntry
_TARGET = "newsbeam.transforms.documents:read"
_AHEAD = 4


class Outcome(NamedTuple):
    """What came of one source, taken in at a moment."""

    source: Source
    now: datetime.datetime
    result: Document | Rejected


class Readings:
    """The reading of a bundle's documents.

    pool: gives the process's pool, asked for with the first document. workers: its processes. deadline: seconds for one
    document.
    """

    def __init__(self, *, pool: Callable[[], Pool], workers: int, options: Options, deadline: float) -> None:
        self._pool = pool
        self._busy = workers + _AHEAD
        self._options = options
        self._deadline = deadline
        self._flights: Flights[Outcome] = Flights()

    def submit(self, source: Source, place: Place) -> None:
        """Have a document read; its outcome comes with `place`."""
        now = datetime.datetime.now(datetime.UTC)
        task = Task(source=source, options=self._options, now=now)
        future = self._pool().submit(_TARGET, task, deadline=self._deadline)
        flights = self._flights
        flights.start()

        def done(finished: Any) -> None:
            error = failure(finished)
            row = _row(error, source, now) if error is not None else finished.result()
            if row is not None:
                flights.land(place, Outcome(source, now, row))
            flights.close(error if row is None else None)

        future.add_done_callback(flights.guarded(done))

    def done(self) -> Iterator[tuple[Place, Outcome]]:
        """What is finished; waits while the pool has all the documents it needs to stay busy."""
        return self._flights.take(until=self._busy)

    def rest(self) -> Iterator[tuple[Place, Outcome]]:
        """All that is not handed on yet, as it finishes."""
        return self._flights.take(until=0)


def _row(error: BaseException, source: Source, now: datetime.datetime) -> Rejected | None:
    """The row of a document whose reading failed in its process; None for an error that is ours to raise."""
    reason = parse_reason(error)
    return unread(source, reason, str(error), now=now) if reason else None
