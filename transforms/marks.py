"""The elements of a page whose class or id may name comments, bylines or sources, found in one walk."""

import functools
import re
from dataclasses import dataclass, field
from typing import Final

from lxml.html import HtmlElement

_COMMENTS: Final = 1
_BYLINES: Final = 2
_SOURCES: Final = 4
_DATES: Final = 8
_PERSON: Final = re.compile("author|creator", re.I)
_PATTERNS: Final = {
    _COMMENTS: re.compile("comment|disqus|dsq-|livefyre|respond|echo-item|comol"),
    _BYLINES: re.compile("author|byline"),
    _SOURCES: re.compile("source|agency|syndicat|credit|copyright"),
    _DATES: re.compile(
        r"(?:^|[\s_-])(?:\w*date|datum|fecha|published|posted|timestamp|dateline|publish\w*|byline|post-?info)(?=$|[\s_-])"
    ),
}
_ANY: Final = re.compile("|".join(pattern.pattern for pattern in _PATTERNS.values()))


@dataclass(frozen=True, slots=True)
class Marks:
    """Elements in page order. comments, bylines, sources, dated: by class or id.

    stated: those with itemprop, itemtype or property, and links to authors.
    """

    comments: list[HtmlElement] = field(default_factory=list)
    bylines: list[HtmlElement] = field(default_factory=list)
    sources: list[HtmlElement] = field(default_factory=list)
    dated: list[HtmlElement] = field(default_factory=list)
    stated: list[HtmlElement] = field(default_factory=list)


def names(element: HtmlElement) -> str:
    """Class and id of an element, as one string."""
    return f"{element.get('class') or ''} {element.get('id') or ''}".strip()


def read(tree: HtmlElement) -> Marks:
    """The marked elements of a page."""
    body = tree.find("body")
    body = tree if body is None else body
    marks = Marks()
    lists = ((_COMMENTS, marks.comments), (_BYLINES, marks.bylines), (_SOURCES, marks.sources), (_DATES, marks.dated))
    for element in body.iterdescendants():
        read = element.get
        of_class, of_id = read("class"), read("id")
        kinds = (_kinds(of_class) if of_class else 0) | (_kinds(of_id) if of_id else 0)
        if kinds:
            for kind, chosen in lists:
                if kinds & kind:
                    chosen.append(element)
        if (
            read("itemprop")
            or read("itemtype")
            or read("property")
            or (element.tag == "a" and (relation := read("rel")) and _PERSON.search(relation))
        ):
            marks.stated.append(element)
    return marks


@functools.lru_cache(maxsize=1 << 14)
def _kinds(name: str) -> int:
    lower = name.lower()
    if not _ANY.search(lower):
        return 0
    return sum(kind for kind, pattern in _PATTERNS.items() if pattern.search(lower))
