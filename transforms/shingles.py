"""Shingles: a text as hashes of its short runs of words, and of its longer ones.

The tokens are runs of letters and digits, NFKC and casefolded; in scripts without spaces every character is one. A run
is as long as the script of its first token asks for, so that texts of mixed scripts compare as well.
"""

import re
import unicodedata
import zlib
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

BITS = 24
WORDS, CHARACTERS = 3, 5
LONG_WORDS, LONG_CHARACTERS = 8, 14

# Thai, Lao, Myanmar, Khmer, kana and Han.
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Vowel signs and accents are no letters to the re module: without them Hindi or Arabic words would fall apart.
_MARKS = "".join(chr(code) for code in range(0x300, 0x1D00) if unicodedata.category(chr(code)).startswith("M"))
_PLAIN_TOKEN = re.compile(r"[^\W_]+")
_TOKEN = re.compile(rf"[{_SPACELESS}]|(?:[^\W_{_SPACELESS}]+[{_MARKS}]*)+")
_CHARACTER = re.compile(f"[{_SPACELESS}]")
_JOINERS = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_INVISIBLE = re.compile(f"[{_JOINERS}]")
_SPECIAL = re.compile(f"[{_MARKS}{_SPACELESS}{_JOINERS}]")

_FACTORS = np.array(
    [0x9E3779B97F4A7C15 * (2 * place + 1) * (2 * place + 1) % 2**64 | 1 for place in range(LONG_CHARACTERS)], np.uint64
)
_MULTIPLIERS = np.array([0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)
_SHIFTS = np.array([30, 27, 31], np.uint64)

Hashes = NDArray[np.uint64]
Number = TypeVar("Number", np.uint32, np.uint64)


def tokens(text: str) -> list[str]:
    """The words of a text, or its characters where the script has no spaces; punctuation and case are gone."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if plain.isascii() or _SPECIAL.search(plain) is None:
        return _PLAIN_TOKEN.findall(plain)
    return _TOKEN.findall(_INVISIBLE.sub("", plain))


def hashed(words: list[str]) -> tuple[NDArray[np.uint32], Hashes]:
    """Sorted distinct hashes of the short runs (24 bits) and of the long runs (64 bits) of a text's tokens."""
    hashes, spaceless = _hashed(words)
    short = _cut(_runs(hashes, spaceless, WORDS, CHARACTERS))
    return distinct(short), distinct(_runs(hashes, spaceless, LONG_WORDS, LONG_CHARACTERS))


def in_order(words: list[str]) -> NDArray[np.uint32]:
    """The hashes of the short runs of a text's tokens, as `hashed` has them, in reading order and with repetitions."""
    return _cut(_runs(*_hashed(words), WORDS, CHARACTERS))


def _hashed(words: list[str]) -> tuple[Hashes, NDArray[np.bool_] | None]:
    """(a hash of each token, which of them are characters of a script without spaces; None where none is)."""
    joined = " ".join(words)
    encoded = joined.encode("utf-8", "surrogatepass")
    hashes = _mixed(np.fromiter(map(zlib.crc32, encoded.split(b" ")), np.uint64))
    spaceless = None
    if not joined.isascii() and _CHARACTER.search(joined):
        spaceless = np.array([_CHARACTER.match(word) is not None for word in words])
    return hashes, spaceless


def _cut(hashes: Hashes) -> NDArray[np.uint32]:
    return (hashes >> np.uint64(64 - BITS)).astype(np.uint32)


def _runs(hashes: Hashes, spaceless: NDArray[np.bool_] | None, words: int, characters: int) -> Hashes:
    """A hash for each run, in reading order. In a text of both kinds the first token of a run says how long it is."""
    by_words = _of_length(hashes, words)
    if spaceless is None:
        return by_words
    by_characters = _of_length(hashes, characters)
    worded = np.flatnonzero(~spaceless[: len(by_words)])
    lettered = np.flatnonzero(spaceless[: len(by_characters)])
    order = np.argsort(np.concatenate((worded, lettered)), kind="stable")
    runs: Hashes = np.concatenate((by_words[worded], by_characters[lettered]))[order]
    return runs


def _of_length(hashes: Hashes, length: int) -> Hashes:
    """A hash for each run of `length` tokens, by its first token."""
    count = max(0, len(hashes) - length + 1)
    total = np.zeros(count, np.uint64)
    for place in range(length if count else 0):
        total += hashes[place : place + count] * _FACTORS[place]
    return _mixed(total)


def _mixed(values: Hashes) -> Hashes:
    """The finaliser of splitmix64: every bit of the input moves every bit of the output."""
    values = (values ^ (values >> _SHIFTS[0])) * _MULTIPLIERS[0]
    values = (values ^ (values >> _SHIFTS[1])) * _MULTIPLIERS[1]
    mixed: Hashes = values ^ (values >> _SHIFTS[2])
    return mixed


def distinct(values: NDArray[Number]) -> NDArray[Number]:
    """Sorted distinct values; on a few hundred of them this takes a third of np.unique's time."""
    values.sort()
    return values[np.concatenate(([True], values[1:] != values[:-1]))] if len(values) else values
