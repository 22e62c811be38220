"""The title of an article: agreed between what page and feed say, without the site's name."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from lxml.html import HtmlElement

from newsbeam.text import one_line
from newsbeam.transforms.head import Head
from newsbeam.transforms.headlines import LEAST_KEY, letters, same, seen
from newsbeam.transforms.html import finder
from newsbeam.transforms.jsonld import Linked
from newsbeam.transforms.marks import Marks
from newsbeam.transforms.marks import names as classes_of

_HEADINGS: Final = finder(".//h1[not(ancestor::header[@role='banner'])][not(ancestor::*[@id='goog-gt-tt'])]")
"""Without the site's banner, and without what a translating browser leaves in a page that is saved from it."""
_TEXTS: Final = finder(".//text()[not(parent::style or parent::script)]")
_SEPARATOR: Final = re.compile(r"\s+(?:[|\-–—−－·•:»«›‹~/]|::|\|\||--)\s+|\s*[|｜ㅣ•：]\s*")
_BAR: Final = re.compile(r"[|｜ㅣ]")
_SECTION: Final = re.compile(r"-[가-힣\u4e00-\u9fff]{2,4}$")
"""A section that stands before a site's name without a blank, as Korean and Chinese pages write it."""
_DAY: Final = re.compile(r"^\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\s+[|–-]\s+")
_ARCHIVE: Final = re.compile(r"^Blog[ -]Archive?\s+»\s+", re.I)
"""What weblogs of an earlier time write between their name and the title."""
_KICKER: Final = re.compile(
    r"kicker|dachzeile|(?:super|top|over|pre|up|sub)[-_]?(?:title|line|headline)|eyebrow|spitzmarke|roofline", re.I
)
_KICKERS: Final = ("small", "time")
_ARTICLES: Final = re.compile(r"^(?:the|der|die|das|le|la|les|el|il|de|het)\s+", re.I)
_LIMIT: Final = 1_000
_NAME_LENGTH: Final = 40
_NAME_WORDS: Final = 4

_INVISIBLE: Final = str.maketrans("", "", "\u00ad\u200b\u2060")
_SECOND: Final = 4

_VOTES: Final = {"json-ld": 1.6, "og": 1.25, "heading": 2.0, "headings": 1.0, "feed": 1.0, "other": 0.5, "title": 0.7}
"""A source's vote, by how often it alone was right on the development pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """The texts of a page's headings in its order. main: h1. marked: as the headline (schema.org). second: first h2.

    below: of each of `main` what stands below a line of its own at the beginning, empty where it has none.
    """

    main: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    second: tuple[str, ...] = ()


def without_site(title: str, names: Iterable[str], host: str = "") -> str:
    """The title without the site's name at its end or start, and without the section that stands between.

    names: how the site calls itself. host: of its address. "Storm hits coast | Weather | Daily News" and the name
    "Daily News" give "Storm hits coast". A title that would be left with nothing stays as it is. A short part after a
    bar is always a name: a bar does not stand in headlines.
    """
    known = frozenset(filter(None, map(letters, names)))
    address = letters(host)
    for found in reversed(list(_SEPARATOR.finditer(title))):
        head, tail = title[: found.start()].strip(), title[found.end() :]
        short = len(letters(tail)) * 2 <= len(letters(head)) and len(tail) <= _NAME_LENGTH
        if letters(head) and (_is_name(tail, known, address) or (short and _BAR.search(found.group()))):
            return without_site(_SECTION.sub("", head) or head, names, host)
    first = _SEPARATOR.search(title)
    if first and _is_name(title[: first.start()], known, address) and letters(title[first.end() :]):
        return title[first.end() :].strip()
    return title


def _is_name(text: str, known: frozenset[str], address: str) -> bool:
    """Whether a part of a title is the site's name: as it calls itself, or a few words that its address is made of."""
    key = letters(_ARTICLES.sub("", text.strip()))
    if not key:
        return False
    if key in known or letters(text) in known:
        return True
    if any(len(name) > 3 and key.startswith(name) and len(key) < 2 * len(name) for name in known):
        return True
    labels = [label for label in known if len(label) > 2 and label in address]
    few = len(text.split()) <= _NAME_WORDS and len(text) <= _NAME_LENGTH
    return few and ((len(key) > 3 and key in address) or any(label in key for label in labels))


def headings(tree: HtmlElement, marks: Marks | None = None) -> Headings:
    """The headings that may be the article's."""
    stated = marks.stated if marks else []
    main = [(one, text) for one in _HEADINGS(tree) if (text := _text(one))]
    return Headings(
        main=tuple(text for _, text in main),
        below=tuple(_below_kicker(one, text) for one, text in main),
        marked=_texts(one for one in stated if "headline" in (one.get("itemprop") or "").split()),
        second=_texts(one for one, _ in zip(tree.iter("h2"), range(_SECOND), strict=False)),
    )


