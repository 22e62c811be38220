"""The Beam stage gives what the plain functions give, in batch and in windows."""

import functools
import pickle
import random

import apache_beam as beam
import pytest
from apache_beam.metrics import MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import FixedWindows, TimestampedValue

from newsbeam.records import Sketch, Sketched
from newsbeam.transforms.copies import JudgeCopies, Verdict
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.verdicts import judge
from tests.transforms.relation_texts import copies, story
from tests.transforms.sketching import MemoryHistory, given, sketch


def family(seed: int) -> list[Sketch]:
    """A story, its copies, and a story that is alone."""
    lines = story("en", seed)
    texts = [lines, *copies("en", lines, random.Random(seed)).values()]
    found = [sketch(f"f{seed}-{at:02}", "\n".join(text), published="2026-11-18") for at, text in enumerate(texts)]
    return [*found, sketch(f"x{seed}", "\n".join(story("en", f"alone{seed}")))]


def stage(history: MemoryHistory | None = None, bucket: int = 200) -> JudgeCopies:
    return JudgeCopies(thresholds=Thresholds(), bucket=bucket, open_history=functools.partial(given, history))


def given_to(sketches: list[Sketch]) -> list[Sketched]:
    """What the stage takes; without their texts the sketches decide."""
    return [Sketched(sketch=one, body="") for one in sketches]


def expected(new: list[Sketch], history: MemoryHistory | None = None) -> list[Verdict]:
    every = [(a.id, b.id) for a in new for b in new if a.id < b.id]
    return judge(new, every, history, Thresholds(), 200)


def test_verdicts_without_history() -> None:
    sketches = family(1) + family(2)
    with TestPipeline(runner="FnApiRunner") as pipeline:
        verdicts = pipeline | beam.Create(given_to(sketches)) | stage()
        decisions = verdicts | beam.FlatMap(lambda verdict: verdict.decisions)
        assert_that(decisions, equal_to([one for verdict in expected(sketches) for one in verdict.decisions]))
        assert_that(
            verdicts | beam.Map(lambda verdict: verdict.bucket_cut) | beam.CombineGlobally(sum),
            equal_to([0]),
            label="cut",
        )


def test_earlier_documents_are_decided_anew() -> None:
    sketches = family(3)
    history = MemoryHistory()
    earlier, new = sketches[1:6], [sketches[0], *sketches[6:]]
    history.apply(earlier, expected(earlier))
    with TestPipeline(runner="FnApiRunner") as pipeline:
        verdicts = pipeline | beam.Create(given_to(new)) | stage(history)
        decisions = verdicts | beam.FlatMap(lambda verdict: verdict.decisions)
        assert_that(decisions, equal_to([one for verdict in expected(sketches) for one in verdict.decisions]))


def test_each_window_is_decided_by_itself() -> None:
    first, second = family(4), family(5)
    timed = [TimestampedValue(one, at) for at, sketches in ((3, first), (13, second)) for one in given_to(sketches)]
    with TestPipeline(runner="FnApiRunner") as pipeline:
        verdicts = (
            pipeline | beam.Create(timed) | beam.Map(lambda one: one) | beam.WindowInto(FixedWindows(10)) | stage()
        )
        decisions = verdicts | beam.FlatMap(lambda verdict: verdict.decisions)
        wanted = [one for sketches in (first, second) for verdict in expected(sketches) for one in verdict.decisions]
        assert_that(decisions, equal_to(wanted))


def test_one_paragraph_under_many_stories_is_bounded_and_counted() -> None:
    shared = story("en", "shared", paragraphs=2)
    sketches = [sketch(f"n{at:02}", "\n".join([*story("en", f"n{at}"), *shared])) for at in range(30)]
    pipeline = TestPipeline(runner="FnApiRunner", options=PipelineOptions())
    verdicts = pipeline | beam.Create(given_to(sketches)) | stage(bucket=4)
    shape = beam.Map(lambda verdict: (len(verdict.decisions), verdict.bucket_cut > 0))
    assert_that(verdicts | shape, equal_to([(1, True)] + [(1, False)] * 29))
    result = pipeline.run()
    result.wait_until_finish()
    (counter,) = result.metrics().query(MetricsFilter().with_name("bucket_cut"))["counters"]
    assert counter.committed >= 26


def test_nothing_in_gives_nothing() -> None:
    with TestPipeline(runner="FnApiRunner") as pipeline:
        verdicts = pipeline | beam.Create([], reshuffle=False).with_output_types(Sketched) | stage()
        assert_that(verdicts, equal_to([]))


def test_the_stage_can_be_sent_to_workers() -> None:
    again = pickle.loads(pickle.dumps(stage()))
    assert again.thresholds == Thresholds()
    assert again.bucket == 200
    assert again.open_history() is None


@pytest.mark.parametrize("seed", range(2))
def test_the_order_of_the_documents_does_not_matter(seed: int) -> None:
    sketches = family(6)
    shuffled = random.Random(seed).sample(sketches, len(sketches))
    with TestPipeline(runner="FnApiRunner") as pipeline:
        verdicts = pipeline | beam.Create(given_to(shuffled)) | stage()
        assert_that(
            verdicts | beam.Map(lambda verdict: verdict.decisions), equal_to([v.decisions for v in expected(sketches)])
        )
