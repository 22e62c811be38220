"""Work under way beside a DoFn: results come back with the window and moment of the element they belong to."""

import queue
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from apache_beam.transforms.window import BoundedWindow
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from newsbeam.pipelines import stopping

T = TypeVar("T")

_STOP_CHECK = 0.2


@dataclass(frozen=True, slots=True)
class Place:
    """The window and timestamp that a result is emitted with."""

    window: BoundedWindow
    timestamp: Timestamp

    def stamp(self, value: object) -> WindowedValue:
        """The value as an output of this place, from whatever element's turn it is emitted in."""
        return WindowedValue(value, self.timestamp, (self.window,))


def failure(finished: "Future[Any]") -> BaseException | None:
    """The error of a finished future; a cancelled one has its cancellation."""
    return CancelledError("cancelled") if finished.cancelled() else finished.exception()


class Flights(Generic[T]):
    """Results of work that runs in other threads, loops or processes, taken in the DoFn's own thread.

    A flight is opened once, lands any number of results and is closed once, from any thread. A flight that is closed
    with an error raises it in the DoFn's thread: it is our bug, and fails the bundle. When the process is asked to
    stop, `take` gives up on what is still open; its entries stay pending in the state.
    """

    def __init__(self) -> None:
        self._landed: queue.SimpleQueue[tuple[Place, T] | BaseException | None] = queue.SimpleQueue()
        self.open = 0

    def start(self) -> None:
        """Open a flight."""
        self.open += 1

    def land(self, place: Place, result: T) -> None:
        """Hand in one result of an open flight."""
        self._landed.put((place, result))

    def close(self, error: BaseException | None = None) -> None:
        """Close a flight; an error is raised where the results are taken."""
        self._landed.put(error)

    def guarded(self, callback: Callable[["Future[Any]"], None]) -> Callable[["Future[Any]"], None]:
        """The callback, whose own error closes the flight: a future would only log it, and the DoFn wait for ever."""

        def call(finished: "Future[Any]") -> None:
            try:
                callback(finished)
            except BaseException as error:
                self.close(error)

        return call

    def follow(self, place: Place, future: "Future[T]") -> None:
        """Open a flight of one result that a future will bring."""

        def done(finished: "Future[T]") -> None:
            error = failure(finished)
            if error is None:
                self.land(place, finished.result())
            self.close(error)

        self.start()
        future.add_done_callback(self.guarded(done))

    def take(self, *, until: int) -> Iterator[tuple[Place, T]]:
        """What has landed; waits until at most `until` flights are open."""
        while True:
            try:
                item = self._landed.get(block=self.open > until, timeout=_STOP_CHECK)
            except queue.Empty:
                if self.open <= until:
                    return
                if stopping.requested():
                    self.open = 0
                    self._landed = queue.SimpleQueue()
                    return
                continue
            if item is None:
                self.open -= 1
            elif isinstance(item, BaseException):
                self.open -= 1
                raise item
            else:
                yield item
