"""Biographies of authors: a last paragraph that says who somebody is, and not what happened."""

import re
from collections.abc import Sequence

from newsbeam.transforms.paragraphs import fold
from newsbeam.transforms.phrases import Lexicon

_PARTICLES = frozenset({"de", "del", "van", "von", "der", "da", "di", "la", "le", "bin", "al", "el", "dos", "den"})
_ARTICLES = frozenset({"Ο", "Η", "Ὁ", "The", "Der", "Die"})
LONGEST_NAME = 5
_MAIL = re.compile(r"\S+@\S+\.\w{2,}")
_HANDLE = re.compile(r"(?:^|[\s(])@\w{2,}")
_DASH = re.compile(r"\s?(?:[—–-]|,)\s")
_EARLY = 90


def is_bio(text: str, rest: str, lexicon: Lexicon, *, authors: Sequence[str], site: str | None) -> bool:
    """Whether a paragraph near a text's end is about an author.

    rest: the text without the paragraph. It must begin with a name and soon say a role ("is a reporter"); then one sign
    is enough: the name is a known author's, the site is named, or the phrases of a biography stand in it while the name
    stands nowhere else.
    """
    name = _leading_name(text)
    if not name or len(text) > 1200:
        return False
    folded = fold(text)
    known = any(fold(author) in folded[:_EARLY] for author in authors if len(author) > 3)
    early = folded[: _EARLY + len(name)]
    copula = _DASH.match(folded, folded.find(fold(name)) + len(fold(name))) or lexicon.copulas.search(early)
    role = lexicon.roles.search(folded[: _EARLY + 120])
    signs = {found.group() for found in lexicon.bio_signs.finditer(folded)}
    reachable = bool(_MAIL.search(text) or _HANDLE.search(text))
    if known and ((copula and role) or len(signs) >= 2 or reachable or any(" " in sign for sign in signs)):
        return True
    if copula is None or role is None or copula.start() > len(name) + 30 or text[:1] in '"“„«':
        return False
    full = " " in name
    elsewhere = full and name in rest
    at_site = bool(site and len(site) > 3 and fold(site) in folded)
    return full and (at_site or (not elsewhere and (len(signs) + reachable) >= 1 and role.start() < _EARLY + len(name)))


def _leading_name(text: str) -> str:
    """The capitalised words that a text begins with, without an article; none in a script without capitals."""
    words: list[str] = []
    for word in text.lstrip("-–—* ").split(maxsplit=LONGEST_NAME + 1)[: LONGEST_NAME + 1]:
        bare = word.rstrip(",.:;")
        if not bare or not (bare[0].isupper() or (words and bare in _PARTICLES)):
            break
        if not (words or bare not in _ARTICLES):
            continue
        words.append(bare)
        if bare != word and not (word.endswith(".") and len(bare) <= 4):
            break
    return " ".join(words)
