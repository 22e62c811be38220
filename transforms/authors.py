"""Who wrote an article: names from page and feed, without bywords, offices and agencies."""

import functools
import re
from collections.abc import Iterable
from typing import Final

from lxml.html import HtmlElement

from newsbeam.config.rules import table
from newsbeam.config.rules.phrases import text_rules
from newsbeam.text import one_line
from newsbeam.transforms.head import Head
from newsbeam.transforms.jsonld import Linked
from newsbeam.transforms.marks import Marks, names
from newsbeam.transforms.source_lines import is_telling

_METAS: Final = (
    "author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl", "authors",
    "cxenseparse:author", "article:author_name", "og:article:author", "citation_author", "rnews:author", "vr:author",
    "creator",
)  # fmt: skip
_STATED: Final = frozenset({"author", "creator"})
_CLASSED: Final = re.compile(r"(?:author|byline)[-_]*(?:s|names?|links?|title)?(?=$|\s)", re.I)
_OUTSIDE: Final = re.compile(
    r"comment|related|sidebar|footer|(?:^|[\s_-])bio|teaser|recommend|most-?read|popular", re.I
)
_LONGEST: Final = 300
_LETTER: Final = re.compile(r"[^\W\d_]")
_WORD: Final = re.compile(r"\w+")
_ADDRESS: Final = re.compile(r"[^\s|]+@[^\s|]+|https?://[^\s|)]+|www\.[^\s|)]+|(?<!\w)@\w+")
_DOMAIN: Final = re.compile(r"\w\.[a-z]{2,4}$", re.I)
_BRACKETS: Final = re.compile(r"\s*[(（\[][^)）\]]*(?:[)）\]]|$)")
_PARTS: Final = re.compile(r"\s*(?:[;|•·\n／]|\s[–—-]\s|\s/\s)\s*")
_EDGES: Final = " ,.:;-–—*\"'|/"
_MOST_WORDS: Final = 6
_MOST_NAMES: Final = 20
_MOST_BYLINES: Final = 40
_NEAR: Final = 3


@functools.cache
def _rules() -> tuple[re.Pattern[str], re.Pattern[str], frozenset[str], frozenset[str]]:
    """(bywords at the start, joiners, words of offices, bylines that name nobody)."""
    rules = table("bylines")

    def either(words: list[str]) -> str:
        return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))

    by, joiners = either(rules["by"]), either(rules["and"])
    return (
        re.compile(rf"^(?:{by})(?:\s*[:：/]\s*|\s+)", re.I),
        re.compile(rf"\s+(?:{joiners})\s+|\s*[,，、]\s*(?:(?:{joiners})\s+)?|\s*&\s*", re.I),
        frozenset(rules["roles"]),
        frozenset(rules["nobody"]),
    )


@functools.cache
def _agencies() -> frozenset[str]:
    """The keys of the agencies' names in all their forms."""
    return frozenset(_key(form) for agency in text_rules().agencies for form in (agency.name, *agency.forms))


def _key(name: str) -> str:
    return " ".join(_WORD.findall(name.casefold()))


def is_agency(name: str) -> bool:
    """Whether a name in a byline is a news agency's: those are credits, not authors."""
    return _key(name) in _agencies()


def split(byline: str) -> list[str]:
    """The names of a byline, in its order: "By Ann Lee and Bob Ray, Health Reporter" gives Ann Lee and Bob Ray."""
    by, joined, roles, nobody = _rules()
    found: list[str] = []
    for part in _PARTS.split(_ADDRESS.sub(" ", one_line(byline)[:_LONGEST])):
        rest = by.sub("", part.strip(_EDGES), count=1)
        for piece in joined.split(rest):
            name = one_line(by.sub("", _BRACKETS.sub("", piece), count=1)).strip(_EDGES)
            words = [word.strip(".,") for word in name.casefold().split()]
            if not _LETTER.search(name) or len(words) > _MOST_WORDS or any(map(str.isdigit, name)):
                continue
            if name.casefold() in nobody or by.fullmatch(f"{name} "):
                continue
            if found and any(word in roles for word in words):
                continue
            found.append(name)
    return found


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in its first spelling."""
    kept: dict[str, str] = {}
    for name in found:
        kept.setdefault(_key(name), name)
    return tuple(kept.values())[:_MOST_NAMES]


def choose(
    *, head: Head, linked: Linked, bylines: Iterable[str], announced: Iterable[str], publisher: Iterable[str]
) -> tuple[str, ...]:
    """The names of the first source that names a person; an organisation that is no agency where none does.

    In this order: JSON-LD, meta tags, the page's bylines, the feed (announced). publisher: the site's own names.
    """
    own = {_key(name) for name in publisher}
    organised: list[str] = list(linked.organisations)
    for source in (linked.authors, [one for one in head.all(*_METAS) if "/" not in one], bylines, announced):
        found = [name for byline in source for name in split(byline) if not is_agency(name)]
        if any(_DOMAIN.search(name) for name in found):
            # "example.org, Springfield": an imprint, whose other parts are places.
            organised.extend(name for name in found if _DOMAIN.search(name))
            continue
        persons = [name for name in found if _key(name) not in own]
        if persons:
            return _unique(persons)
        organised.extend(found)
    return _unique(name for name in organised if not is_agency(name))[:1]


def bylines(marks: Marks) -> list[str]:
    """The texts of the elements marked as the article's byline (rel, itemprop, class), in page order, innermost."""
    stated = [one for one in marks.stated if one.tag not in ("meta", "link") and _is_author(one)]
    chosen = stated or [one for one in marks.bylines if _CLASSED.search(names(one))]
    outer = {above for one in chosen for above in one.iterancestors()}
    found: list[str] = []
    near: set[HtmlElement] = set()
    for one in chosen[:_MOST_BYLINES]:
        above = list(one.iterancestors())
        if one in outer or any(_OUTSIDE.search(names(each)) for each in above if each.tag != "body"):
            continue
        # Bylines far from the first are those of other stories on the page.
        if near and not near.intersection(above[:_NEAR]):
            break
        text = one_line("|".join(part for part in one.itertext() if part.strip()))
        if 1 < len(text) <= _LONGEST and _LETTER.search(text) and not is_telling(text):
            near = near or set(above[:_NEAR])
            found.append(text)
    return list(dict.fromkeys(found))


def _is_author(element: HtmlElement) -> bool:
    stated = {*(element.get("itemprop") or "").split(), *(element.get("rel") or "").split()}
    return bool(stated & _STATED)
