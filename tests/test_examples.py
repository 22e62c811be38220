"""The examples run as they stand, and what they offer to Beam YAML is what newsbeam has."""

import json
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import yaml
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that
from apache_beam.utils.python_callable import PythonCallableWithSource

from benchmarks.places import loaded
from newsbeam.records import Document
from newsbeam.transforms import __all__ as offered

EXAMPLES = Path(__file__).parent.parent / "examples"
PAGES = EXAMPLES / "pages.jsonl"
ORIGINAL = "https://northlight.example/wire/wire-seagrass"
GERMAN = "https://kaltenried.example/lokales/nachtzug-haltestelle"
EMPTY = "https://harrowmere.example/video/1"


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """What an example wrote under a name."""
    return [json.loads(line) for path in folder.glob(f"{name}*") for line in path.read_text("utf-8").splitlines()]


def given() -> list[dict[str, str]]:
    return [json.loads(line) for line in PAGES.read_text("utf-8").splitlines()]


def check_stories(stories: list[dict[str, Any]], rejected: list[dict[str, Any]]) -> None:
    """Five pages hold one story, the German one another, the last one none."""
    by_url = {one["url"]: one for one in stories}
    assert len(by_url) == len(stories) == 6
    assert {by_url.pop(GERMAN)["language"]} == {"de"}
    assert {one["language"] for one in by_url.values()} == {"en"}
    assert len({one["cluster"] for one in by_url.values()}) == 1
    assert by_url.pop(ORIGINAL)["copy_of"] is None
    assert {one["relation"] for one in by_url.values()} <= {"near", "excerpt", "expanded", "identical"}
    assert len({one["copy_of"] for one in by_url.values()} - {None}) == 1
    assert [(one["url"], one["reason"]) for one in rejected] == [(EMPTY, "no_text")]


def test_a_pipeline_of_ones_own_writes_articles_with_languages_and_copies(tmp_path: Path) -> None:
    loaded(EXAMPLES / "own_pipeline.py").main([str(PAGES), str(tmp_path), "--runner=FnApiRunner"])
    stories = rows(tmp_path, "articles")
    check_stories(stories, rows(tmp_path, "rejected"))
    assert {one["source"] for one in stories if one["copy_of"]} >= {"Northlight News"}
    assert all(one["title"] and len(one["body"]) > 500 for one in stories)


def provided() -> dict[str, Any]:
    """The transforms of the provider file, loaded as Beam YAML loads them."""
    (provider,) = yaml.safe_load((EXAMPLES / "newsbeam_providers.yaml").read_text("utf-8"))
    assert provider["type"] == "python"
    return {name: PythonCallableWithSource.load_from_source(source) for name, source in provider["transforms"].items()}


def test_beam_yaml_is_offered_every_transform() -> None:
    found = provided()
    assert set(found) == {name for name in offered if name not in ("Clustered", "Documents")}
    assert all(issubclass(one, beam.PTransform) for one in found.values())


def test_the_yaml_pipeline_names_transforms_and_options_that_there_are() -> None:
    whole = yaml.safe_load((EXAMPLES / "pipeline.yaml").read_text("utf-8"))
    assert whole["providers"] == [{"include": "newsbeam_providers.yaml"}]
    ours = {one["type"]: one.get("config", {}) for one in whole["pipeline"]["transforms"] if one["type"] in provided()}
    assert set(ours) == {"ExtractArticles", "ClusterCopies"}
    for name, config in ours.items():
        provided()[name](**config)


def test_rows_become_rows_of_articles_and_copies() -> None:
    found = provided()
    with TestPipeline(runner="FnApiRunner") as pipeline:
        pages = pipeline | beam.Create([beam.Row(**one) for one in given()])
        read = pages | found["ExtractArticles"](deadline=5)
        copies = read["documents"] | found["ClusterCopies"]()
        stories = (copies["articles"], copies["duplicates"]) | beam.Flatten()

        def check(both: list[tuple[str, list[Any]]]) -> None:
            parts = dict(both)
            told = [
                {"cluster": one.cluster_id, "copy_of": one.duplicate_of, **one._asdict()} for one in parts["stories"]
            ]
            check_stories(told, [one._asdict() for one in parts["rejected"]])
            assert {one.fetched_at for one in parts["stories"]} == {"2026-11-24T06:00:00Z"}
            assert {one.origin.kind for one in parts["stories"]} == {"pages"}
            kinds = {item.kind for one in parts["stories"] for item in one.removed}
            assert {"title", "related_posts"} <= kinds

        every = (
            stories | "Stories" >> beam.Map(lambda one: ("stories", one)),
            read["rejected"] | "Rejected" >> beam.Map(lambda one: ("rejected", one)),
        )
        together = every | "Every" >> beam.Flatten() | beam.GroupByKey() | beam.MapTuple(lambda k, v: (k, list(v)))
        assert_that(together, check)


def test_texts_as_rows_get_their_language_and_lose_their_boilerplate() -> None:
    found = provided()
    text = "Der Gemeinderat stimmte am Dienstag nach langer Debatte für die neue Brücke.\n" * 3 + "Artikel teilen"
    texts = [beam.Row(url="file:///a.txt", text=text, desk="lokal"), beam.Row(url="file:///b.txt", text="", desk="x")]
    with TestPipeline(runner="FnApiRunner") as pipeline:
        told = pipeline | beam.Create(texts) | found["DetectLanguage"](prefix=400)
        out = told | found["RemoveBoilerplate"]()

        def check_told(rows: list[Any]) -> None:
            assert {(one.url, one.language, one.desk) for one in rows} == {
                ("file:///a.txt", "de", "lokal"),
                ("file:///b.txt", "und", "x"),
            }

        def check_clean(rows: list[Any]) -> None:
            (one,) = rows
            assert (one.language, [(item.kind, item.text) for item in one.removed]) == (
                "de",
                [("share_buttons", "Artikel teilen")],
            )
            assert one.body.startswith("Der Gemeinderat")

        assert_that(told, check_told, label="told")
        assert_that(out["documents"], check_clean, label="clean")
        assert_that(out["rejected"] | beam.Map(lambda one: (one.url, one.reason)), _equal("no_text"), label="rejected")


def _equal(reason: str) -> Any:
    def check(found: list[tuple[str, str]]) -> None:
        assert found == [("file:///b.txt", reason)]

    return check


@pytest.mark.parametrize(
    ("row", "name", "said"),
    [
        (beam.Row(address="a", html="b"), "ExtractArticles", "no field url, they have address, html; rename one"),
        (beam.Row(url="a", html="b"), "DetectLanguage", "no field text"),
        (beam.Row(url="a", text="b"), "ClusterCopies", "no field id"),
        (7, "RemoveBoilerplate", "the input has no schema"),
    ],
)
def test_rows_without_a_field_that_is_needed_are_refused_where_the_pipeline_is_built(
    row: Any, name: str, said: str
) -> None:
    elements = beam.Pipeline() | beam.Create([row])
    with pytest.raises(ValueError, match=said):
        elements | provided()[name]()


def test_a_row_gives_its_document_back() -> None:
    from newsbeam.pipelines.shells.rows import record, row
    from newsbeam.transforms.documents import read
    from newsbeam.transforms.tasks import Options, Task
    from tests.pipelines.shells.test_reading import NOW, page

    for one in given()[:-1]:
        document = read(Task(source=page(one["url"], one["html"]), options=Options(), now=NOW))
        assert isinstance(document, Document)
        assert record(Document, row(document, cluster_id="x")) == document
