"""The resolve stage: captures of one address meet, and the state's own document of it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages.furniture import cleaned
from newsbeam.pipelines.stages.groups import InBatches
from newsbeam.records import Captured, Document, Skipped
from newsbeam.transforms.captures import resolve

REVISIONS, SETTLED, REPLACED = "revisions", "settled", "replaced"


class Current(NamedTuple):
    """What the stage gives back.

    documents: one for each id, to be compared with others. revisions: earlier texts. settled: captures with nothing
    new, and in a stream what came in under each id. replaced: ids whose stored text gives way.
    """

    documents: PCollection[Document]
    revisions: PCollection[Document]
    settled: PCollection[Skipped | Captured]
    replaced: PCollection[str]


class ResolveCaptures(beam.PTransform[PCollection[Document], Current]):
    """Bring the captures of each id down to one current document and its history."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, documents: PCollection[Document]) -> Current:
        out = (
            documents
            | "ById" >> beam.WithKeys(_id)
            | "Captures" >> beam.GroupByKey()
            | "Resolve"
            >> beam.ParDo(InBatches(Resolver(self._job))).with_outputs(REVISIONS, SETTLED, REPLACED, main="documents")
        )
        return Current(out["documents"], out[REVISIONS], out[SETTLED], out[REPLACED])


def _id(document: Document) -> str:
    return document.id


class Resolver:
    """Looks up what is stored under the ids, then decides id by id: current text, earlier ones, skips, replaced id.

    What was forgotten is a skip and goes no further, by whatever way it came in.

    Where windows overlap (a stream), or a bundle may be run again (several workers), it says too what it decided upon,
    and when.
    """

    def __init__(self, job: Job) -> None:
        self._job = job

    def __call__(self, grouped: list[tuple[str, Iterable[Document]]]) -> list[list[Any]]:
        groups = self._cleaned([(key, list(captures)) for key, captures in grouped])
        ids = [key for key, _ in groups]
        state = self._job.state()
        commits = state.commits()
        out = state.kept_out(ids, {one.url for _, captures in groups for one in captures})
        stored = state.stored(ids)
        revisions = state.revisions(list(stored))
        answers: list[list[Any]] = []
        for key, came in groups:
            if out and out.covers(came[0].url, key):
                answers.append([TaggedOutput(SETTLED, Skipped(origin=one.origin, reason="forgotten")) for one in came])
                continue
            found = resolve(came, stored.get(key), revisions.get(key, ()))
            outputs: list[Any] = [TaggedOutput(REVISIONS, one) for one in found.revisions]
            outputs += [TaggedOutput(SETTLED, Skipped(origin=origin, reason="same_text")) for origin in found.skipped]
            if found.current is not None:
                outputs.append(found.current)
                if key in stored:
                    outputs.append(TaggedOutput(REPLACED, key))
            if self._job.endless or self._job.spread:
                outputs.append(TaggedOutput(SETTLED, Captured(commits=commits, documents=tuple(came))))
            answers.append(outputs)
        return answers

    def _cleaned(self, groups: list[tuple[str, list[Document]]]) -> list[tuple[str, list[Document]]]:
        """Without what their sites repeat, before they are compared with what is stored, which is without it, too."""
        found = iter(cleaned(self._job, [one for _, captures in groups for one in captures]))
        return [(key, [next(found) for _ in captures]) for key, captures in groups]
