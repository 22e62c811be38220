"""Several captures of one address: which text is the article's, which are its history, which say nothing new.

The rule is contract.md's: the newest capture, by `fetched_at` and then text, keeps the id; an earlier text stays as a
revision with an id of its own; the same text again is a skip. Nothing depends on the order in which captures come, nor
on what was learnt of the site by then: texts are compared with the learnt lines in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsbeam.records import Document, Origin, digest
from newsbeam.transforms.site_lines import whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What becomes of the captures of one address.

    current: the document under the article's own id; None when the one already stored stays as it is.
    revisions: earlier texts that are new or told otherwise, each under an id made of the article's and the text's.
    skipped: origins of captures that brought no text of their own.
    """

    current: Document | None
    revisions: tuple[Document, ...]
    skipped: tuple[Origin, ...]


def resolve(captures: Sequence[Document], stored: Document | None, history: Sequence[Document] = ()) -> Resolved:
    """What the captures of one id, and what is stored of it, come to.

    stored: the document under the id. history: its earlier texts as they are stored; one among them may be the current
    text again.
    """
    own = captures[0].id
    held = {text_of(one): one for one in (*history, *([stored] if stored else []))}
    brought: dict[str, list[Document]] = {}
    for one in captures:
        brought.setdefault(text_of(one), []).append(one)
    texts, skipped = [], []
    for own_text in sorted(brought.keys() | held.keys()):
        came, before = brought.get(own_text, []), held.get(own_text)
        best, text = _text(came, replace(before, id=own, revision_of=None) if before else None)
        texts.append(text)
        skipped += [one.origin for one in came if before is not None or one is not best]
    newest = max(texts, key=lambda one: (one.fetched_at, text_of(one)))
    revisions = [replace(one, id=revision_id(own, text_of(one)), revision_of=own) for one in texts if one is not newest]
    return Resolved(
        current=None if newest == stored else newest,
        revisions=tuple(one for one in revisions if one != held.get(text_of(one))),
        skipped=tuple(skipped),
    )


def _text(came: Sequence[Document], before: Document | None) -> tuple[Document, Document]:
    """(the capture that gives a text's record, the text: captured when it last was, by whom it first was)."""
    same = [*came, before] if before else list(came)
    best = max(same, key=_standing)
    return best, replace(best, fetched_at=max(one.fetched_at for one in same), origin=(before or best).origin)


def text_of(one: Document) -> str:
    """The text by which captures are compared."""
    return whole(one.body, one.removed)


def revision_id(article: str, text: str) -> str:
    """The id of an earlier text of an article: of the article's id and the text, as `text_of` gives it."""
    return digest("revision", article, text)


def _standing(one: Document) -> tuple[str, tuple[int, ...], str]:
    """Which of two captures with the same text gives the record: the newer one of an archive; of what feeds announced,
    whether fetched now or kept in our own archive, the one with the smaller key, so that the order of arrival does not
    show; under one key the newer one."""
    announced = one.origin.kind == "feed" or one.feed_url is not None
    age = "" if announced else one.fetched_at
    return age, tuple(-byte for byte in one.origin.key.encode()), one.fetched_at
