"""Outcomes: the decision about its copies makes a document an article or a duplicate."""

from newsbeam.records import Article, Decision, Document, Duplicate
from newsbeam.transforms.fingerprints import parse
from newsbeam.transforms.overlaps import overlap


def record_of(document: Document, decision: Decision, *, came: bool = True) -> Article | Duplicate:
    """The document's record: a duplicate where the decision names another one that is kept."""
    made = Duplicate if decision.duplicate_of else Article
    return made(document=document, decision=decision, came=came)


def record_of_revision(earlier: Document, current: Document, decision: Decision, *, came: bool = True) -> Duplicate:
    """The record of an earlier text of an article. decision: the one about the current text."""
    similarity = overlap(parse(earlier.fingerprint), parse(current.fingerprint)).similarity
    return Duplicate(
        document=earlier,
        decision=Decision(
            id=earlier.id,
            cluster_id=decision.cluster_id,
            duplicate_of=current.id,
            relation="revision",
            similarity=round(similarity, 4),
        ),
        came=came,
    )
