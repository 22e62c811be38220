"""Who wrote an article: names from page and feed, without bywords, offices and agencies."""

import functools
import re
from collections.abc import Iterable, Sequence
from typing import Final

from newsbeam.config.rules import table
from newsbeam.config.rules.phrases import text_rules
from newsbeam.text import one_line
from newsbeam.transforms.head import Head
from newsbeam.transforms.jsonld import Linked

_METAS: Final = (
    "author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl", "authors",
    "cxenseparse:author", "article:author_name", "og:article:author", "citation_author", "rnews:author", "vr:author",
    "creator",
)  # fmt: skip
_LONGEST: Final = 300
_LETTER: Final = re.compile(r"[^\W\d_]")
_WORD: Final = re.compile(r"\w+")
_ADDRESS: Final = re.compile(r"[^\s|]+@[^\s|]+|https?://[^\s|)]+|www\.[^\s|)]+|(?<!\w)@\w+")
_DOMAIN: Final = re.compile(r"\w\.[a-z]{2,4}$", re.I)
_SITED: Final = re.compile(r"\((?:https?://|www\.)[^)]*\)")
_BRACKETS: Final = re.compile(r"\s*[(（\[][^)）\]]*(?:[)）\]]|$)")
_PARTS: Final = re.compile(r"\s*(?:[;|•·\n／]|\s[–—-]\s|\s/\s)\s*")
_SLASH: Final = re.compile(r"(\w\S* \w[^\s/]*)/(?=\w\S* \w)")
"""Between full names: initials are not parted from their paper ("wave/ab")."""
_EDGES: Final = " ,.:;-–—*\"'|/"
_MOST_WORDS: Final = 6
_MOST_NAMES: Final = 20
_LABELS: Final = 4
_NAME_WORDS: Final = 5
_PREPOSITION: Final = 4
_INITIALS: Final = 3
_NAME_LENGTH: Final = 40
_PARTICLES: Final = frozenset(
    "de del della der den di da do dos das du la le el al bin ibn ben van von vom zu zur af av ter ten y e".split()
)


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
def _offices() -> re.Pattern[str]:
    """Offices that stand behind a name, as in Korean."""
    return re.compile(rf"\s+(?:{'|'.join(map(re.escape, table('bylines')['after']))})$")


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
    parts = _PARTS.split(_SLASH.sub(r"\1 / ", _ADDRESS.sub(" ", one_line(byline)[:_LONGEST])))
    # What stands before a byword is the section or the paper.
    after = next((at for at, part in enumerate(parts) if after_byword(part.strip(_EDGES)) is not None), 0)
    for part in parts[after:]:
        rest = by.sub("", part.strip(_EDGES), count=1)
        for piece in joined.split(rest):
            name = one_line(by.sub("", _BRACKETS.sub("", piece), count=1)).strip(_EDGES)
            name = _offices().sub("", name).rpartition(": ")[2]
            words = [word.strip(".,") for word in name.casefold().split()]
            if not _LETTER.search(name) or len(words) > _MOST_WORDS or any(map(str.isdigit, name)):
                continue
            if name.casefold() in nobody or by.fullmatch(f"{name} "):
                continue
            if found and any(word in roles for word in words):
                continue
            if _goes_on(name) or (found and _is_addition(name)):
                continue
            found.append(name)
    return found


def _goes_on(name: str) -> bool:
    """Whether words end as no name does, since a date or a name follows: "Publiziert am", "Recipe from"."""
    words = name.split()
    return len(words) > 1 and words[-1].islower() and len(words[-1]) <= _PREPOSITION


