"""The transforms for Beam YAML, where elements are rows: each one is the transform of its name between two conversions.

examples/newsbeam_providers.yaml names them to Beam YAML. Their options are those of the transforms.
"""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection, Row
from apache_beam.typehints.row_type import RowTypeConstraint

from newsbeam import times
from newsbeam.pipelines.shells import copies, language, reading
from newsbeam.pipelines.shells.rows import fields_of, record, row, schema
from newsbeam.pipelines.shells.sources import page_of, text_of
from newsbeam.records import Article, Document, Duplicate, Page, Rejected, Text

Rows = PCollection[Any]

_DECIDED = {
    "cluster_id": str,
    "duplicate_of": str | None,
    "relation": str | None,
    "similarity": float | None,
    "kept_because": tuple[str, ...],
}


class ExtractArticles(beam.PTransform[Rows, Any]):
    """Turn pages into documents.

    In: rows with `url`, `html` (a string or bytes) and, where it is known, `fetched_at` (ISO 8601). Out: `documents`,
    rows with the fields of `newsbeam.records.Document`, and `rejected`, with those of `Rejected`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._transform = reading.ExtractArticles(**options)

    def expand(self, input_or_inputs: Rows) -> Any:
        _ensure("ExtractArticles", input_or_inputs, "url", "html")
        return _documents(input_or_inputs | "Pages" >> beam.Map(_page), self._transform)


class RemoveBoilerplate(beam.PTransform[Rows, Any]):
    """Turn texts that were extracted elsewhere into documents.

    In: rows with `url`, `text` and, where they are known, `fetched_at`, `language` and `language_confidence`. Out: as
    of `ExtractArticles`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._transform = reading.RemoveBoilerplate(**options)

    def expand(self, input_or_inputs: Rows) -> Any:
        _ensure("RemoveBoilerplate", input_or_inputs, "url", "text")
        return _documents(input_or_inputs | "Texts" >> beam.Map(_text), self._transform)


class DetectLanguage(beam.PTransform[Rows, Rows]):
    """Tell the language of texts.

    In: rows with `text`, and whatever else. Out: the same rows with `language` and `language_confidence`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._transform = language.DetectLanguage(**options)

    def expand(self, input_or_inputs: Rows) -> Any:
        fields = _ensure("DetectLanguage", input_or_inputs, "text")
        told = {**fields, "language": str, "language_confidence": float}
        return input_or_inputs | "Tell" >> beam.Map(_told, options=self._transform.options).with_output_types(
            RowTypeConstraint.from_fields(list(told.items()))
        )


class ClusterCopies(beam.PTransform[Rows, Any]):
    """Find the copies among documents.

    In: rows of documents, as `ExtractArticles` and `RemoveBoilerplate` give them. Out: `articles` and `duplicates`,
    rows of documents with `cluster_id`, `duplicate_of`, `relation`, `similarity` and `kept_because`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._transform = copies.ClusterCopies(**options)

    def expand(self, input_or_inputs: Rows) -> Any:
        _ensure("ClusterCopies", input_or_inputs, *Document.__dataclass_fields__)
        documents = input_or_inputs | "Documents" >> beam.Map(_document).with_output_types(Document)
        found = documents | self._transform
        kind = schema(Document, **_DECIDED)
        return {
            "articles": found.articles | "Articles" >> beam.Map(_record).with_output_types(kind),
            "duplicates": found.duplicates | "Duplicates" >> beam.Map(_record).with_output_types(kind),
        }


def _ensure(name: str, given: Rows, *wanted: str) -> Mapping[str, Any]:
    """The fields of the rows, all wanted ones among them."""
    fields = fields_of(given.element_type)
    if fields is None:
        raise ValueError(f"{name}: the input has no schema ({given.element_type}); give rows with {', '.join(wanted)}")
    missing = [one for one in wanted if one not in fields]
    if missing:
        raise ValueError(
            f"{name}: the input's rows have no field {missing[0]}, they have {', '.join(fields)}; "
            "rename one with MapToFields"
        )
    return fields


def _documents(sources: PCollection[Any], transform: Any) -> Any:
    out = sources | transform
    return {
        "documents": out.documents | "Documents" >> beam.Map(row).with_output_types(schema(Document)),
        "rejected": out.rejected | "Rejected" >> beam.Map(row).with_output_types(schema(Rejected)),
    }


def _page(given: Any) -> Page | tuple[str, str | bytes]:
    """A page where the row says when it was captured; what is none is left to be rejected by the stage."""
    moment = _captured(given)
    made = page_of((given.url, given.html), moment) if moment else None
    return made if isinstance(made, Page) else (given.url, given.html)


def _text(given: Any) -> Text | tuple[str, str]:
    made = text_of((given.url, given.text), _captured(given) or datetime.datetime.now(datetime.UTC))
    if isinstance(made, Rejected):
        return given.url, given.text
    known = {name: value for name in ("language", "language_confidence") if (value := getattr(given, name, None))}
    return dataclasses.replace(made, **known)


def _captured(given: Any) -> datetime.datetime | None:
    said = getattr(given, "fetched_at", None)
    return times.captured(str(said), now=datetime.datetime.now(datetime.UTC)) if said else None


def _told(given: Any, *, options: Any) -> Row:
    told = language.of_text(given.text, options=options)
    return Row(**{**given._asdict(), "language": told.language, "language_confidence": told.confidence})


def _document(given: Any) -> Document:
    return record(Document, given)


def _record(one: Article | Duplicate) -> Row:
    return row(one.document, **{name: getattr(one.decision, name) for name in _DECIDED})
