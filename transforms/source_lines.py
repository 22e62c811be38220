"""Lines of a page that may name the source of its text, read before extraction drops them."""

import re
from collections.abc import Iterable
from typing import Final

from lxml.html import HtmlElement

from newsbeam.text import one_line
from newsbeam.transforms.head import Head
from newsbeam.transforms.html import finder
from newsbeam.transforms.jsonld import Linked
from newsbeam.transforms.marks import Marks, names

_METAS: Final = (
    "author", "source", "dc.source", "news_source", "article:source", "copyright", "dc.rights", "dcterms.rights",
    "rights", "provider", "agency", "newsagency",
)  # fmt: skip
_APART: Final = finder(".//body//footer//text() | .//body//aside//text() | .//body//small//text()")
_PICTURES: Final = frozenset({"figure", "figcaption", "picture", "nav", "header"})
_PICTURED: Final = re.compile(r"caption|image|photo|picture|foto|img|media|video|gallery", re.I)
_TELLING: Final = re.compile(
    r"^\W*(?:(?:news )?sources?|quellen?|fuentes?|fonti|fontes?|źródło|πηγή|источник|джерело|kaynak|bron|kilde"
    r"|källa|lähde|forrás|zdroj"
    r"|sursa|izvor|來源|来源|出典|출처|المصدر|מקור)\s*[:：]"
    r"|^\W*(?:originally published|this article (?:was|first|originally)|with (?:information|files"
    r"|reporting) from|via\s)",
    re.I,
)
_LONGEST: Final = 200
_MOST: Final = 30
_MOST_PARTS: Final = 8


def is_telling(line: str) -> bool:
    """Whether a line begins as a credit does ("Source:", "Quelle:", "来源：", "Originally published …")."""
    return len(line) <= _LONGEST and _TELLING.match(line) is not None


def marked(tree: HtmlElement, marks: Marks) -> list[str]:
    """Short texts of elements that are marked as a source, and telling ones of footers and asides.

    Captions and credits of pictures are left out: they credit the picture.
    """
    found: list[str] = []
    for one in marks.sources:
        if len(found) >= _MOST:
            break
        if len(one) <= _MOST_PARTS and one.tag not in ("a", "img", "source") and not _of_picture(one):
            text = one_line(one.text_content())
            if 2 < len(text) <= _LONGEST:
                found.append(text)
    return found + [line for text in _APART(tree) if len(text) <= _LONGEST and is_telling(line := one_line(text))]


def lines(
    *, head: Head, linked: Linked, bylines: Iterable[str], elements: Iterable[str], passed: Iterable[str]
) -> tuple[str, ...]:
    """Lines that may credit a source, the structured ones first, each once, at most 30.

    elements: what `marked` found. passed: short blocks of the page that are not in the text.
    """
    found = (
        *linked.organisations,
        *linked.credits,
        *linked.authors,
        *head.all(*_METAS),
        *bylines,
        *elements,
        *(line for line in passed if is_telling(line)),
    )
    return tuple(dict.fromkeys(line for line in found if 1 < len(line) <= _LONGEST))[:_MOST]


def _of_picture(element: HtmlElement) -> bool:
    above: HtmlElement | None = element
    while above is not None and above.tag not in ("article", "body", "main"):
        if above.tag in _PICTURES or _PICTURED.search(names(above)):
            return True
        above = above.getparent()
    return False
