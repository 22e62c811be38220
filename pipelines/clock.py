"""The stream's clock: Beam's periodic impulse, of a time that no engine can cut in two."""

import time
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.pvalue import PBegin, PCollection
from apache_beam.transforms.periodicsequence import ImpulseSeqGenDoFn, ImpulseSeqGenRestrictionProvider
from apache_beam.utils.timestamp import MAX_TIMESTAMP, Timestamp


class PeriodicTicks(beam.PTransform[PBegin, PCollection[Timestamp]]):
    """Moments, one every `interval` seconds from now on, each as soon as it has come.

    Unlike Beam's PeriodicImpulse, of which it is made, the time to come is not split. An engine splits the rest of a
    bundle that makes no progress, as on any busy machine (Prism 2.77: after two looks, 100 ms apart). Half of the rest
    of time begins thousands of years ahead, the watermark goes there, and every later tick is late and dropped.

    Of moments that have passed only the last one comes: a machine that slept for a weekend, or a job that is resumed
    from an old savepoint, has nothing to catch up with by looking ten thousand times at what is due now.
    """

    def __init__(self, interval: float) -> None:
        super().__init__()
        self._interval = interval

    def expand(self, pbegin: PBegin) -> PCollection[Timestamp]:
        span = (Timestamp.now(), MAX_TIMESTAMP, self._interval)
        ticks: PCollection[Timestamp] = (
            pbegin | "Begin" >> beam.Impulse() | "Span" >> beam.Map(lambda _: span) | "Tick" >> beam.ParDo(_Ticks())
        )
        return ticks


class WholeTime(OffsetRestrictionTracker):
    """Ticks that can be put off, which is a split at 0, and not be shared out."""

    def try_split(self, fraction_of_remainder: float) -> Any:
        """As its parent at 0; None, which is a refusal, anywhere else."""
        return super().try_split(fraction_of_remainder) if fraction_of_remainder == 0 else None  # type: ignore[no-untyped-call]


class _Ahead(ImpulseSeqGenRestrictionProvider):
    def create_tracker(self, restriction: OffsetRange) -> WholeTime:
        return WholeTime(restriction)


_TIME = beam.DoFn.RestrictionParam(_Ahead())
_WATERMARK = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider())


class _Ticks(ImpulseSeqGenDoFn):
    @beam.DoFn.unbounded_per_element()  # type: ignore[untyped-decorator]
    def process(
        self,
        element: tuple[Timestamp, Timestamp, float],
        restriction_tracker: Any = _TIME,
        watermark_estimator: Any = _WATERMARK,
    ) -> Iterator[Any]:
        _, _, interval = element
        for one in super().process(element, restriction_tracker, watermark_estimator):
            if not is_overtaken(one.timestamp, interval, now=time.time()):
                yield one


def is_overtaken(moment: Timestamp, interval: float, *, now: float) -> bool:
    """Whether the next tick has come already, which does all that this one would. now: Unix seconds."""
    return moment.micros / 1e6 + interval <= now
