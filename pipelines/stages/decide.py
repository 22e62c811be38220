"""The join of documents with what was decided about their copies: records, new and corrected."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages.groups import InBatches
from newsbeam.records import Article, Decision, Document, Duplicate, Gone
from newsbeam.transforms.captures import text_of
from newsbeam.transforms.copies import Verdict
from newsbeam.transforms.outcomes import record_of, record_of_revision


class MakeRecords(
    beam.PTransform[tuple[PCollection[Document], PCollection[Document], PCollection[Verdict]], PCollection[Any]]
):
    """Give each document its decision; correct stored records whose decision changed."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(
        self, pcolls: tuple[PCollection[Document], PCollection[Document], PCollection[Verdict]]
    ) -> PCollection[Any]:
        documents, revisions, verdicts = pcolls
        records: PCollection[Any] = (
            {
                "documents": documents | "ById" >> beam.WithKeys(_id),
                "revisions": revisions | "ByArticle" >> beam.WithKeys(article_of),
                "decisions": verdicts | "Decisions" >> beam.FlatMap(_decisions),
            }
            | "Together" >> beam.CoGroupByKey()
            | "Records" >> beam.ParDo(InBatches(Recorder(self._job)))
        )
        return records


def _id(document: Document) -> str:
    return document.id


def article_of(revision: Document) -> str:
    """The id of the article that an earlier text belongs to."""
    assert revision.revision_of is not None  # made by captures.resolve
    return revision.revision_of


def _decisions(verdict: Verdict) -> Iterator[tuple[str, Decision]]:
    for decision in verdict.decisions:
        yield decision.id, decision


class Recorder:
    """Loads the stored documents that a decision changes, then makes each record.

    came: the documents came in now; False where all are earlier ones.
    """

    def __init__(self, job: Job, *, came: bool = True) -> None:
        self._job = job
        self._came = came

    def __call__(self, groups: list[tuple[str, Mapping[str, list[Any]]]]) -> list[list[Any]]:
        state = self._job.state()
        earlier = state.decisions([key for key, _ in groups])
        decided = {key: _newest(group["decisions"], earlier.get(key)) for key, group in groups}
        corrected = [key for key, group in groups if not group["documents"] and decided[key] != earlier.get(key)]
        stored = state.stored([*corrected, *(key for key, group in groups if group["revisions"])])
        # Earlier texts stand by the current one: with its text changes their similarity, with its cluster theirs.
        changed_ids = [key for key, group in groups if group["documents"] or decided[key] != earlier.get(key)]
        history = state.revisions([key for key in changed_ids if key in earlier])
        answers = []
        for key, group in groups:
            came = {one.id for one in (*group["documents"], *group["revisions"])} if self._came else set()
            current = group["documents"][0] if group["documents"] else stored.get(key)
            changed = bool(group["documents"]) or key in corrected
            kept = {one.id: one for one in [*history.get(key, ()), *group["revisions"]]}
            answers.append(list(_records(current, decided[key], kept, came, changed=changed)))
        return answers


def _newest(decisions: list[Decision], earlier: Decision | None) -> Decision | None:
    return decisions[0] if decisions else earlier


def _records(
    current: Document | None,
    decision: Decision | None,
    revisions: Mapping[str, Document],
    came: Collection[str],
    *,
    changed: bool,
) -> Iterator[Article | Duplicate | Gone]:
    if not changed and not revisions:
        return
    if current is None or decision is None:
        raise RuntimeError(f"no document or no decision beside {sorted(revisions)}: the stages before lost one")
    if changed:
        yield record_of(current, decision, came=current.id in came)
    for one in revisions.values():
        if text_of(one) == text_of(current):
            yield Gone(id=one.id)
        else:
            yield record_of_revision(one, current, decision, came=one.id in came)