def _texts(elements: Iterable[HtmlElement]) -> tuple[str, ...]:
    return tuple(filter(None, map(_text, elements)))


def _text(element: HtmlElement) -> str:
    text = one_line(" ".join(_TEXTS(element)).translate(_INVISIBLE))
    return text if len(text) <= _LIMIT else ""


def _below_kicker(heading: HtmlElement, text: str) -> str:
    """A heading's text without the kicker that it begins with, which its mark-up sets apart: "<small>Theme</small>"."""
    first = next(
        (one for one in heading.iterdescendants() if one.tag in _KICKERS or _KICKER.search(classes_of(one))), None
    )
    kicker = _text(first) if first is not None else ""
    return text[len(kicker) :].lstrip(" -–—:|·") if kicker and text.startswith(kicker) else ""


def heading_of(tree: HtmlElement, title: str | None) -> HtmlElement | None:
    """The element of the article's title among the headings, of the highest rank, else the first main heading."""
    wanted = letters(title or "")
    if wanted:
        keyed = ((one, letters(one.text_content())) for one in tree.iter("h1", "h2", "h3", "h4"))
        likely = [one for one, key in keyed if len(key) > LEAST_KEY and (key in wanted or wanted in key)]
        if likely:
            return min(likely, key=lambda one: one.tag)
    return next(tree.iter("h1"), None)


def choose(
    *, head: Head, linked: Linked, headings: Headings, announced: str | None, names: Iterable[str], host: str = ""
) -> str | None:
    """The title that the sources agree on; None when none gives one. announced: the feed's. host: of the address.

    Each source has a vote; the same words in another spelling count together, and a title that was cut ("…") counts for
    the longer one. Of equal titles the earlier source in the order of the votes is taken as spelled. What is the site's
    name alone is a title only where there is no other. Of the titles that differ, readers' is taken (headlines.py).
    """
    names = tuple(names)
    known, address = frozenset(filter(None, map(letters, names))), letters(host)
    told = (
        (linked.headline, _VOTES["json-ld"]),
        (head.first("og:title"), _VOTES["og"]),
        (announced, _VOTES["feed"]),
        (
            head.first("twitter:title", "dc.title", "title", "headline", "sailthru.title", "parsely-title"),
            _VOTES["other"],
        ),
        (head.title, _VOTES["title"]),
    )

    def bare(text: str) -> str:
        return _ARCHIVE.sub("", _DAY.sub("", without_site(one_line(text)[:_LIMIT], names, host)))

    stated = [(title, vote) for text, vote in told if text and letters(title := bare(text))]
    agreed = frozenset(letters(title) for title, _ in stated)
    main = tuple(
        below if below and letters(bare(text)) not in agreed else text
        for text, below in zip(headings.main, headings.below, strict=True)
    )
    headings = replace(headings, main=main)
    heading, vote = _heading(headings, agreed, bare, known, address)
    if heading:
        stated.insert(2, (heading, vote))
    stated = [one for one in stated if not _is_name(one[0], known, address)] or stated
    if not stated:
        return None
    best = max((title for title, _ in stated), key=lambda one: sum(vote for other, vote in stated if same(one, other)))
    return seen(
        best,
        stated=[title for title, _ in stated],
        article=bare(linked.headline or ""),
        shared=[bare(head.first(name) or "") for name in ("og:title", "twitter:title")],
        main=list(map(bare, headings.main)),
        second=list(map(bare, headings.second)),
    )


def _heading(
    headings: Headings, told: frozenset[str], bare: Callable[[str], str], known: frozenset[str], address: str
) -> tuple[str | None, float]:
    """The article's heading among the page's, and its vote: the one marked as such, one that the head states too, the
    first that is not the site's name.
    """
    plain = [one for one in headings.main if not _is_name(one, known, address)] or list(headings.main)
    likely = (*plain, *headings.marked, *headings.second)
    agreeing = next((one for one in likely if len(key := letters(bare(one))) >= LEAST_KEY and key in told), None)
    marked = headings.marked[0] if len(set(headings.marked)) == 1 else None
    chosen = marked or agreeing or next(iter(plain), None)
    alone = bool(marked or agreeing) or (len(set(map(letters, plain))) == 1 and len(letters(plain[0])) >= LEAST_KEY)
    return (bare(chosen) if chosen else None), _VOTES["heading" if alone else "headings"]
