"""The clock: its ticks can be put off and not be shared out, and they come at their time."""

import time

import apache_beam as beam
import pytest
from apache_beam.io.restriction_trackers import OffsetRange
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.runners.common import DoFnSignature
from apache_beam.runners.sdf_utils import RestrictionTrackerView, ThreadsafeRestrictionTracker
from apache_beam.utils.timestamp import Timestamp

from newsbeam.pipelines.clock import PeriodicTicks, WholeTime, _Ticks, is_overtaken


@pytest.mark.parametrize("share", [0.01, 0.5, 1.0])
def test_no_share_of_the_time_to_come_is_given_away(share: float) -> None:
    tracker = WholeTime(OffsetRange(0, 10**12))
    assert tracker.try_claim(0)
    assert tracker.try_split(share) is None
    assert tracker.current_restriction() == OffsetRange(0, 10**12)
    assert tracker.try_claim(1)


def test_the_rest_can_be_put_off() -> None:
    tracker = WholeTime(OffsetRange(0, 10**12))
    assert tracker.try_claim(0)
    assert tracker.try_split(0) == (OffsetRange(0, 1), OffsetRange(1, 10**12))


def test_the_ticks_are_of_that_time() -> None:
    provider = DoFnSignature(_Ticks()).get_restriction_provider()
    assert isinstance(provider.create_tracker(OffsetRange(0, 5)), WholeTime)


def test_the_first_tick_is_of_when_the_pipeline_is_made() -> None:
    before = time.time()
    pipeline = beam.Pipeline()
    _ = pipeline | PeriodicTicks(2.0)
    spans = [part.transform for part in pipeline.transforms_stack[0].parts[0].parts if part.full_label.endswith("Span")]
    (start, _, interval) = spans[0].fn.process(None)[0]
    assert before <= float(start.seconds()) + 1
    assert isinstance(start, Timestamp)
    assert interval == 2.0


def test_of_moments_that_have_passed_the_last_one_comes() -> None:
    slept, interval = 3600.0, 2.0
    began = time.time() - slept
    time_to_come = ThreadsafeRestrictionTracker(WholeTime(OffsetRange(0, 10**12)))
    watermark = ManualWatermarkEstimator(None)
    span = (Timestamp(began), Timestamp(began + 10**6), interval)
    (tick,) = _Ticks().process(span, RestrictionTrackerView(time_to_come), watermark)
    assert 0 <= time.time() - tick.timestamp.micros / 1e6 < interval
    assert watermark.current_watermark() > tick.timestamp, "and time goes on with the next"
    rest = time_to_come.current_restriction()
    assert rest.stop == slept / interval + 1


def test_a_tick_counts_until_the_next_one_is_due() -> None:
    assert not is_overtaken(Timestamp(100), 2.0, now=101.9)
    assert is_overtaken(Timestamp(100), 2.0, now=102.0)
