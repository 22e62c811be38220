"""Groups held back within a bundle, so that the state is asked for many keys at once."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

from newsbeam.pipelines.stages.flights import Place


class InBatches(beam.DoFn):
    """Hand groups to a function in batches, and emit what it answers in each group's own window.

    answer: takes [(key, values)] and returns, for each of them, the outputs (plain or tagged).
    """

    def __init__(self, answer: Callable[[list[tuple[str, Any]]], list[list[Any]]], *, size: int = 500) -> None:
        self._answer = answer
        self._size = size
        self._held: list[tuple[Place, tuple[str, Any]]] = []

    def start_bundle(self) -> None:
        self._held = []

    def process(
        self,
        group: tuple[str, Any],
        window: Any = beam.DoFn.WindowParam,
        timestamp: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[Any]:
        self._held.append((Place(window, timestamp), group))
        if len(self._held) >= self._size:
            yield from self._flush()

    def finish_bundle(self) -> Iterator[Any]:
        yield from self._flush()

    def _flush(self) -> Iterator[Any]:
        held, self._held = self._held, []
        if not held:
            return
        answers: Iterable[list[Any]] = self._answer([group for _, group in held])
        for (place, _), outputs in zip(held, answers, strict=True):
            for output in outputs:
                if isinstance(output, TaggedOutput):
                    yield TaggedOutput(output.tag, place.stamp(output.value))
                else:
                    yield place.stamp(output)
