"""What a page is that is no article: an error page, a browser check, a consent wall, a redirect, a film, a listing.

A good article that is called something else is the worse mistake: every rule asks for a short text or for the lack of
all that articles state of themselves.
"""

import functools
import re
from dataclasses import dataclass
from typing import Final

from newsbeam import urls
from newsbeam.config.rules import table
from newsbeam.transforms.head import Head
from newsbeam.transforms.jsonld import Linked
from newsbeam.transforms.paragraphs import fold, plain

KINDS: Final = ("error", "check", "script", "consent")
_NAMES: Final = {
    "error": "an error page",
    "check": "a check of the browser",
    "script": "a page that asks for JavaScript",
    "consent": "a consent wall",
}
_DATES: Final = ("article:published_time", "datepublished", "parsely-pub-date", "sailthru.date", "dc.date.issued")
_SHORT: Final = 1_200
_CONSENT: Final = 4_000
_REDIRECTED: Final = 500
_FILMED: Final = 200
_DELAY: Final = 10
_REFRESH: Final = re.compile(r"\s*(\d+)(?:\.\d*)?\s*[;,]\s*url\s*=\s*[\"']?\s*([^\"'>\s]+)", re.I)
_PARTS: Final = re.compile(r"\s[-–—|»]\s|[:|]\s")
_SPARSE: Final = 300
_TITLE_COUNTS: Final = 2
_MOST_LISTED: Final = 0.25
_LEAST_LISTED: Final = 8
_LEAST_TEASED: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a page's prose stands on it.

    together: the share in paragraphs that have an element in common, the largest such group. teasers: blocks below a
    heading that is a link, and teased, their share.
    """

    together: float = 1.0
    teasers: int = 0
    teased: float = 0.0


def kind_of(
    *, head: Head, linked: Linked, title: str | None, text: str, url: str, shape: Shape | None = None
) -> str | None:
    """What the page is if it is no article, for a person to read; None for an article and in doubt.

    title: as chosen for the record. text: what was extracted, paragraphs separated by a blank line.
    """
    if target := _redirect(head, text, url):
        return f"a redirect to {target}"
    stated = _is_stated(head, linked)
    for kind in KINDS:
        if _is_wall(kind, title, text, stated=stated):
            return _NAMES[kind]
    if _is_film(head, linked, text):
        return "a page of a film, with a short text"
    if shape is not None and _is_listing(head, shape, stated=stated):
        return f"a listing of other pages: {shape.teasers} teasers below linked headlines"
    return None


def _is_stated(head: Head, linked: Linked) -> bool:
    """Whether the page says of itself that it is an article: JSON-LD with a headline and a date, a date in its head."""
    return bool(linked.published or linked.body or head.first(*_DATES))


def _redirect(head: Head, text: str, url: str) -> str | None:
    """The address that a short page sends its reader to at once, if it is another one."""
    if len(text) > _REDIRECTED:
        return None
    for content in head.all("refresh"):
        found = _REFRESH.match(content)
        target = urls.absolute(url, found[2]) if found else None
        if found and target and int(found[1]) <= _DELAY and urls.article_id(target) != urls.article_id(url):
            return target
    return None


def _is_wall(kind: str, title: str | None, text: str, *, stated: bool) -> bool:
    """Whether a text is what servers show in the place of an article: by its title and a mention, or by more mentions.

    Mentions have to be dense, too: different ones, one in 300 characters at least.
    """
    most = _CONSENT if kind == "consent" else _SHORT
    if len(text) > most:
        return False
    titles, mentions, least = _rules(kind)
    lines = (title, text.partition("\n")[0])
    named = [folded for one in lines if one and _is_title(folded := fold(one), titles)]
    said = " ".join(line for line in text.split("\n") if not _is_title(fold(line), titles))
    found = len(set(mentions.findall(plain(said))))
    if found * _SPARSE < len(text) or not found:
        # A title of one word ("Oops") does not tell by itself.
        return kind == "error" and len(text) < _SPARSE and any(not (one.isascii() and one.isalpha()) for one in named)
    enough = least - _TITLE_COUNTS if named else least
    return found >= enough and (bool(named) or (not stated and len(text) * 2 < most))


def _is_title(folded: str, titles: frozenset[str]) -> bool:
    parts = [part.strip(" .") for part in _PARTS.split(folded)]
    return folded in titles or all(part in titles for part in parts)


def _is_film(head: Head, linked: Linked, text: str) -> bool:
    """Whether a page says that it is a film's, says nothing of an article, and has no more than a caption."""
    filmed = (head.first("og:type") or "").lower().startswith("video") or linked.filmed
    return filmed and not linked.is_article and len(text) < _FILMED


def _is_listing(head: Head, shape: Shape, *, stated: bool) -> bool:
    """Whether a page is a row of teasers: nothing states an article, no text stands together, headings are links."""
    if stated or (head.first("og:type") or "").lower() == "article" or head.first("author", "article:author"):
        return False
    return shape.together <= _MOST_LISTED and shape.teasers >= _LEAST_LISTED and shape.teased >= _LEAST_TEASED


@functools.cache
def _rules(kind: str) -> tuple[frozenset[str], re.Pattern[str], int]:
    """(titles, mentions, how many mentions tell without a title) of one kind."""
    rules = table("other_pages")[kind]
    mentions = sorted((plain(one) for one in rules["mentions"]), key=len, reverse=True)
    return frozenset(map(fold, rules["titles"])), re.compile("|".join(map(re.escape, mentions))), rules["least"]
