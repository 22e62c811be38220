"""Pages and texts to clean documents, each read in a process that can be killed."""

import datetime
import functools
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, NamedTuple

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection, TaggedOutput

from newsbeam.config.tables import Extract
from newsbeam.pipelines import parsers
from newsbeam.pipelines.shells.sources import page_of, text_of
from newsbeam.pipelines.stages.flights import Place
from newsbeam.pipelines.stages.reading import Outcome, Readings, Source
from newsbeam.records import Document, Page, Rejected, Text
from newsbeam.transforms.tasks import Options

REJECTED: Final = "rejected"
_DEFAULT = Extract()


class Documents(NamedTuple):
    """What reading gives back; one output for each input, on one side or the other."""

    documents: PCollection[Document]
    rejected: PCollection[Rejected]


# `expand` says Any where it gives Documents: Beam warns of every annotation that is no PCollection, whoever uses it.


class ExtractArticles(beam.PTransform[PCollection[Page | tuple[str, str | bytes]], Documents]):
    """Turn pages into documents, as a run makes them: fields, body, comments, language, credits and fingerprint.

    In: `Page`, or a pair (url, html) for a page captured now. Out: `Documents`, of which `rejected` has the pages
    without an article, each with its reason (docs/rejected.md).

    deadline: seconds for one page. memory: MiB of one process. workers: processes of each worker process, 0 for as many
    as there are cores. min_chars: characters; a page with less text has none. min_feed_chars: characters; where a
    page gives no text, the content of its entry stands for it if it has as many. keep_embedded_posts: social posts stay
    in the body. keep_other_pages: error pages, consent walls, listings and the like are articles, too.

    Raises:
        ConfigError: an option is not within its limits; it is named as in the settings, `extract.deadline`.
    """

    def __init__(
        self,
        *,
        deadline: float = _DEFAULT.deadline,
        memory: int = _DEFAULT.memory,
        workers: int = _DEFAULT.workers,
        min_chars: int = _DEFAULT.min_chars,
        min_feed_chars: int = _DEFAULT.min_feed_chars,
        keep_embedded_posts: bool = _DEFAULT.keep_embedded_posts,
        keep_other_pages: bool = _DEFAULT.keep_other_pages,
    ) -> None:
        super().__init__()
        self._extract = Extract(
            deadline=deadline,
            memory=memory,
            workers=workers,
            min_chars=min_chars,
            min_feed_chars=min_feed_chars,
            keep_embedded_posts=keep_embedded_posts,
            keep_other_pages=keep_other_pages,
        )

    def expand(self, input_or_inputs: PCollection[Page | tuple[str, str | bytes]]) -> Any:
        return _documents(input_or_inputs, Page | tuple[str, str | bytes], page_of, self._extract)


class RemoveBoilerplate(beam.PTransform[PCollection[Text | tuple[str, str]], Documents]):
    """Turn texts that were extracted elsewhere into documents: the clean body, and what was removed, by kind.

    In: `Text`, or a pair (url, text); every line is a paragraph, and a short first line the title. Rules are those of
    the text's language, which is told unless the `Text` has it. Out: as of `ExtractArticles`.

    Raises:
        ConfigError: an option is not within its limits.
    """

    def __init__(
        self,
        *,
        deadline: float = _DEFAULT.deadline,
        memory: int = _DEFAULT.memory,
        workers: int = _DEFAULT.workers,
        keep_embedded_posts: bool = _DEFAULT.keep_embedded_posts,
    ) -> None:
        super().__init__()
        self._extract = Extract(
            deadline=deadline, memory=memory, workers=workers, keep_embedded_posts=keep_embedded_posts
        )

    def expand(self, input_or_inputs: PCollection[Text | tuple[str, str]]) -> Any:
        return _documents(input_or_inputs, Text | tuple[str, str], text_of, self._extract)


_Take = Callable[[Any, datetime.datetime], Source | Rejected]


def _documents(given: PCollection[Any], kind: Any, take: _Take, extract: Extract) -> Documents:
    out = given | "Read" >> beam.ParDo(_Read(take, extract)).with_input_types(kind).with_outputs(
        REJECTED, main="documents"
    )
    return Documents(out["documents"], out[REJECTED])


class _Read(beam.DoFn):
    """Keep the pool busy, a few documents ahead, and hand on what it finishes."""

    def __init__(self, take: _Take, extract: Extract) -> None:
        self._take = take
        self._extract = extract
        self._readings: Readings
        self._kept = Metrics.counter("extract", "documents")
        self._rejected = Metrics.counter("extract", "rejected")

    def start_bundle(self) -> None:
        extract = self._extract
        self._readings = Readings(
            pool=functools.partial(parsers.pool, extract),
            workers=parsers.workers(extract),
            options=Options(
                min_chars=extract.min_chars,
                min_feed_chars=extract.min_feed_chars,
                keep_embedded_posts=extract.keep_embedded_posts,
                keep_other_pages=extract.keep_other_pages,
            ),
            deadline=extract.deadline,
        )

    def process(
        self,
        given: Any,
        window: Any = beam.DoFn.WindowParam,
        timestamp: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[Document | TaggedOutput[Literal["rejected"], Rejected]]:
        yield from self._hand_on(self._readings.done())
        source = self._take(given, datetime.datetime.now(datetime.UTC))
        if isinstance(source, Rejected):
            self._rejected.inc()
            yield TaggedOutput(REJECTED, source)
        else:
            self._readings.submit(source, Place(window, timestamp))

    def finish_bundle(self) -> Iterator[Any]:
        yield from self._hand_on(self._readings.rest())

    def _hand_on(self, read: Iterator[tuple[Place, Outcome]]) -> Iterator[Any]:
        for place, (_, _, result) in read:
            if isinstance(result, Rejected):
                self._rejected.inc()
                yield TaggedOutput(REJECTED, place.stamp(result))
            else:
                self._kept.inc()
                yield place.stamp(result)
