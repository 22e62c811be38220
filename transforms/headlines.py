"""The titles of one article: which of them say the same, and which one is the headline that readers see."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_WORDS: Final = re.compile(r"[^\W_]+")
_CUT: Final = re.compile(r"\s*(?:\.{3}|…)$")
_COLON: Final = re.compile(r":")
_DASH: Final = re.compile(r"\s[-–—]\s")
_PATH: Final = re.compile(r"\s*[»›|]\s")
_QUOTES: Final = '"“”„«»‘’'
LEAST_KEY: Final = 8
_LEAST_HEADLINE: Final = 4
_LEAST_SHARED: Final = 0.4
_LEAST_CUT: Final = 16


def letters(text: str) -> str:
    """Letters and digits only, folded: what two spellings of one title share."""
    return "".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def same(one: str, other: str) -> bool:
    """Whether two titles have the same words, or one of them was cut and has the beginning of the other."""
    first, second = letters(_CUT.sub("", one)), letters(_CUT.sub("", other))
    if first == second:
        return bool(first)
    shorter, longer, cut = (first, second, one) if len(first) < len(second) else (second, first, other)
    return _is_cut(cut) and len(shorter) >= _LEAST_CUT and longer.startswith(shorter)


def seen(
    best: str, *, stated: Sequence[str], article: str, shared: Sequence[str], main: Sequence[str], second: Sequence[str]
) -> str:
    """The title that readers see, given the one that most sources agree on.

    stated: all titles. article: JSON-LD's. shared: those of the tags for sharing, Open Graph's first. main, second: the
    page's headings. All without the site's name, empty where there is none. Where JSON-LD does not agree, the page's
    own heading stands for a like title of its head, which is made for search engines; a title of the head that stands
    below a heading, for that heading; one without the words before a colon or a dash, or behind what both tags for
    sharing say, for the whole.
    """
    made = [title for title in (article, shared[0]) if title]
    if not (article and same(best, article)):
        best = next((one for one in main if _is_heading_of(one, best)), best)
    best = next((one for one in made if _is_shown(one, best, second)), best)
    best = next((one for one in stated if _is_without_kicker(one, best)), best)
    best = next((one for one in made if _is_without_kicker(one, best, dash=True)), best)
    best = next((one for one in stated if _is_before_path(one, best)), best)
    if same(shared[0], shared[1]) and _begins(shared[0], best):
        best = shared[0]
    return min((one for one in stated if same(best, one)), key=_is_cut, default=best)


def _is_cut(title: str) -> bool:
    """Whether a title ends in dots."""
    return _CUT.search(title) is not None


def _is_heading_of(heading: str, title: str) -> bool:
    """Whether a heading is a title's beginning or end, or has most of its words."""
    one, other = letters(heading), letters(title)
    words, others = (set(_WORDS.findall(text.casefold())) for text in (heading, title))
    if one == other or len(one) <= LEAST_KEY or len(words) < 2:
        return False
    if other.startswith(one) or other.endswith(one):
        return len(one) * 3 > len(other)
    longer = one.startswith(other) or one.endswith(other)
    return not longer and len(words & others) >= _LEAST_SHARED * max(len(words), len(others))


def _is_shown(title: str, other: str, second: Sequence[str]) -> bool:
    """Whether a title of the head stands below the main heading, words before it or none, where another one does not.

    Then the main heading is made for search engines, and this is the one that readers see.
    """
    one = letters(title)
    if len(title.split()) < _LEAST_HEADLINE or one == letters(other):
        return False
    below = [letters(text) for text in second]
    return any(key.endswith(one) and len(one) * 2 >= len(key) for key in below) and letters(other) not in below


def _is_without_kicker(title: str, other: str, *, dash: bool = False) -> bool:
    """Whether a title is another one's part after its first colon, or dash, and long enough to be a headline."""
    parts = (_DASH if dash else _COLON).split(other, maxsplit=1)
    return len(parts) == 2 and letters(parts[1]) == letters(title) and len(title.split()) >= _LEAST_HEADLINE


def _is_before_path(title: str, other: str) -> bool:
    """Whether a title is another one's without the sections behind it: "TITLE » Local » News"."""
    return len(title) >= _LEAST_CUT and other.startswith(title) and _PATH.match(other[len(title) :]) is not None


def _begins(title: str, other: str) -> bool:
    """Whether a title is the larger part of another one and its beginning, and was not cut, at a mark of quotation."""
    rest = other[len(title) :].lstrip()
    if not rest or rest[0] in _QUOTES or _is_cut(title) or len(title.split()) < _LEAST_HEADLINE:
        return False
    one, whole = letters(title), letters(other)
    return whole.startswith(one) and len(one) * 5 >= len(whole) * 3
