"""Deciding a window's documents once more, in the store stage itself, when another window was settled in between.

A stream's windows overlap: while one of them is compared with the history, another may be on its way into it. Neither
would know of the other's copies. The store stage is the one place that they pass one after the other.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from apache_beam.pvalue import TaggedOutput

from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages.decide import Recorder, article_of
from newsbeam.pipelines.stages.resolve import REVISIONS, Resolver
from newsbeam.records import Article, Captured, Document, Duplicate, Gone, Skipped
from newsbeam.transforms.candidates import candidates
from newsbeam.transforms.sketches import sketch
from newsbeam.transforms.verdicts import Verdict, judge


def decided_anew(job: Job, items: Sequence[Any], of: Collection[str] | None = None) -> list[Any]:
    """The window's items with all that was decided about its documents replaced by what the state says now.

    of: the documents concerned; the others keep what was decided, unless they are of one component with these. None:
    all are.
    """
    again, rest = (items, []) if of is None else parted(items, of)
    captures: dict[str, list[Document]] = defaultdict(list)
    for one in again:
        if isinstance(one, Captured):
            for document in one.documents:
                captures[document.id].append(document)
    documents, revisions, skips = _resolved(job, captures)
    verdicts = verdicts_on(job, documents)
    records = records_of(job, documents, revisions, verdicts)
    return [*rest, *(one for one in again if not is_decided(one)), *skips, *verdicts, *records]


def parted(items: Sequence[Any], ids: Collection[str]) -> tuple[Sequence[Any], list[Any]]:
    """(what was decided about these documents and the components that they are in, with what they came as; the rest).

    All is of the first kind where a text goes: an id that is gone does not tell whose earlier text it was.
    """
    if any(isinstance(one, Gone) for one in items):
        return items, []
    components = [{each.id for each in one.decisions} for one in items if isinstance(one, Verdict)]
    concerned = set(ids).union(*(members for members in components if not members.isdisjoint(ids)))
    entries = {
        document.origin.key
        for one in items
        if isinstance(one, Captured)
        for document in one.documents
        if document.id in concerned
    }
    again: list[Any] = []
    rest: list[Any] = []
    for one in items:
        (again if _is_of(one, concerned, entries) else rest).append(one)
    return again, rest


def is_decided(item: Any) -> bool:
    """Whether the item is, or was decided from, what came in of the window's documents."""
    decided = isinstance(item, (Article, Duplicate, Gone, Verdict, Captured, str))
    return decided or (isinstance(item, Skipped) and item.reason == "same_text")


def _is_of(item: Any, ids: Collection[str], entries: Collection[str]) -> bool:
    match item:
        case Captured():
            return item.documents[0].id in ids
        case Verdict():
            return item.decisions[0].id in ids
        case Article() | Duplicate():
            return (item.document.revision_of or item.document.id) in ids
        case str():
            return item in ids
        case Skipped(reason="same_text"):
            return item.origin.key in entries
    return False


def _resolved(job: Job, captures: dict[str, list[Document]]) -> tuple[list[Document], list[Document], list[Any]]:
    """(current texts, earlier texts, what settles without a record)."""
    documents: list[Document] = []
    revisions: list[Document] = []
    rest: list[Any] = []
    for outputs in Resolver(job)(sorted(captures.items())):
        for one in outputs:
            if isinstance(one, Document):
                documents.append(one)
            elif isinstance(one, TaggedOutput) and one.tag == REVISIONS:
                revisions.append(one.value)
            elif not isinstance(one.value, Captured):
                rest.append(one.value)
    return documents, revisions, rest


def verdicts_on(job: Job, documents: Sequence[Document]) -> list[Verdict]:
    """The verdicts on documents, by what the state says now."""
    bucket = job.settings.dedup.bucket
    sketches = [sketch(one) for one in documents]
    found = candidates(sketches, bucket)
    bodies = {one.id: one.body for one in documents}
    return judge(sketches, found, job.state(), job.thresholds, bucket, bodies)


def records_of(
    job: Job,
    documents: Sequence[Document],
    revisions: Sequence[Document],
    verdicts: Sequence[Verdict],
    *,
    came: bool = True,
) -> list[Any]:
    """The records of current and of earlier texts, and of others that the verdicts concern. came: as in Recorder."""
    groups: dict[str, dict[str, list[Any]]] = defaultdict(lambda: {"documents": [], "revisions": [], "decisions": []})
    for one in documents:
        groups[one.id]["documents"].append(one)
    for one in revisions:
        groups[article_of(one)]["revisions"].append(one)
    for verdict in verdicts:
        for decision in verdict.decisions:
            groups[decision.id]["decisions"].append(decision)
    return [record for made in Recorder(job, came=came)(sorted(groups.items())) for record in made]
