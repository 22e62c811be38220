"""The settings that a document's reading depends on reach it."""

import datetime
from dataclasses import fields, replace

import pytest

from newsbeam.config.settings import Settings
from newsbeam.config.tables import Language
from newsbeam.pipelines.stages import extract
from newsbeam.records import Document, Origin, Text
from newsbeam.transforms import documents
from newsbeam.transforms.tasks import Options, Task

ICELANDIC = "Við komum til að styðja við þá sem eru að fara að bera vitni fyrir norska ríkið í þessu máli. " * 4


def test_every_setting_of_language_reaches_the_reading() -> None:
    chosen = Language(detector="py3langid", prefix=300, min_letters=7, min_confidence=0.3)
    usual = Language()
    options = extract._options(replace(Settings(), language=chosen))
    for one in fields(Language):
        assert getattr(chosen, one.name) != getattr(usual, one.name), one.name
        assert getattr(options, one.name) == getattr(chosen, one.name), one.name


@pytest.mark.parametrize(("detector", "is_told"), [("langdetect", False), ("py3langid", True)])
def test_a_document_s_language_is_told_by_the_detector_that_is_set(detector: str, is_told: bool) -> None:
    origin = Origin(kind="texts", source="a.txt", key="a")
    source = Text(text=ICELANDIC, url="file:///a.txt", fetched_at="2026-11-26T10:00:00Z", origin=origin)
    now = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)
    found = documents.read(Task(source=source, options=Options(detector=detector), now=now))
    assert isinstance(found, Document)
    assert (found.language == "is") is is_told
