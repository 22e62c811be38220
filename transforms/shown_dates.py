"""The day that a page shows its reader near the headline, or in its address, where no mark states it."""

import datetime
import re
from collections.abc import Callable
from itertools import islice
from typing import Any, Final, cast

from lxml import etree
from lxml.html import HtmlElement

from newsbeam.config.rules.phrases import text_rules
from newsbeam.text import one_line
from newsbeam.transforms.date_lines import date_line, day_of
from newsbeam.transforms.language import script
from newsbeam.transforms.marks import Marks, names
from newsbeam.transforms.paragraphs import fold
from newsbeam.transforms.phrases import lexicon
from newsbeam.transforms.titles import heading_of

Texts = Callable[[HtmlElement], list[Any]]

_TEXTS: Final = (
    "text()[normalize-space() and not(parent::script or parent::style or parent::noscript or parent::option)]"
)
_AFTER: Final = cast(Texts, etree.XPath(f"following::{_TEXTS}"))
_BEFORE: Final = cast(Texts, etree.XPath(f"preceding::{_TEXTS}"))
_FAR: Final = 30
_CLOSE: Final = 6
_NEAR: Final = 5
_MOST_WORDS: Final = 9
_LONGEST: Final = 80
_MOST_BESIDE: Final = 60
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}\.\s?\d{1,2}\.\s?\d\d(?!\d)")
_OUTSIDE: Final = re.compile(r"comment|related|sidebar|footer|teaser|recommend|most-?read|popular|widget", re.I)
_DATED_TITLE: Final = re.compile(r"\d{1,2}\.\s?\d{1,2}\.\s?\d{4}(?=\W)")
_ADDRESS: Final = re.compile(r"[/_-]((?:19|20)\d\d)([/_-]?)(\d{1,2})\2(\d{1,2})(?=\D|$)")
_PARTS: Final = re.compile(r"\s*(?:[|•·⋅]|//)\s*|\s+[–—-]\s+|\s*\(|\)\s*")
_INLINE: Final = frozenset("a abbr b cite em font i small span strong time u".split())


def shown(tree: HtmlElement, marks: Marks, title: str | None) -> str | None:
    """The first day in a short block: after the headline, marked as a date, or just before the headline."""
    heading = heading_of(tree, title)
    if heading is not None:
        if begins := _DATED_TITLE.match(one_line(heading.text_content())):
            return _in_line(begins[0])
        for text in _AFTER(heading)[:_FAR]:
            if day := _in_node(text):
                return day
    for one in marks.dated:
        near = [one, *islice(one.iterancestors(), _NEAR)]
        if any(_OUTSIDE.search(names(above)) for above in near):
            continue
        if day := _in_line(one_line(" ".join(one.itertext()))):
            return day
    if heading is not None:
        for text in _BEFORE(heading)[-_CLOSE:]:
            if day := _in_node(text):
                return day
    return None


def _in_node(text: Any) -> str | None:
    """The day of a text node that holds little else and does not stand in running text."""
    if len(text) > 3 * _LONGEST or not _YEAR.search(text):
        return None
    day = _in_line(one_line(text))
    if day is None:
        return None
    return day if _beside(text) <= _MOST_BESIDE else None


def _beside(text: Any) -> int:
    """How many characters stand in the same run of text as a text node, before and after it."""
    element = text.getparent()
    if text.is_tail:
        after = element.getnext()
        inline = [one for one in (element, after) if one is not None and one.tag in _INLINE]
        return sum(len(one.text_content().strip()) for one in inline)
    if element.tag not in _INLINE:
        first = next(iter(element), None)
        return len(first.text_content().strip()) if first is not None and first.tag in _INLINE else 0
    before = element.getprevious()
    earlier = element.getparent().text if before is None else before.tail
    return len((earlier or "").strip()) + len((element.tail or "").strip())


def _in_line(line: str) -> str | None:
    """The day of a short line: one that is a date or a part of it, or that has few words besides."""
    if len(line) > _LONGEST or not _YEAR.search(line):
        return None
    words = lexicon(text_rules(), "und", script(line))
    for part in (line, *_PARTS.split(line)):
        if (found := date_line(part, fold(part), words)) and found.day:
            return found.day
    if line.count(" ") < _MOST_WORDS and line[-1] not in ".!?…":
        return day_of(fold(line), words)
    return None


def addressed(url: str) -> str | None:
    """The day in an address's path: /2024/05/17/, /2024-05-17-storm, /20240517/."""
    for found in _ADDRESS.finditer(url):
        if found[2] or len(found[3]) == len(found[4]) == 2:
            try:
                return datetime.date(int(found[1]), int(found[3]), int(found[4])).isoformat()
            except ValueError:
                continue
    return None
