"""Readers' comments: found in the page's tree by its marks, cut out, and handed over as text."""

import re
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from newsbeam.text import one_line
from newsbeam.transforms.marks import Marks, names

_INLINE: Final = frozenset(("a", "span"))
_SECTIONS: Final = frozenset("div section ol ul li aside article details table dl form".split())
_THREAD: Final = re.compile(
    r"(?:^|[\s_-])(?:(?:user|reader|article|post|blog|entry|story|news|guest|fb|facebook|visitor)s?[_-]?)?comments?"
    r"(?:[_-]?(?:list|lists|area|section|wrap|wrapper|container|content|thread|threads|box|block|holder|body"
    r"|main|page|template"
    r"|inner|outer|module|panel|region|items?|feed|view|app|root|text|entry|post|\d+))*(?=$|\s)"
    r"|(?:^|[\s_-])(?:commentlist|commentslist|disqus_thread|dsq-[\w-]+|comol|livefyre|respond)(?=$|[\s_-])"
    r"|schema\.org/(?:User)?Comments?\b",
    re.I,
)
_WORD: Final = re.compile(r"\w{2,}")
_LEAST_WORDS: Final = 3

_BLOCKS: Final = frozenset("p div li br blockquote dd dt tr h1 h2 h3 h4 h5 h6 section article".split())
_SILENT: Final = frozenset("script style form button noscript time cite textarea".split())
_WRAPPING: Final = frozenset("div span p footer header ul".split())
_CONTROLS: Final = re.compile(
    r"(?:^|[\s_-])(?:reply|respond|votes?|like|share|avatar|meta|metadata|date|time|author|actions?|report"
    r"|permalink|links?|form"
    r"|vcard|footer|toolbar|buttons?|header|head|by|name|info|count|edit|flag)(?=$|[\s_-])",
    re.I,
)
_MOST: Final = 0.7
"""A mark that holds more than this share of the page's paragraph text names the page, not its comments."""

_THREAD_SIZE: Final = 3


def cut(tree: HtmlElement, marks: Marks) -> tuple[str, ...]:
    """The readers' comments of a page, in its order; their sections are taken out of `tree`.

    A section is known by its id, class or schema.org type (WordPress, Disqus, Livefyre, microdata and the like), never
    by its text. A mark that holds the page's headline or most of its paragraphs is left alone: there it names the
    layout (`class="has-comments"`).
    """
    for one in marks.comments:
        if one.tag in _INLINE and one.text_content().strip().isdigit():
            one.drop_tree()  # how many there are, which would else stand in the midst of a paragraph
    sections = [one for one in marks.comments if one.tag in _SECTIONS and _THREAD.search(names(one))]
    sections += [one for one in marks.stated if _THREAD.search(one.get("itemtype") or "")]
    if not sections:
        return ()
    chosen = set(sections)
    body = tree.find("body")
    total = _paragraph_length(tree if body is None else body)
    found: list[str] = []
    for section in sections:
        if section.getparent() is None or any(above in chosen for above in section.iterancestors()):
            continue
        entries = _entries(section, chosen)
        if _is_layout(section, entries, total):
            chosen.discard(section)
            continue
        found.extend(text for one in (entries or [section]) if len(_WORD.findall(text := _text(one))) >= _LEAST_WORDS)
        section.drop_tree()
    return tuple(found)


def _is_layout(section: HtmlElement, entries: list[HtmlElement], total: int) -> bool:
    if section.find(".//h1") is not None:
        return True
    return _paragraph_length(section) > total * _MOST and len(entries) < _THREAD_SIZE


def _paragraph_length(element: HtmlElement) -> int:
    return sum(len(one.text_content()) for one in element.iter("p"))


def _entries(section: HtmlElement, chosen: set[HtmlElement]) -> list[HtmlElement]:
    """The single comments of a section: list items or articles with words, else the marked elements; innermost ones."""
    entries = [one for one in section.iter("li", "article") if _WORD.search(one.text_content())]
    entries = entries or [one for one in section.iterdescendants() if one in chosen]
    outer = {above for one in entries for above in one.iterancestors()}
    return [one for one in entries if one not in outer]


def _text(entry: HtmlElement) -> str:
    """A comment's words; names, dates and controls are left out where they are marked."""
    parts: list[str] = []
    silent: HtmlElement | None = None
    for event, one in etree.iterwalk(entry, events=("start", "end")):
        if one.tag in _BLOCKS:
            parts.append("\n")
        if event == "start":
            if silent is None and one is not entry and _is_control(one):
                silent = one
            piece = one.text
        else:
            if silent is one:
                silent = None
            piece = one.tail if one is not entry else None
        if piece and silent is None:
            parts.append(piece)
    lines = (one_line(line) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _is_control(element: HtmlElement) -> bool:
    if element.tag in _SILENT:
        return True
    return element.tag in _WRAPPING and bool(_CONTROLS.search(element.get("class") or ""))
