"""The copies among the documents of a window."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection, TaggedOutput

from newsbeam.config.tables import Dedup
from newsbeam.records import Article, Decision, Document, Duplicate
from newsbeam.transforms import captures
from newsbeam.transforms.copies import JudgeCopies, Verdict
from newsbeam.transforms.outcomes import record_of, record_of_revision
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.sketches import sketched

DUPLICATES: Final = "duplicates"
_DEFAULT = Dedup()


class Clustered(NamedTuple):
    """What clustering gives back: each document once, kept or as a copy of a kept one."""

    articles: PCollection[Article]
    duplicates: PCollection[Duplicate]


class ClusterCopies(beam.PTransform[PCollection[Document], Clustered]):
    """Find the copies among documents: each one with its cluster, and the kept copy of the cluster as an article.

    In: `Document`, of `ExtractArticles` or `RemoveBoilerplate`; of all languages. Out: `Clustered`. The record of a
    document is the same in any order of arrival. Of several captures of one address the newest is judged; earlier texts
    are duplicates of relation `revision`, and the same text again is counted (`copies/same_text`), not kept.

    Documents are compared within their window: of a bounded collection in the global window, all of them. What meets at
    one key is a sketch a document, some two kilobytes, and its text. No history is kept between windows or runs: that
    is what `newsbeam run` and its state are for.

    similarity: Jaccard similarity of two copies, at least. containment: share of the smaller text in the larger one,
    from which it is an excerpt. window_days: days between two captures beyond which they are not compared. bucket:
    documents of one LSH bucket that are compared with each other.

    Raises:
        ConfigError: an option is not within its limits; it is named as in the settings, `dedup.similarity`.
    """

    def __init__(
        self,
        *,
        similarity: float = _DEFAULT.similarity,
        containment: float = _DEFAULT.containment,
        window_days: float = _DEFAULT.window_days,
        bucket: int = _DEFAULT.bucket,
    ) -> None:
        super().__init__()
        self._dedup = Dedup(similarity=similarity, containment=containment, window_days=window_days, bucket=bucket)

    # Any, not Clustered: Beam warns of every annotation that is no PCollection, whoever uses it.
    def expand(self, input_or_inputs: PCollection[Document]) -> Any:
        current = (
            input_or_inputs
            | "ById" >> beam.Map(_by_id).with_output_types(tuple[str, Document])
            | "Captures" >> beam.GroupByKey()
            | "Resolve" >> beam.ParDo(_Resolve())
        )
        dedup = self._dedup
        thresholds = Thresholds(
            similarity=dedup.similarity, containment=dedup.containment, window_days=dedup.window_days
        )
        decisions = (
            current
            | "Sketch" >> beam.Map(_sketch)
            | "Judge" >> JudgeCopies(thresholds=thresholds, bucket=dedup.bucket)
            | "Decisions" >> beam.FlatMap(_decisions).with_output_types(tuple[str, Decision])
        )
        out = (
            {"resolved": current, "decisions": decisions}
            | "Together" >> beam.CoGroupByKey()
            | "Records" >> beam.FlatMap(_records).with_outputs(DUPLICATES, main="articles")
        )
        return Clustered(out["articles"], out[DUPLICATES])


_Resolved = tuple[Document, tuple[Document, ...]]
"""The newest text under an id, and the earlier ones."""


class _Resolve(beam.DoFn):
    """Which text is the article's, of all that were captured at its address."""

    def __init__(self) -> None:
        self._same = Metrics.counter("copies", "same_text")

    def process(self, element: tuple[str, Iterable[Document]]) -> Iterator[tuple[str, _Resolved]]:
        found = captures.resolve(list(element[1]), None)
        assert found.current is not None  # nothing is stored that could stay as it is
        self._same.inc(len(found.skipped))
        yield element[0], (found.current, found.revisions)


def _records(
    element: tuple[str, Mapping[str, Iterable[Any]]],
) -> Iterator[Article | TaggedOutput[Literal["duplicates"], Duplicate]]:
    """The record of a document, by the decision about it, and those of its earlier texts."""
    ((current, revisions),), (decision,) = element[1]["resolved"], element[1]["decisions"]
    record = record_of(current, decision)
    yield record if isinstance(record, Article) else TaggedOutput(DUPLICATES, record)
    for one in revisions:
        yield TaggedOutput(DUPLICATES, record_of_revision(one, current, decision))


def _by_id(document: Document) -> tuple[str, Document]:
    return document.id, document


def _sketch(element: tuple[str, _Resolved]) -> Any:
    return sketched(element[1][0])


def _decisions(verdict: Verdict) -> Iterator[tuple[str, Decision]]:
    return ((one.id, one) for one in verdict.decisions)
