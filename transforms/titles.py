"""The title of an article: agreed between what page and feed say, without the site's name."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from lxml.html import HtmlElement

from newsbeam.text import one_line
from newsbeam.transforms.head import Head
from newsbeam.transforms.html import finder
from newsbeam.transforms.jsonld import Linked

_HEADINGS: Final = finder(".//h1[not(ancestor::header[@role='banner'])]")
_SEPARATOR: Final = re.compile(r"\s+(?:[|\-–—−－·•:»«›‹~/]|::|\|\|)\s+|\s*[|｜•]\s*")
_BAR: Final = re.compile(r"[|｜]")
_ARTICLES: Final = re.compile(r"^(?:the|der|die|das|le|la|les|el|il|de|het)\s+", re.I)
_WORDS: Final = re.compile(r"[^\W_]+")
_CUT: Final = re.compile(r"\s*(?:\.{3}|…)$")
_LIMIT: Final = 1_000
_NAME_LENGTH: Final = 40
_NAME_WORDS: Final = 4

_VOTES: Final = {"json-ld": 1.6, "og": 1.25, "heading": 1.3, "headings": 1.0, "feed": 1.0, "other": 0.5, "title": 0.7}
"""A source's vote, by how often it alone was right on the development pages."""


def _key(text: str) -> str:
    """Letters and digits only, folded: what two spellings of one title share."""
    return "".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def without_site(title: str, names: Iterable[str], host: str = "") -> str:
    """The title without the site's name at its end or start, and without the section that stands between.

    names: how the site calls itself. host: of its address. "Storm hits coast | Weather | Daily News" and the name
    "Daily News" give "Storm hits coast". A title that would be left with nothing stays as it is. A short part after a
    bar is always a name: a bar does not stand in headlines.
    """
    known = frozenset(key for name in names if (key := _key(name)))
    address = _key(host)
    for found in reversed(list(_SEPARATOR.finditer(title))):
        head, tail = title[: found.start()].strip(), title[found.end() :]
        short = len(_key(tail)) * 2 <= len(_key(head)) and len(tail) <= _NAME_LENGTH
        if _key(head) and (_is_name(tail, known, address) or (short and _BAR.search(found.group()))):
            return without_site(head, names, host)
    first = _SEPARATOR.search(title)
    if first and _is_name(title[: first.start()], known, address) and _key(title[first.end() :]):
        return title[first.end() :].strip()
    return title


def _is_name(text: str, known: frozenset[str], address: str) -> bool:
    """Whether a part of a title is the site's name: as it calls itself, or a few words that its address is made of."""
    key = _key(_ARTICLES.sub("", text.strip()))
    if not key:
        return False
    if key in known or _key(text) in known:
        return True
    if any(len(name) > 3 and key.startswith(name) and len(key) < 2 * len(name) for name in known):
        return True
    labels = [label for label in known if len(label) > 2 and label in address]
    few = len(text.split()) <= _NAME_WORDS and len(text) <= _NAME_LENGTH
    return few and ((len(key) > 3 and key in address) or any(label in key for label in labels))


def headings(tree: HtmlElement) -> list[str]:
    """The texts of the page's main headings, in its order."""
    return [text for one in _HEADINGS(tree) if 0 < len(text := one_line(" ".join(one.itertext()))) <= _LIMIT]


def choose(
    *, head: Head, linked: Linked, headings: list[str], announced: str | None, names: Iterable[str], host: str = ""
) -> str | None:
    """The title that the sources agree on; None when none gives one. announced: the feed's. host: of the address.

    Each source has a vote; the same words in another spelling count together, and a title that was cut ("…") counts for
    the longer one. Of equal titles the earlier source in the order of the votes is taken as spelled.
    """
    names = tuple(names)
    sources = (
        (linked.headline, _VOTES["json-ld"]),
        (head.first("og:title"), _VOTES["og"]),
        (headings[0] if headings else None, _VOTES["heading" if len(headings) == 1 else "headings"]),
        (announced, _VOTES["feed"]),
        (
            head.first("twitter:title", "dc.title", "title", "headline", "sailthru.title", "parsely-title"),
            _VOTES["other"],
        ),
        (head.title, _VOTES["title"]),
    )
    stated = [
        (title, vote)
        for text, vote in sources
        if text and (title := without_site(one_line(text)[:_LIMIT], names, host)) and _key(title)
    ]
    if not stated:
        return None
    best = max((title for title, _ in stated), key=lambda one: sum(vote for other, vote in stated if _same(one, other)))
    agreeing = [title for title, _ in stated if _same(best, title)]
    return min(agreeing, key=lambda one: bool(_CUT.search(one)))


def _same(one: str, other: str) -> bool:
    first, second = _key(_CUT.sub("", one)), _key(_CUT.sub("", other))
    if first == second:
        return bool(first)
    cut = _CUT.search(one) or _CUT.search(other)
    return bool(cut and min(len(first), len(second)) > 15 and (first.startswith(second) or second.startswith(first)))
