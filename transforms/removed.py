"""What was taken out of a text goes beside it, so that body and removed give the text back exactly.

A text is paragraphs joined by a blank line. Of it is removed either

- a whole paragraph: its text neither begins nor ends with white space; its position is the end of the body paragraph
  before it (0 where none is), and it is joined to its neighbours by a blank line again; or
- a span inside a paragraph: its text begins or ends with white space, and goes back as it is.

Positions count characters of the body; items are in reading order.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from newsbeam.records import Removed

GAP = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A passage to take out of a paragraph: the kind, and start and end in characters; None for the whole of it."""

    kind: str
    span: tuple[int, int] | None = None


def take_out(paragraphs: Sequence[str], marks: Sequence[Mark | None]) -> tuple[str, tuple[Removed, ...]]:
    """(body, removed) of paragraphs, each with the mark of what goes out of it, None where it stays.

    A span must touch white space that goes out with it, and leave a paragraph that is stripped and not empty.
    """
    body: list[str] = []
    length = 0
    removed: list[Removed] = []
    for text, mark in zip(paragraphs, marks, strict=True):
        if mark is not None and mark.span is None:
            removed.append(Removed(kind=mark.kind, text=text, position=length))
            continue
        start = length + len(GAP) if body else 0
        kept = text
        if mark is not None and mark.span is not None:
            first, last = mark.span
            kept = text[:first] + text[last:]
            if not kept or kept != kept.strip() or text[first:last] == text[first:last].strip():
                raise ValueError(f"the span {mark.span} of {text!r} cannot be put back")
            removed.append(Removed(kind=mark.kind, text=text[first:last], position=start + first))
        body.append(kept)
        length = start + len(kept)
    return GAP.join(body), tuple(removed)


def parted(body: str, removed: Sequence[Removed]) -> list[tuple[str, Mark | None]]:
    """The paragraphs that `body` and `removed` were made from, each with the mark of what went out of it: the reverse
    of take_out.

    Raises:
        ValueError: a removed passage stands nowhere in the body.
    """
    left = deque(removed)
    found = _whole_at(0, left)
    start = 0
    for text in body.split(GAP) if body else ():
        end, mark = start + len(text), None
        if left and start <= left[0].position <= end and not _is_whole(left[0]):
            one = left.popleft()
            first = one.position - start
            text = text[:first] + one.text + text[first:]
            mark = Mark(kind=one.kind, span=(first, first + len(one.text)))
        found += [(text, mark), *_whole_at(end, left)]
        start = end + len(GAP)
    if left:
        raise ValueError(f"{left[0].kind} at {left[0].position} stands nowhere in a body of {len(body)} characters")
    return found


def _whole_at(position: int, left: "deque[Removed]") -> list[tuple[str, Mark | None]]:
    found: list[tuple[str, Mark | None]] = []
    while left and left[0].position == position and _is_whole(left[0]):
        one = left.popleft()
        found.append((one.text, Mark(kind=one.kind)))
    return found


def _is_whole(one: Removed) -> bool:
    return one.text == one.text.strip()


def rebuild(body: str, removed: Sequence[Removed]) -> str:
    """The text that `body` and `removed` were made from."""
    return GAP.join(text for text, _ in parted(body, removed))
