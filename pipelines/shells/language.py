"""The language of texts and documents."""

import functools
from dataclasses import replace
from typing import TypeVar

import apache_beam as beam
from apache_beam.pvalue import PCollection

from newsbeam.config.tables import Language
from newsbeam.records import Document, Text
from newsbeam.transforms.language import Told, tell
from newsbeam.transforms.paragraphs import normalise
from newsbeam.transforms.removed import rebuild

T = TypeVar("T", Text, Document)
_DEFAULT = Language()


class DetectLanguage(beam.PTransform[PCollection[T], PCollection[T]]):
    """Tell the language of each text or document: the same record with `language` and `language_confidence`.

    What is looked at is the text as it was extracted. `ExtractArticles` and `RemoveBoilerplate` do the same, with the
    defaults, so their documents need it only for other options. `language` is ISO 639-1, `und` where the text does not
    tell; the confidence is 0 to 1. A language that a record has already is told anew.

    detector: `langdetect` or `py3langid`. prefix: characters that are looked at. min_letters, min_confidence: below
    them a text is `und`.

    Raises:
        ConfigError: an option is not within its limits; it is named as in the settings, `language.prefix`.
    """

    def __init__(
        self,
        *,
        detector: str = _DEFAULT.detector,
        prefix: int = _DEFAULT.prefix,
        min_letters: int = _DEFAULT.min_letters,
        min_confidence: float = _DEFAULT.min_confidence,
    ) -> None:
        super().__init__()
        self.options = Language(
            detector=detector, prefix=prefix, min_letters=min_letters, min_confidence=min_confidence
        )

    def expand(self, input_or_inputs: PCollection[T]) -> PCollection[T]:
        kind = input_or_inputs.element_type
        told: PCollection[T] = input_or_inputs | "Tell" >> beam.Map(
            functools.partial(with_language, options=self.options)
        ).with_input_types(Text | Document).with_output_types(kind)
        return told


def with_language(one: T, *, options: Language) -> T:
    """The record with the language of its text."""
    if isinstance(one, Text):
        told = of_text(one.text, options=options)
    else:
        told = _tell(rebuild(one.body, one.removed), options, one.declared_language)
    return replace(one, language=told.language, language_confidence=told.confidence)


def of_text(text: str, *, options: Language) -> Told:
    """The language of a text that was extracted elsewhere."""
    return _tell(normalise(text, lines=True), options)


def _tell(text: str, options: Language, declared: str | None = None) -> Told:
    return tell(
        text,
        detector=options.detector,
        prefix=options.prefix,
        min_letters=options.min_letters,
        min_confidence=options.min_confidence,
        declared=declared,
    )
