"""The limits of a record: what every store can hold, and more than any real page has. docs/records.md has the table.

Nothing is left out silently. A record whose text, lists or address are over a limit is rejected (`over_limits`); a
name or a line that is too long is cut, which its last character, an ellipsis, shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from newsbeam.records import Attribution, Document

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Characters, where nothing else is said; each is the largest that is allowed.

    removed, comments: of all of them together. removed_passages, comment_count, authors, tags: how many. name: an
    author, a tag, the site, a source. line: the title, the evidence of an attribution. address: a URL.
    """

    body: int = 5_000_000
    removed: int = 5_000_000
    removed_passages: int = 20_000
    comments: int = 5_000_000
    comment_count: int = 20_000
    authors: int = 1_000
    tags: int = 1_000
    name: int = 500
    line: int = 2_000
    address: int = 4_096


LIMITS = Limits()


class OverLimits(Exception):
    """A record is over a limit. The message names the field, its value and the limit."""


def ensure_text(text: str, limits: Limits = LIMITS) -> None:
    """Raise OverLimits for an extracted text that cannot be within the limits, before any time is spent on it."""
    _ensure("the extracted text", "characters", len(text), limits.body + limits.removed)


def within(document: Document, limits: Limits = LIMITS) -> Document:
    """The document within the limits: the same, where nothing is over; names and lines cut, where they are too long.

    An image's address that is too long goes, and a canonical one gives way to the document's own: cut, they would lead
    elsewhere.

    Raises:
        OverLimits: body, removed, comments, the lists of people and tags, or the address are over a limit.
    """
    for name, unit, value, limit in _measures(document, limits):
        _ensure(name, unit, value, limit)
    cut = replace(
        document,
        title=document.title and shortened(document.title, limits.line),
        site=shortened(document.site, limits.name),
        authors=tuple(shortened(one, limits.name) for one in document.authors),
        tags=tuple(shortened(one, limits.name) for one in document.tags),
        attribution=document.attribution and _attribution(document.attribution, limits),
        canonical_url=document.canonical_url if len(document.canonical_url) <= limits.address else document.url,
        image=document.image if document.image and len(document.image) <= limits.address else None,
    )
    return document if cut == document else cut


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning with an ellipsis, at most `limit` characters in all."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def _measures(document: Document, limits: Limits) -> Iterator[tuple[str, str, int, int]]:
    yield "url", "characters", len(document.url), limits.address
    yield "body", "characters", len(document.body), limits.body
    yield "removed", "passages", len(document.removed), limits.removed_passages
    yield "removed", "characters", sum(len(one.text) for one in document.removed), limits.removed
    yield "comments", "comments", len(document.comments), limits.comment_count
    yield "comments", "characters", sum(map(len, document.comments)), limits.comments
    yield "authors", "names", len(document.authors), limits.authors
    yield "tags", "tags", len(document.tags), limits.tags


def _ensure(name: str, unit: str, value: int, limit: int) -> None:
    if value > limit:
        raise OverLimits(f"{name}: {value:,} {unit}, the limit is {limit:,}")


def _attribution(one: Attribution, limits: Limits) -> Attribution:
    return replace(one, source=shortened(one.source, limits.name), evidence=shortened(one.evidence, limits.line))
