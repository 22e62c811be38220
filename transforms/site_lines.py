"""Lines that a site repeats: what a document tells of them, which are furniture, and the text without these.

A line is learnt where it stands at an edge of at least MIN_STORIES stories that a site had in one period, and of a
fifth of all that it had, and on no more than one other site: what many sites carry is an agency's or a phrase. It is
taken out of the texts of that period and of the next one, so that a period does not begin without any memory.

All of it is counted on the texts with learnt lines put back, so that it does not matter what was learnt when.
"""

import datetime
import hashlib
import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from newsbeam import urls
from newsbeam.records import Document, Removed, SiteLines
from newsbeam.transforms.paragraphs import Line, fold, line_of
from newsbeam.transforms.removed import GAP, Mark, parted, take_out
from newsbeam.transforms.wordings import measured

KIND = "site_furniture"
FIRST, LAST = 3, 6
"""How many paragraphs from either end of a text may be furniture."""
MIN_STORIES = 5
MIN_SHARE = 0.2
MOST_SITES = 2


def whole(body: str, removed: Sequence[Removed]) -> str:
    """The body with learnt lines put back."""
    if not any(one.kind == KIND for one in removed):
        return body
    marks = [(text, None if mark is not None and mark.kind == KIND else mark) for text, mark in parted(body, removed)]
    return take_out([text for text, _ in marks], [mark for _, mark in marks])[0]


def lines_of(document: Document, days: int) -> SiteLines | None:
    """What the document tells; None for one that came from no site. days: of a period."""
    if not has_site(document):
        return None
    texts = whole(document.body, document.removed).split(GAP)
    lines = {key for text in (*texts[:FIRST], *texts[-LAST:]) if (key := _key(line_of(text))) is not None}
    # Two addresses of one story would make all of its lines look like the site's.
    story = document.title or max(texts, key=len)
    return SiteLines(
        id=document.id,
        site=site_of(document.url),
        period=period_of(document.fetched_at, days),
        story=_hash(fold(story)),
        lines=tuple(sorted(lines)),
    )


def has_site(document: Document) -> bool:
    """Whether the document came from a site; a text or a page out of a folder did not."""
    return document.url.startswith(("http://", "https://"))


def period_days(window_days: float) -> int:
    """Days of a period where copies are compared within so many: its memory is kept for as long as its texts are."""
    return max(1, math.ceil(window_days))


def site_of(url: str) -> int:
    """The site of an address, as a number."""
    return _hash(urls.site(url))


def period_of(moment: str, days: int) -> int:
    """The number of the period of so many days that an ISO 8601 moment falls into."""
    return datetime.date.fromisoformat(moment[:10]).toordinal() // days


def repeated(told: Iterable[SiteLines]) -> set[int]:
    """The lines that one site repeats, by what its documents of one period tell."""
    stories: dict[int, set[int]] = {}
    for one in told:
        stories.setdefault(one.story, set()).update(one.lines)
    counts = Counter(line for lines in stories.values() for line in lines)
    enough = max(MIN_STORIES, MIN_SHARE * len(stories))
    return {line for line, count in counts.items() if count >= enough}


def without(document: Document, learnt: Collection[int]) -> Document:
    """The document with exactly these of its lines taken out as its site's furniture, and no other ones.

    From the end of the text upwards to the last sentence that is not learnt, and from its start as long as every line
    is. A text of which nothing would be left keeps all.
    """
    if not learnt and not any(one.kind == KIND for one in document.removed):
        return document
    parts = parted(document.body, document.removed)
    texts = [text for text, _ in parts]
    marks = [None if mark is not None and mark.kind == KIND else mark for _, mark in parts]
    kept = [at for at, mark in enumerate(marks) if mark is None or mark.span is not None]
    found = _furniture([None if marks[at] else line_of(texts[at]) for at in kept], learnt)
    if len(found) < len(kept):
        for at in found:
            marks[kept[at]] = Mark(kind=KIND)
    body, removed = take_out(texts, marks)
    if body == document.body:
        return document
    fingerprint, words = measured(body)
    return replace(document, body=body, removed=removed, fingerprint=fingerprint, word_count=words)


def _furniture(lines: Sequence[Line | None], learnt: Collection[int]) -> set[int]:
    """Which of the lines go; None is a paragraph of which something was taken out already."""
    found: set[int] = set()
    for at, line in enumerate(lines[:FIRST]):
        if line is None or _key(line) not in learnt:
            break
        found.add(at)
    for at in range(len(lines) - 1, max(-1, len(lines) - 1 - LAST), -1):
        line = lines[at]
        if line is not None and _key(line) in learnt:
            found.add(at)
        elif line is None or line.story:
            break
    return found


def _key(line: Line) -> int | None:
    """A line as a number; None for one that is too long, or has no word."""
    return _hash(line.fold) if any(map(str.isalnum, line.fold)) else None


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
