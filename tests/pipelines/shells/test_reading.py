"""ExtractArticles and RemoveBoilerplate: what a run makes of a page or text, in a pipeline of one's own."""

import datetime
import pickle
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import FixedWindows, IntervalWindow, TimestampedValue
from apache_beam.typehints.decorators import TypeCheckError

from newsbeam import times
from newsbeam.config.errors import ConfigError
from newsbeam.pipelines.demo.pages import hanging
from newsbeam.pipelines.shells.sources import page_of, text_of
from newsbeam.records import Document, Page, Rejected, Text
from newsbeam.transforms import ExtractArticles, RemoveBoilerplate
from newsbeam.transforms.documents import read
from newsbeam.transforms.paragraphs import normalise
from newsbeam.transforms.removed import rebuild
from newsbeam.transforms.tasks import Options, Task
from tests.pipelines.shells.pages import html_of, page, text
from tests.transforms.relation_texts import story

NOW = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
FURNITURE = ("Share this story", "Subscribe to our newsletter")


def of_run(source: Page | Text) -> Document:
    """What the graph's own reading makes of it."""
    found = read(Task(source=source, options=Options(), now=NOW))
    assert isinstance(found, Document)
    return found


def reason(row: Rejected) -> tuple[str | None, str, str]:
    return row.url, row.stage, row.reason


def test_pages_become_the_documents_of_a_run() -> None:
    pages = [page(f"https://post.example/{seed}", html_of("en", seed)) for seed in range(8)]
    with TestPipeline(runner="FnApiRunner") as pipeline:
        out = pipeline | beam.Create(pages) | ExtractArticles()
        assert_that(out.documents, equal_to([of_run(one) for one in pages]), label="documents")
        assert_that(out.rejected, equal_to([]), label="rejected")


def test_a_pair_of_address_and_html_is_a_page_captured_now() -> None:
    before = times.utc(datetime.datetime.now(datetime.UTC))
    pairs: list[tuple[str, str | bytes]] = [
        ("https://post.example/a#top", html_of("en", 1)),
        ("https://post.example/b", html_of("el", 2).encode("iso-8859-7")),
    ]

    def told(found: list[Document]) -> None:
        assert {one.url: one.language for one in found} == {
            "https://post.example/a": "en",
            "https://post.example/b": "el",
        }
        assert all(before <= one.fetched_at for one in found)
        assert {(one.origin.kind, one.origin.source) for one in found} == {("pages", "pipeline")}

    with TestPipeline(runner="FnApiRunner") as pipeline:
        assert_that((pipeline | beam.Create(pairs) | ExtractArticles()).documents, told)


def test_what_is_no_article_is_rejected_with_its_reason_and_nothing_is_lost() -> None:
    pairs: list[tuple[str, str | bytes]] = [
        ("https://post.example/good", html_of("en", 1)),
        ("https://post.example/pdf", b"%PDF-1.7 and more of it"),
        ("https://post.example/short", "<html><body><p>Hello.</p></body></html>"),
        ("https://post.example/blank", " "),
        ("mailto:desk@post.example", html_of("en", 2)),
    ]
    with TestPipeline(runner="FnApiRunner") as pipeline:
        out = pipeline | beam.Create(pairs) | ExtractArticles()
        assert_that(out.documents | beam.Map(lambda one: one.url), equal_to(["https://post.example/good"]))
        assert_that(
            out.rejected | beam.Map(reason),
            equal_to(
                [
                    ("https://post.example/pdf", "extract", "not_html"),
                    ("https://post.example/short", "extract", "no_text"),
                    ("https://post.example/blank", "read", "bad_record"),
                    ("mailto:desk@post.example", "read", "bad_record"),
                ]
            ),
            label="rejected",
        )


def test_a_page_over_the_deadline_is_rejected_and_its_neighbours_are_read() -> None:
    pages = [page(f"https://post.example/{seed}", html_of("en", seed)) for seed in range(3)]
    pages.insert(1, page("https://post.example/hanging", hanging("The inquiry")))
    with TestPipeline(runner="FnApiRunner") as pipeline:
        out = pipeline | beam.Create(pages) | ExtractArticles(deadline=2, workers=1)
        rows = out.rejected | beam.Map(reason)
        assert_that(rows, equal_to([("https://post.example/hanging", "extract", "parse_timeout")]), label="rejected")
        assert_that(out.documents | beam.combiners.Count.Globally(), equal_to([3]), label="documents")


