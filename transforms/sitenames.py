"""Names of sources: whether a credit names a site, across case, accents, articles and alphabets."""

import functools
import re
import unicodedata

from newsbeam import urls
from newsbeam.records import Sketch

_WORD = re.compile(r"[^\W_]+")
_DOMAIN = re.compile(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_ARTICLES = frozenset("the a la le les el los las il lo gli i die der das de het o η ο το τα οι".split())
_GENERIC = frozenset("news press agency agencies media online daily times post journal staff wire wires".split())
_SUFFIXES = ("", "news", "press", "online", "agency", "media")

# ELOT 743 for Greek; for Cyrillic the letters of the common romanisation that news sites' domains follow.
_PAIRS = {"ου": "ou", "αυ": "av", "ευ": "ev", "γγ": "ng", "γκ": "gk", "γχ": "nch"}
_LETTERS = str.maketrans(
    dict(zip("αβγδεζηικλμνοπρστυφω", "avgdeziiklmnoprstyfo", strict=True))
    | {"θ": "th", "ξ": "x", "χ": "ch", "ψ": "ps", "ς": "s"}
    | dict(zip("абвгдезийклмнопрстуфы", "abvgdeziyklmnoprstufy", strict=True))
    | {"ё": "e", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "э": "e"}
    | {"ю": "yu", "я": "ya", "і": "i", "ї": "yi", "є": "ye", "ґ": "g"}
)


@functools.lru_cache(maxsize=16384)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in the Latin alphabet, lower case, without accents and leading articles."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    found = _WORD.findall(plain)
    while len(found) > 1 and found[0] in _ARTICLES:
        del found[0]
    return tuple(_latin(word) for word in found)


def _latin(word: str) -> str:
    for pair, letters in _PAIRS.items():
        word = word.replace(pair, letters)
    return word.translate(_LETTERS)


def names_site(credit: str, sketch: Sketch) -> bool:
    """Whether a credit names the site of a document: its name, or the first label of its registered domain.

    A domain as a credit, or as a site's name, stands for its first label: "harbourherald.co.uk" is "Harbour Herald".
    A mirror has the domain that it names, see `home`.
    """
    named = words(_label(credit) or credit)
    if not any(named) or _GENERIC.issuperset(named):
        return False
    squashed = "".join(named)
    site = words(sketch.site)
    if squashed in ("".join(site), _label(sketch.site)):
        return True
    label = _label(home(sketch))
    if any(f"{start}{squashed}{end}" == label for start in ("", "the") for end in _SUFFIXES):
        return True
    return len(named) < len(site) and any(
        site[start : start + len(named)] == named for start in range(len(site) - len(named) + 1)
    )


def home(sketch: Sketch) -> str:
    """The registered domain of a document; of one whose own host has none, such as a mirror at an IP address, that of
    the address which its page names as its own; else the bare host."""
    named = [url for url in sketch.based_on if not urls.is_root(url)]
    return urls.site(named[0] if named and not urls.is_registered(sketch.url) else sketch.url)


@functools.lru_cache(maxsize=16384)
def _label(name: str) -> str:
    """The first label of a registered domain, letters and digits alone; empty for what is no domain name."""
    if not _DOMAIN.fullmatch(name):
        return ""
    return re.sub(r"[\W_]", "", urls.site(f"https://{name}/").partition(".")[0])
