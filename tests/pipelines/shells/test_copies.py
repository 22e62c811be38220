"""ClusterCopies: documents of one's own pipeline to articles and duplicates, as the plain functions decide."""

import functools
import random
from dataclasses import replace
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.metrics import MetricsFilter
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import FixedWindows, TimestampedValue

from newsbeam.config.errors import ConfigError
from newsbeam.records import Article, Document, Duplicate
from newsbeam.transforms import ClusterCopies
from newsbeam.transforms.captures import revision_id
from newsbeam.transforms.documents import read
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.sketches import sketch
from newsbeam.transforms.tasks import Options, Task
from newsbeam.transforms.verdicts import judge
from tests.pipelines.shells.pages import html_of, page
from tests.pipelines.shells.test_reading import NOW


@functools.cache
def document(name: str, seed: int, paragraphs: int = 6, fetched_at: str = "2026-11-20T10:00:00Z") -> Document:
    source = page(f"https://{name}.example/story", html_of("en", seed, paragraphs=paragraphs), fetched_at=fetched_at)
    found = read(Task(source=source, options=Options(), now=NOW))
    assert isinstance(found, Document)
    return found


def family() -> list[Document]:
    """A story on three sites, one of them shortened, and two that are alone."""
    return [document("a", 1), document("b", 1), document("c", 1, 4), document("d", 2), document("e", 3)]


def decided(documents: list[Document]) -> list[Article | Duplicate]:
    """What the plain functions decide, every document compared with every other."""
    by_id = {one.id: one for one in documents}
    pairs = [(a, b) for a in by_id for b in by_id if a < b]
    verdicts = judge([sketch(one) for one in documents], pairs, None, Thresholds(), 200)
    found = [one for verdict in verdicts for one in verdict.decisions]
    return [
        Duplicate(document=by_id[one.id], decision=one)
        if one.duplicate_of
        else Article(document=by_id[one.id], decision=one)
        for one in found
    ]


def clustered(documents: list[Document], wanted: list[Any]) -> None:
    with TestPipeline(runner="FnApiRunner") as pipeline:
        out = pipeline | beam.Create(documents) | ClusterCopies()
        articles = [one for one in wanted if isinstance(one, Article)]
        assert_that(out.articles, equal_to(articles), label="articles")
        assert_that(out.duplicates, equal_to([one for one in wanted if one not in articles]), label="duplicates")


def test_each_document_has_its_cluster_and_one_copy_is_kept() -> None:
    wanted = decided(family())
    assert len({one.decision.cluster_id for one in wanted}) == 3
    assert sorted(one.decision.relation or "" for one in wanted if isinstance(one, Duplicate)) == [
        "excerpt",
        "identical",
    ]
    clustered(family(), wanted)


def test_the_order_of_arrival_does_not_show() -> None:
    shuffled = family()
    random.Random(4).shuffle(shuffled)
    assert shuffled != family()
    clustered(shuffled, decided(family()))


def test_an_earlier_text_of_an_address_is_a_revision_and_the_same_text_is_counted() -> None:
    newest = document("a", 1)
    earlier = replace(document("x", 1, 5), id=newest.id, url=newest.url, fetched_at="2026-11-19T10:00:00Z")
    same = replace(newest, fetched_at="2026-11-18T10:00:00Z")
    pipeline = TestPipeline(runner="FnApiRunner")
    out = pipeline | beam.Create([earlier, same, newest, document("b", 1)]) | ClusterCopies()
    kept = out.articles | beam.Map(lambda one: (one.document.id, one.document.fetched_at))
    told = out.duplicates | beam.Map(lambda one: (one.document.id, one.decision.duplicate_of, one.decision.relation))
    (article,) = [one for one in decided([newest, document("b", 1)]) if isinstance(one, Article)]
    (copy,) = [one for one in decided([newest, document("b", 1)]) if isinstance(one, Duplicate)]
    assert_that(kept, equal_to([(article.document.id, "2026-11-20T10:00:00Z")]), label="kept")
    wanted = [
        (revision_id(newest.id, earlier.body), newest.id, "revision"),
        (copy.document.id, article.document.id, "identical"),
    ]
    assert_that(told, equal_to(wanted), label="duplicates")
    result = pipeline.run()
    result.wait_until_finish()
    counters = result.metrics().query(MetricsFilter().with_name("same_text"))["counters"]
    assert [one.committed for one in counters] == [1]


def test_each_window_is_clustered_by_itself() -> None:
    timed = [TimestampedValue(one, at) for one, at in zip(family(), (1, 11, 2, 3, 12), strict=True)]
    with TestPipeline(runner="FnApiRunner") as pipeline:
        documents = pipeline | beam.Create(timed) | beam.Map(lambda one: one).with_output_types(Document)
        out = documents | beam.WindowInto(FixedWindows(10)) | ClusterCopies()
        addresses = out.articles | beam.Map(lambda one: one.document.url)
        early, late = [family()[at] for at in (0, 2, 3)], [family()[at] for at in (1, 4)]
        wanted = [one for documents in (early, late) for one in decided(documents) if isinstance(one, Article)]
        assert len(wanted) == 4
        assert_that(
            addresses | "Global" >> beam.WindowInto(beam.window.GlobalWindows()),
            equal_to([one.document.url for one in wanted]),
        )


def test_the_thresholds_count_and_are_checked() -> None:
    with TestPipeline(runner="FnApiRunner") as pipeline:
        apart = [document("a", 1), document("b", 1, fetched_at="2026-09-01T10:00:00Z")]
        out = pipeline | beam.Create(apart) | ClusterCopies(window_days=10)
        assert_that(out.duplicates, equal_to([]))
    with pytest.raises(ConfigError, match=r"dedup\.similarity: 7 is not within 0\.05 to 1"):
        ClusterCopies(similarity=7)
