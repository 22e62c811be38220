"""The Beam stage that decides about copies: by band to candidates, and all of a window at one key to verdicts.

Ids alone cross the shuffle by band; sketches and texts the one to the key where all meet: each crosses once.
Deciding takes some 50 µs a document, so one key keeps up with all the news there is, and gives order without locks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection

from newsbeam.records import Sketch, Sketched
from newsbeam.transforms.bands import Pair, bands, pairs
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.verdicts import History, Verdict, judge

__all__ = ["History", "JudgeCopies", "Verdict", "paired"]

_Bucket = tuple[int, tuple[str, ...]]
"""A band, and the documents with it."""


def _by_band(one: Sketched) -> Iterator[tuple[int, str]]:
    return ((band, one.sketch.id) for band in bands(one.sketch.fingerprint))


def _shared(element: tuple[int, Iterable[str]]) -> Iterator[_Bucket]:
    """The bands that more than one document has; by far the most have one."""
    band, ids = element[0], tuple(element[1])
    if len(ids) > 1:
        yield band, ids


class _Judge(beam.DoFn):
    """All of a window to verdicts, with one question to the history."""

    def __init__(self, thresholds: Thresholds, bucket: int, open_history: Callable[[], History | None]) -> None:
        self.thresholds = thresholds
        self.bucket = bucket
        self.open_history = open_history
        self.history: History | None = None
        self.cut = Metrics.counter("copies", "bucket_cut")

    def setup(self) -> None:
        self.history = self.open_history()

    def process(self, element: tuple[int, Mapping[str, Iterable[Any]]]) -> Iterator[Verdict]:
        new: list[Sketched] = list(element[1]["sketches"])
        sketches = [one.sketch for one in new]
        found, cut = paired(sketches, element[1]["buckets"], self.bucket)
        self.cut.inc(cut)
        bodies = {one.sketch.id: one.body for one in new}
        for verdict in judge(sketches, found, self.history, self.thresholds, self.bucket, bodies):
            yield replace(verdict, bucket_cut=cut) if cut else verdict
            cut = 0


def paired(sketches: Iterable[Sketch], buckets: Iterable[_Bucket], bucket: int) -> tuple[set[Pair], int]:
    """The candidates among new documents, and how often one was beyond the limit of a band.

    The bands of the documents are taken from their fingerprints: sent along with each id, they would cross the shuffle
    as often as there are bands, which for a long text is a hundred times a kilobyte.
    """
    known: dict[str, set[tuple[int, ...]]] = {}
    for one in sketches:
        known.setdefault(one.id, set()).add(bands(one.fingerprint))
    found: set[Pair] = set()
    cut = 0
    for band, ids in buckets:
        members = ((one, keys) for one in ids for keys in known[one] if band in keys)
        more, beyond = pairs(band, members, bucket)
        found.update(more)
        cut += beyond
    return found, cut


def _no_history() -> History | None:
    return None


class JudgeCopies(beam.PTransform[PCollection[Sketched], PCollection[Verdict]]):
    """Sketches to verdicts: one for each component of copies that a new document touches, window by window.

    bucket: documents of one band that are paired, and earlier candidates that are compared with one new document.
    open_history: called where a worker sets its stage up, so it is pickled; what it gives is None without history.
    """

    def __init__(
        self, *, thresholds: Thresholds, bucket: int, open_history: Callable[[], History | None] = _no_history
    ) -> None:
        super().__init__()
        self.thresholds = thresholds
        self.bucket = bucket
        self.open_history = open_history

    def expand(self, input_or_inputs: PCollection[Sketched]) -> PCollection[Verdict]:
        sketches = input_or_inputs
        buckets = (
            sketches
            | "ByBand" >> beam.FlatMap(_by_band).with_output_types(tuple[int, str])
            | "Meet" >> beam.GroupByKey()
            | "Shared" >> beam.FlatMap(_shared).with_output_types(_Bucket)
        )
        parts = {
            "sketches": sketches | "SketchesToOne" >> beam.Map(_at_one_key).with_output_types(tuple[int, Sketched]),
            "buckets": buckets | "BucketsToOne" >> beam.Map(_at_one_key).with_output_types(tuple[int, _Bucket]),
        }
        verdicts: PCollection[Verdict] = (
            parts
            | "ToOne" >> beam.CoGroupByKey()
            | "Judge" >> beam.ParDo(_Judge(self.thresholds, self.bucket, self.open_history)).with_output_types(Verdict)
        )
        return verdicts


def _at_one_key(element: Any) -> tuple[int, Any]:
    return 0, element
