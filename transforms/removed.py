"""What was taken out of a text goes beside it, so that body and removed give the text back exactly.

A text is paragraphs joined by a blank line. Of it is removed either

- a whole paragraph: its text neither begins nor ends with white space; its position is the end of the body paragraph
  before it (0 where none is), and it is joined to its neighbours by a blank line again; or
- a span inside a paragraph: its text begins or ends with white space, and goes back as it is.

Positions count characters of the body; items are in reading order.
"""

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


def rebuild(body: str, removed: Sequence[Removed]) -> str:
    """The text that `body` and `removed` were made from."""
    parts: list[str] = []
    done = 0
    open_gap = False  # paragraphs stand before the body's first one, and no blank line after them yet
    for item in removed:
        if item.position > done:
            parts.append(GAP if open_gap else "")
            parts.append(body[done : item.position])
            done, open_gap = item.position, False
        if item.text != item.text.strip():
            parts.append(GAP + item.text if open_gap else item.text)
            open_gap = False
        else:
            parts.append(GAP + item.text if any(parts) else item.text)
            open_gap = done == 0
    if done < len(body):
        parts.append(GAP if open_gap else "")
        parts.append(body[done:])
    return "".join(parts)
