"""The extract stage: pages and texts in, clean documents out, each read in a process that can be killed.

Pages that were fetched are archived here, when their outcome is handed on: no page crosses a shuffle for it.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection, TaggedOutput

from newsbeam.config.settings import Settings
from newsbeam.connectors.state.manifest import Segment
from newsbeam.pipelines import progress, stopping
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages.archive import Kept
from newsbeam.pipelines.stages.flights import Place
from newsbeam.pipelines.stages.reading import Outcome, Readings, Source
from newsbeam.records import Document, Page, Rejected
from newsbeam.transforms.tasks import Options

SETTLED: Final = "settled"


class Extracted(NamedTuple):
    """What the stage gives back; one output per input, on one side or the other, and beside them parts of archives."""

    documents: PCollection[Document]
    settled: PCollection[Rejected | Segment]


class ExtractDocuments(beam.PTransform[PCollection[Source], Extracted]):
    """Turn pages and texts into documents. archive: they were fetched now, and come into the job's archives."""

    def __init__(self, job: Job, *, archive: bool = False) -> None:
        super().__init__()
        self._job = job
        self._archive = archive

    def expand(self, sources: PCollection[Source]) -> Extracted:
        out = sources | "Extract" >> beam.ParDo(_Extract(self._job, archive=self._archive)).with_outputs(
            SETTLED, main="documents"
        )
        return Extracted(out["documents"], out[SETTLED])


class _Extract(beam.DoFn):
    """Keep the pool busy, a few documents ahead, and hand on what it finishes."""

    def __init__(self, job: Job, *, archive: bool) -> None:
        self._job = job
        self._archive = archive
        self._readings: Readings
        self._segments: Kept | None = None
        self._kept = Metrics.counter("extract", "documents")
        self._rejected = Metrics.counter("extract", "rejected")

    def start_bundle(self) -> None:
        job = self._job
        self._readings = Readings(
            pool=job.pool,
            workers=job.workers,
            options=_options(job.settings),
            deadline=job.settings.extract.deadline,
        )
        if self._segments is not None:
            self._segments.abandon()
        self._segments = Kept(self._job) if self._archive else None

    def process(
        self,
        source: Source,
        window: Any = beam.DoFn.WindowParam,
        timestamp: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[Document | TaggedOutput[Literal["settled"], Rejected]]:
        yield from self._hand_on(self._readings.done())
        if stopping.requested():
            return
        self._readings.submit(source, Place(window, timestamp))

    def finish_bundle(self) -> Iterator[Any]:
        yield from self._hand_on(self._readings.rest())
        if self._segments is not None:
            for place, segment in self._segments.finish():
                yield TaggedOutput(SETTLED, place.stamp(segment))

    def _hand_on(self, read: Iterator[tuple[Place, Outcome]]) -> Iterator[Any]:
        for place, (source, now, result) in read:
            if self._segments is not None and _may_be_kept(source, result):
                self._segments.keep(place, source, now)
            if isinstance(result, Rejected):
                self._rejected.inc()
                progress.count("rejected")
                yield TaggedOutput(SETTLED, place.stamp(result))
            else:
                self._kept.inc()
                progress.count("documents")
                yield place.stamp(result)


def _may_be_kept(source: Source, result: Document | Rejected) -> bool:
    """Whether an archive holds it: not where there is no page but a refusal, nor what is not to be kept."""
    if not isinstance(result, Rejected):
        return True
    return result.reason != "reserved" and not (isinstance(source, Page) and source.refused is not None)


def _options(settings: Settings) -> Options:
    return Options(
        min_chars=settings.extract.min_chars,
        min_feed_chars=settings.extract.min_feed_chars,
        keep_reserved=settings.fetch.keep_reserved,
        keep_embedded_posts=settings.extract.keep_embedded_posts,
        keep_other_pages=settings.extract.keep_other_pages,
        detector=settings.language.detector,
        prefix=settings.language.prefix,
        min_letters=settings.language.min_letters,
        min_confidence=settings.language.min_confidence,
    )
