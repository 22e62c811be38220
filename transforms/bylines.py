"""Bylines of a page: elements marked as such, else what stands near the headline and names people."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from newsbeam.text import one_line
from newsbeam.transforms.authors import after_byword, is_joiner, looks_named
from newsbeam.transforms.blocks import HEADINGS
from newsbeam.transforms.marks import Marks, names
from newsbeam.transforms.source_lines import is_telling

_STATED: Final = frozenset({"author", "creator"})
_CLASSED: Final = re.compile(r"(?:author|byline)[-_]*(?:s|names?|links?|title)?(?=$|\s)", re.I)
_PARTED: Final = re.compile(r"(?:first|given|last|family|sur)[-_]?name", re.I)
_OUTSIDE: Final = re.compile(
    r"comment|related|sidebar|footer|(?:^|[\s_-])bio|teaser|recommend|most-?read|popular", re.I
)
_PROFILE: Final = re.compile(
    r"/(?:authors?|autor(?:e[ns]?|in)?|auteurs?|autori|author-profile|profiles?|staff|journalists?|journaliste"
    r"|contributors?|columnists?|reporters?|redactie|redakteure?|correspondents?|writers?|newsteam)/[^/]",
    re.I,
)
_SILENT: Final = frozenset("script style noscript template option select svg iframe button".split())
_LETTER: Final = re.compile(r"[^\W\d_]")
_LONGEST: Final = 300
_MOST: Final = 40
_NEAR: Final = 3
_FAR: Final = 40
_RUNNING: Final = 200
_LINE: Final = 100
_PROSE: Final = 120
_LABELLED: Final = re.compile(r"[:：]|\w\.\w")
"""What captions have, and names of persons do not."""
_LABELS: Final = ("strong", "b", "dt", "th", "label")
_LABEL: Final = 30
_BOLD: Final = ("strong", "b")
_DATE: Final = re.compile(r"\s*\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d\b|\s*(?:19|20)\d\d-\d\d-\d\d\b")


def marked(marks: Marks, heading: HtmlElement | None = None) -> list[str]:
    """The texts of the elements marked as the article's byline (rel, itemprop, class), in page order, innermost.

    heading: the article's; what holds it as well as a byline is the layout, whatever its class says.
    """
    stated = [one for one in marks.stated if one.tag not in ("meta", "link") and _is_author(one)]
    chosen = stated or [one for one in marks.bylines if _CLASSED.search(names(one))]
    outer = {above for one in chosen for above in one.iterancestors()}
    layout = set(heading.iterancestors()) if heading is not None else set()
    found: list[str] = []
    near: set[HtmlElement] = set()
    for one in chosen[:_MOST]:
        above = list(one.iterancestors())
        inner = (each for each in above if each.tag != "body" and each not in layout)
        if one in outer or any(_OUTSIDE.search(names(each)) for each in inner):
            continue
        # Bylines far from the first are those of other stories on the page.
        if near and not near.intersection(above[:_NEAR]):
            break
        text = one_line("|".join(part for part in one.itertext() if part.strip()))
        if 1 < len(text) <= _LONGEST and _LETTER.search(text) and not is_telling(text):
            near = near or set(above[:_NEAR])
            parted = any(_PARTED.search(names(part)) for part in one.iterdescendants())
            found.append(one_line(text.replace("|", " ")) if parted else text)
    return list(dict.fromkeys(found))


def _is_author(element: HtmlElement) -> bool:
    stated = {*(element.get("itemprop") or "").split(), *(element.get("rel") or "").split()}
    return bool(stated & _STATED)


def shown(heading: HtmlElement) -> list[str]:
    """Unmarked bylines between the headline and the running text: a byword with names, names linked to a profile.

    Nothing is taken that does not look like the name of a person.
    """
    found: list[str] = []
    opened, idle = False, 0
    for text, element in islice(_after(heading), _FAR):
        line = one_line(text)
        if len(line) > _RUNNING or (found and idle > _NEAR):
            break
        if found and not idle and is_joiner(line):
            opened = True
            continue
        linked = _links_to_profile(element)
        rest = after_byword(line)
        byline = line if opened or linked else rest
        if byline and len(line) <= _LINE and looks_named(byline, words=1 if linked else 2):
            found.append(byline)
            idle = -1
        opened, idle = rest == "", idle + 1
    return list(dict.fromkeys(found))


def unmarked(tree: HtmlElement, heading: HtmlElement | None) -> Iterator[str]:
    """Names that nothing on the page marks as a byline; sought only when they are asked for."""
    found = labelled(tree)
    if not found and heading is not None:
        found = lone(heading)
    yield from found


def labelled(tree: HtmlElement) -> list[str]:
    """The names that stand behind a label of their own, wherever on the page: "**Author:** NAME"."""
    found: list[str] = []
    for one in tree.iter(*_LABELS):
        label = one_line(one.text_content()) if len(one) < _NEAR else ""
        if not label or len(label) > _LABEL or after_byword(label.rstrip(" :：") + ":") != "":
            continue
        below = one.getnext()
        rest = one_line(one.tail or "").strip(" :：") or (one_line(below.text_content()) if below is not None else "")
        if len(rest) <= _LINE and looks_named(rest, words=2):
            found.append(rest)
    return list(dict.fromkeys(found))


def lone(heading: HtmlElement) -> list[str]:
    """Names that nothing marks but their place below the headline: before a date, or in bold right above the text."""
    near = list(islice(_after(heading), _FAR))
    for (text, element), (following, _) in pairwise(near):
        line = one_line(text).strip(" |·•")
        if len(line) > _RUNNING and element.tag not in HEADINGS:
            break
        named = len(line) <= _LINE and not _LABELLED.search(line) and looks_named(line, words=2)
        if named and (_DATE.match(following) or _tops(element, line)):
            return [line]
    return []


def _tops(element: HtmlElement, line: str) -> bool:
    """Whether a bold line is a paragraph of its own, and the next one is prose."""
    paragraph = element.getparent()
    if element.tag not in _BOLD or paragraph is None or one_line(paragraph.text_content()) != line:
        return False
    below = paragraph.getnext()
    return below is not None and below.tag == paragraph.tag and len(below.text_content()) > _PROSE


def _links_to_profile(element: HtmlElement) -> bool:
    near = [element, *islice(element.iterancestors(), 2)]
    return any(one.tag == "a" and _PROFILE.search(one.get("href") or "") is not None for one in near)


def _after(element: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    """The text nodes that follow an element and are not blank, each with the element that it stands in."""
    one: HtmlElement | None = element
    while one is not None:
        parent = one.getparent()
        if parent is not None and one.tail and not one.tail.isspace():
            yield one.tail, parent
        for later in one.itersiblings():
            yield from _inside(later)
            if parent is not None and later.tail and not later.tail.isspace():
                yield later.tail, parent
        one = parent


def _inside(element: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    silent: HtmlElement | None = None
    for event, one in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            if silent is None and one.tag in _SILENT:
                silent = one
            piece = one.text
        else:
            silent = None if silent is one else silent
            piece = one.tail if one is not element else None
        if piece and silent is None and not piece.isspace():
            yield piece, one if event == "start" else one.getparent()
