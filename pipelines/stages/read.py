"""The read stage: archives, saved pages and texts in, a span at a time."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from newsbeam.connectors.sources.spans import read_span
from newsbeam.pipelines import stopping
from newsbeam.pipelines.job import Tick
from newsbeam.records import Page, Reached, Rejected, SavedEntry, Skipped, Span, Text

SETTLED: Final = "settled"


class Read(NamedTuple):
    """What the stage gives back: documents to extract, and what settles without one."""

    sources: PCollection[Page | Text | SavedEntry]
    settled: PCollection[Rejected | Skipped | Reached]


class ReadSpans(beam.PTransform[PCollection[Tick], Read]):
    """Read the archive parts that a tick names."""

    def expand(self, ticks: PCollection[Tick]) -> Read:
        out = (
            ticks
            | "Spans" >> beam.FlatMap(_spans)
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.FlatMap(_read).with_outputs(SETTLED, main="sources")
        )
        return Read(out["sources"], out[SETTLED])


def _spans(tick: Tick) -> tuple[Span, ...]:
    return tick.spans


def _read(
    span: Span,
) -> Iterator[Page | Text | SavedEntry | TaggedOutput[Literal["settled"], Rejected | Skipped | Reached]]:
    """Hand on what a span holds; a span that was not read to its end is not noted, and will be read again."""
    for item in read_span(span):
        if stopping.requested():
            return
        if isinstance(item, (Page, Text, SavedEntry)):
            yield item
        else:
            yield TaggedOutput(SETTLED, item)
