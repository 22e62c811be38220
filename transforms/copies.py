"""The Beam stage that decides about copies: by band to pairs, and all of a window at one key to verdicts.

Ids and bands alone cross the shuffle by band, and sketches the one to the key where all meet: each crosses once.
Deciding takes some 50 µs a document, so one key keeps up with all the news there is, and gives order without locks.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection, TaggedOutput

from newsbeam.records import Sketch
from newsbeam.transforms.bands import Pair, bands, pairs
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.verdicts import History, Verdict, judge

__all__ = ["ClusterCopies", "History", "Verdict"]

_CUT = "cut"
_Member = tuple[str, bytes]


def _by_band(sketch: Sketch) -> Iterator[tuple[int, _Member]]:
    """The id and the bands, once for each band; packed, as a tuple of numbers is slow to encode."""
    keys = bands(sketch.fingerprint)
    member = sketch.id, struct.pack(f"<{len(keys)}q", *keys)
    return ((key, member) for key in keys)


class _Pairs(beam.DoFn):
    """The documents of one band to pairs; how many were beyond the limit goes to its own output."""

    def __init__(self, bucket: int) -> None:
        self.bucket = bucket
        self.cut = Metrics.counter("copies", "bucket_cut")

    def process(self, element: tuple[int, Iterable[_Member]]) -> Iterator[Any]:
        band, packed = element
        members = list(packed)
        if len(members) < 2:
            return
        found, cut = pairs(
            band, ((one, struct.unpack(f"<{len(keys) // 8}q", keys)) for one, keys in members), self.bucket
        )
        if cut:
            self.cut.inc(cut)
            yield TaggedOutput(_CUT, cut)
        yield from found


class _Judge(beam.DoFn):
    """All of a window to verdicts, with one question to the history."""

    def __init__(self, thresholds: Thresholds, bucket: int, open_history: Callable[[], History | None]) -> None:
        self.thresholds = thresholds
        self.bucket = bucket
        self.open_history = open_history
        self.history: History | None = None

    def setup(self) -> None:
        self.history = self.open_history()

    def process(self, element: tuple[int, Mapping[str, Iterable[Any]]]) -> Iterator[Verdict]:
        _, parts = element
        cut = sum(parts["cut"])
        for verdict in judge(parts["sketches"], parts["pairs"], self.history, self.thresholds, self.bucket):
            yield replace(verdict, bucket_cut=cut) if cut else verdict
            cut = 0


class ClusterCopies(beam.PTransform[PCollection[Sketch], PCollection[Verdict]]):
    """Sketches to verdicts: one for each component of copies that a new document touches, window by window.

    bucket: documents of one band that are paired, and earlier candidates that are compared with one new document.
    open_history: called where a worker sets its stage up, so it is pickled; what it gives is None without history.
    """

    def __init__(self, *, thresholds: Thresholds, bucket: int, open_history: Callable[[], History | None]) -> None:
        super().__init__()
        self.thresholds = thresholds
        self.bucket = bucket
        self.open_history = open_history

    def expand(self, input_or_inputs: PCollection[Sketch]) -> PCollection[Verdict]:
        sketches = input_or_inputs
        met = (
            sketches
            | "ByBand" >> beam.FlatMap(_by_band).with_output_types(tuple[int, _Member])
            | "Meet" >> beam.GroupByKey()
            | "Pairs" >> beam.ParDo(_Pairs(self.bucket)).with_output_types(Pair).with_outputs(_CUT, main="pairs")
        )
        parts = {
            "sketches": sketches | "SketchesToOne" >> beam.Map(_at_one_key).with_output_types(tuple[int, Sketch]),
            "pairs": met.pairs | "PairsToOne" >> beam.Map(_at_one_key).with_output_types(tuple[int, Pair]),
            "cut": met[_CUT] | "CutToOne" >> beam.Map(_at_one_key).with_output_types(tuple[int, int]),
        }
        verdicts: PCollection[Verdict] = (
            parts
            | "ToOne" >> beam.CoGroupByKey()
            | "Judge" >> beam.ParDo(_Judge(self.thresholds, self.bucket, self.open_history)).with_output_types(Verdict)
        )
        return verdicts


def _at_one_key(element: Any) -> tuple[int, Any]:
    return 0, element
