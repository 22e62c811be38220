"""DetectLanguage: the language that the other transforms would tell, on any record with a text."""

import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to

from newsbeam.config.errors import ConfigError
from newsbeam.config.tables import Language
from newsbeam.pipelines.shells.language import with_language
from newsbeam.records import Document
from newsbeam.transforms import DetectLanguage, RemoveBoilerplate
from newsbeam.transforms.documents import read
from newsbeam.transforms.tasks import Options, Task
from tests.pipelines.shells.pages import html_of, page, text
from tests.pipelines.shells.test_reading import NOW
from tests.transforms.relation_texts import LANGUAGES, story


def test_texts_get_their_language_and_its_confidence() -> None:
    texts = [text(f"file:///{one}.txt", "\n".join(story(one, 3))) for one in LANGUAGES]
    with TestPipeline(runner="FnApiRunner") as pipeline:
        told = pipeline | beam.Create([*texts, text("file:///short.txt", "1 2 3")]) | DetectLanguage()
        languages = told | beam.Map(lambda one: (one.url, one.language, one.language_confidence > 0.6))
        wanted = [(f"file:///{one}.txt", one, True) for one in LANGUAGES]
        assert_that(languages, equal_to([*wanted, ("file:///short.txt", "und", False)]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_is_told_as_it_was_when_it_was_read(language: str) -> None:
    sources = [
        page("https://post.example/a", html_of(language, 4, more="<p>Share this story</p>")),
        text("file:///a.txt", "Share this story\n\n" + "\n".join(story(language, 4))),
    ]
    for source in sources:
        document = read(Task(source=source, options=Options(), now=NOW))
        assert isinstance(document, Document)
        assert document.removed or language != "en"
        again = with_language(document, options=Language())
        assert again.language == document.language == language
        assert again.language_confidence == pytest.approx(document.language_confidence, abs=1e-4)


def test_what_was_told_serves_the_cleaning_after_it() -> None:
    texts = [text(f"file:///{one}.txt", "\n".join(story(one, 3))) for one in ("en", "de")]
    with TestPipeline(runner="FnApiRunner") as pipeline:
        german = pipeline | beam.Create(texts) | DetectLanguage() | beam.Filter(lambda one: one.language == "de")
        documents = (german | RemoveBoilerplate()).documents
        assert_that(documents | beam.Map(lambda one: (one.url, one.language)), equal_to([("file:///de.txt", "de")]))


def test_options_count_and_are_checked() -> None:
    short = text("file:///a.txt", story("en", 1)[0][:60])
    assert with_language(short, options=Language()).language == "en"
    assert with_language(short, options=Language(min_letters=200)).language == "und"
    with pytest.raises(ConfigError, match=r"language\.min_confidence: 2 is not within 0 to 1 probability"):
        DetectLanguage(min_confidence=2)