def test_documents_keep_the_window_of_their_page() -> None:
    timed = [TimestampedValue(page(f"https://post.example/{at}", html_of("en", at)), at) for at in (3, 13, 14)]

    def place(one: Document, window: Any = beam.DoFn.WindowParam) -> tuple[str, IntervalWindow]:
        return one.url, window

    with TestPipeline(runner="FnApiRunner") as pipeline:
        pages = pipeline | beam.Create(timed) | beam.Map(lambda one: one).with_output_types(Page)
        out = pages | beam.WindowInto(FixedWindows(10)) | ExtractArticles()
        assert_that(
            out.documents | beam.Map(place) | "Global" >> beam.WindowInto(beam.window.GlobalWindows()),
            equal_to(
                [
                    ("https://post.example/3", IntervalWindow(0, 10)),
                    ("https://post.example/13", IntervalWindow(10, 20)),
                    ("https://post.example/14", IntervalWindow(10, 20)),
                ]
            ),
        )


def test_texts_lose_their_boilerplate_and_give_it_back() -> None:
    given = "\n".join(("A bridge", *story("en", 5, paragraphs=6), *FURNITURE, "All rights reserved"))
    one = text("https://post.example/text", given)

    def told(found: list[Document]) -> None:
        (document,) = found
        assert document == of_run(one)
        assert {item.kind for item in document.removed} >= {"share_buttons", "newsletter"}
        assert "Share this story" not in document.body
        assert rebuild(document.body, document.removed) == normalise(given, lines=True)

    with TestPipeline(runner="FnApiRunner") as pipeline:
        out = pipeline | beam.Create([one]) | RemoveBoilerplate()
        assert_that(out.documents, told, label="documents")
        assert_that(out.rejected, equal_to([]), label="rejected")


def test_a_language_that_a_text_has_decides_on_its_rules() -> None:
    german = "Teilen\nLesen Sie auch: Neue Brücke wird später fertig\n" + "\n".join(story("de", 5, paragraphs=6))
    texts = [
        text("https://post.example/told", german),
        text("https://post.example/given", german, language="ja", language_confidence=0.5),
    ]

    def told(found: list[Document]) -> None:
        by_url = {one.url.rpartition("/")[2]: one for one in found}
        assert (by_url["told"].language, by_url["given"].language) == ("de", "ja")
        assert by_url["given"].language_confidence == 0.5
        assert "related_posts" in {item.kind for item in by_url["told"].removed}
        assert "related_posts" not in {item.kind for item in by_url["given"].removed}

    with TestPipeline(runner="FnApiRunner") as pipeline:
        assert_that((pipeline | beam.Create(texts) | RemoveBoilerplate()).documents, told)


def test_an_empty_text_is_rejected() -> None:
    with TestPipeline(runner="FnApiRunner") as pipeline:
        out = pipeline | beam.Create([("https://post.example/a", "\n\n")]) | RemoveBoilerplate()
        assert_that(out.rejected | beam.Map(reason), equal_to([("https://post.example/a", "read", "no_text")]))


def test_an_option_out_of_range_is_refused_where_the_pipeline_is_built() -> None:
    with pytest.raises(ConfigError, match=r"extract\.deadline: 0 is not within 0\.1 to 300 seconds"):
        ExtractArticles(deadline=0)
    with pytest.raises(ConfigError, match=r"extract\.memory: 1 is not within 256 to 65536 MiB"):
        RemoveBoilerplate(memory=1)


def test_records_of_another_kind_are_refused() -> None:
    pipeline = beam.Pipeline()
    documents = pipeline | beam.Create([page("https://post.example/a", html_of("en", 1))])
    with pytest.raises(TypeCheckError, match=r"expected .*Text.*got .*Page"):
        documents | RemoveBoilerplate()
    with pytest.raises(
        TypeError, match=r"int '7' came in where newsbeam\.records\.Page or a pair \(url, html\) is taken"
    ):
        page_of(7, NOW)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"bytes"):
        text_of(("https://post.example/a", b"bytes"), NOW)  # type: ignore[arg-type]


def test_the_transforms_travel() -> None:
    for one in (ExtractArticles(deadline=3), RemoveBoilerplate()):
        assert type(pickle.loads(pickle.dumps(one))) is type(one)
