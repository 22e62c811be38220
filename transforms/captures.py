"""Several captures of one address: which text is the article's, which are its history, which say nothing new.

The rule is contract.md's: the newest capture, by `fetched_at` and then text, keeps the id; an earlier text stays as a
revision with an id of its own; the same text again is a skip. Nothing depends on the order in which captures come.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from newsbeam.records import Document, Origin, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What becomes of the captures of one address.

    current: the document under the article's own id; None when the one already stored stays as it is.
    revisions: earlier texts, each under an id made of the article's and the text's. skipped: origins of captures
    that brought no text of their own.
    """

    current: Document | None
    revisions: tuple[Document, ...]
    skipped: tuple[Origin, ...]


def resolve(captures: Sequence[Document], stored: Document | None, known: Collection[str] = ()) -> Resolved:
    """What the captures of one id, and the document stored under it, come to. known: ids of stored revisions."""
    by_body: dict[str, list[Document]] = {}
    for one in [*captures, *([stored] if stored else [])]:
        by_body.setdefault(one.body, []).append(one)
    best = {body: max(same, key=_standing) for body, same in by_body.items()}
    newest = max(best.values(), key=lambda one: (max(same.fetched_at for same in by_body[one.body]), one.body))
    told_by_stored = stored.body if stored else None
    skipped = [one.origin for one in captures if one is not best[one.body] or one.body == told_by_stored]
    current: Document | None = newest
    if newest is stored:
        current = None
    elif stored is not None and stored.body == newest.body:
        current = replace(newest, origin=stored.origin)
    revisions = []
    for body, one in sorted(best.items()):
        if body == newest.body:
            continue
        revision = replace(one, id=revision_id(one.id, body), revision_of=one.id)
        if revision.id in known:
            skipped.append(one.origin)
        elif body == told_by_stored and stored is not None:
            revisions.append(replace(revision, origin=stored.origin))
        else:
            revisions.append(revision)
    return Resolved(current=current, revisions=tuple(revisions), skipped=tuple(skipped))


def revision_id(article: str, body: str) -> str:
    """The id of an earlier text of an article: of the article's id and the text."""
    return digest("revision", article, body)


def _standing(one: Document) -> tuple[str, tuple[int, ...]]:
    """Which of two captures with the same text gives the record: the newer one of an archive; in feeds, where both
    are of now, the one with the smaller key, so that the order of arrival does not show."""
    age = "" if one.origin.kind == "feed" else one.fetched_at
    return age, tuple(-byte for byte in one.origin.key.encode())