def _is_addition(name: str) -> bool:
    """Whether what stands behind a name is a degree, or a word between names that was parted from them: "PhD", "y"."""
    degree = name.casefold().replace(".", "") in table("bylines")["degrees"]
    return degree or (name.islower() and len(name) < _INITIALS)


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in its first spelling."""
    kept: dict[str, str] = {}
    for name in found:
        kept.setdefault(_key(name), name)
    return tuple(kept.values())[:_MOST_NAMES]


def after_byword(line: str) -> str | None:
    """What follows the byword that a line begins with, "" where nothing does; None without one.

    A word that begins other lines, too ("from", "text"), counts with a colon only.
    """
    found = _rules()[0].match(f"{line} ")
    if not found or (found[0].strip().casefold() in table("bylines")["loose"]):
        return None
    return line[found.end() :].strip()


def is_joiner(line: str) -> bool:
    """Whether a line only stands between two names: a comma, "and"."""
    return not line.strip(_EDGES + "&") or line.casefold().strip(_EDGES) in table("bylines")["and"]


def looks_named(byline: str, *, words: int = 1) -> bool:
    """Whether a byline holds names of persons and nothing else: written as names are, of so many words at least.

    A name in a script without capitals may be one word.
    """
    found = split(byline)
    return bool(found) and all(_looks_a_name(name, words) for name in found)


def _looks_a_name(name: str, least: int) -> bool:
    words = name.split()
    if len(words) < least and name.upper() != name.lower():
        return False
    if not 0 < len(words) <= _NAME_WORDS or len(name) > _NAME_LENGTH or name[-1] in "!?:;…":
        return False
    likely = [word for word in words if word.casefold() not in _PARTICLES]
    return bool(likely) and all(word[0].isalpha() and not word[0].islower() for word in likely)


def choose(
    *,
    head: Head,
    linked: Linked,
    bylines: Sequence[str],
    announced: Iterable[str],
    publisher: Iterable[str],
    lone: Iterable[str] = (),
) -> tuple[str, ...]:
    """The names of the first source that names a person; an organisation that is no agency where none does.

    In this order: JSON-LD, each meta tag, the page's bylines, the feed (announced), the page's lone names, which are
    looked at only then. Bylines that name the same persons and more come first; where meta tags disagree, the one that
    the bylines agree with. publisher: the site's own names.
    """
    own = {_key(name) for name in (*publisher, *linked.organisations)} - {""}
    organised: list[str] = list(linked.organisations)
    shown = [name for name in _persons(bylines, own)[0] if _looks_a_name(name, 2)]
    metas = [[one for one in head.all(name) if "/" not in one] for name in _METAS]
    metas.sort(key=lambda stated: not _agree(_persons(stated, own)[0], shown))
    for source in (linked.authors, *metas, _told(head), bylines, announced, lone):
        persons, others = _persons(source, own)
        if persons:
            return _unique(shown if _keys(shown) > _keys(persons) else persons)
        organised.extend(others)
    return _unique(name for name in organised if not is_agency(name))[:1]


def _keys(names: Iterable[str]) -> set[str]:
    return {_key(name) for name in names}


def _agree(names: Sequence[str], shown: Sequence[str]) -> bool:
    """Whether some names are all among those that are shown."""
    return bool(names) and _keys(names) <= _keys(shown)


def _persons(source: Iterable[str], own: set[str]) -> tuple[list[str], list[str]]:
    """(persons, organisations) that the bylines of one source name; agencies are neither.

    "example.org, Springfield" is an imprint: what follows are places. "Daily Wave (www.wave.example)" is one, too.
    """
    lines = list(source)
    found = [name for line in lines for name in split(line) if not is_agency(name)]
    domain = next((at for at, name in enumerate(found) if _DOMAIN.search(name)), None)
    if domain is not None:
        before = [name for name in found[:domain] if _looks_a_name(name, 2)]
        return before, [name for name in found if _DOMAIN.search(name)]
    if any(_SITED.search(line) for line in lines):
        return [], found
    persons = [name for name in found if not _is_own(name, own) and not _is_organisation(name)]
    roles = _rules()[2]
    named = [name for name in persons if not roles.issuperset(_WORD.findall(name.casefold()))]
    return named or persons, [name for name in found if name not in persons]


def _is_own(name: str, own: set[str]) -> bool:
    """Whether a name is the site's own, or that of a part of it: "Wave", "Wave Springfield", but not "wave/ann"."""
    key = _key(name)
    return key in own or ("/" not in name and any(len(one) > 2 and key.startswith(one + " ") for one in own))


def _is_organisation(name: str) -> bool:
    """Whether a name ends or begins as those of companies and papers do ("Inc.", "GmbH", "News")."""
    words = _WORD.findall(name.casefold())
    return len(words) > 1 and bool({words[0], words[-1]} & _organised())


@functools.cache
def _organised() -> frozenset[str]:
    return frozenset(table("bylines")["organisations"])


def _told(head: Head) -> list[str]:
    """The names that the page's head labels as the author's ("Written by") for the previews of messengers."""
    by = _rules()[0]
    return [
        name
        for number in range(1, _LABELS + 1)
        if (label := head.first(f"twitter:label{number}"))
        and by.fullmatch(f"{label} ")
        and (name := head.first(f"twitter:data{number}"))
    ]
