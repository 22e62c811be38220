"""langdetect, which answers the same for a text whatever came before it, in a fraction of its time.

langdetect samples n-grams at random and spends most of its time on cutting a text into n-grams, character by character.
Here its profiles are a matrix, its seed is fixed, and the n-grams of a word are remembered; for a short text the
probabilities are those of langdetect itself with the same seed and number of trials (a test compares them).
"""

import functools
import pathlib
import re
from dataclasses import dataclass

import numpy as np
import orjson
from langdetect.detector import Detector
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from langdetect.utils.ngram import NGram
from numpy.typing import NDArray

TRIALS = 5
PARTED = 400
STEPS = 5
_REMEMBERED = 1 << 16

_LATIN = re.compile(r"[A-z]+")
_OTHER = re.compile(r"[\u0300-\u1dff\u1f00-\U0010ffff]+")


def guess(sample: str) -> tuple[str, float]:
    """The likeliest language and its probability; `und` where no n-gram is known."""
    found = chances(sample)
    best = int(found.argmax())
    if not found[best]:
        return "und", 0.0
    return profiles().languages[best].partition("-")[0], min(1.0, float(found[best]))


def chances(text: str) -> NDArray[np.float64]:
    """The probability of each language, the mean of langdetect's trials; zeros where no n-gram is known."""
    known = profiles()
    words = _words(text)
    rows = [row for word in words[:-1] if word for row in _rows(word, True)]
    rows += _rows(words[-1], False)
    total = np.zeros(len(known.languages))
    chosen = Detector(DetectorFactory()).random
    chosen.seed(0)
    for part in _parts(rows, len(text)) if rows else ():
        weight = (Detector.ALPHA_DEFAULT + chosen.gauss(0.0, 1.0) * Detector.ALPHA_WIDTH) / Detector.BASE_FREQ
        likely, steps = np.full(len(known.languages), 1.0 / len(known.languages)), 1
        for _ in range(0, Detector.ITERATION_LIMIT + 1, STEPS):
            likely *= (known.frequency[[chosen.choice(part) for _ in range(steps)]] + weight).prod(axis=0)
            likely /= likely.sum()
            if likely.max() > Detector.CONV_THRESHOLD:
                break
            steps = STEPS
        total += likely / TRIALS
    return total


def _parts(rows: list[int], length: int) -> list[list[int]]:
    """The n-grams for each trial: all of a short text, a piece each of a longer one.

    A text that begins in one language and goes on in another so gets different answers, and little confidence.
    """
    if length < PARTED or len(rows) < PARTED:
        return [rows] * TRIALS
    size = len(rows) // TRIALS
    return [rows[start : start + size] for start in range(0, size * TRIALS, size)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profiles:
    """langdetect's profiles. frequency: a row an n-gram, a column a language. row: of each n-gram."""

    languages: list[str]
    row: dict[str, int]
    frequency: NDArray[np.float64]


@functools.cache
def profiles() -> Profiles:
    """The profiles, read once a process; a matrix takes half the time and less memory than langdetect's own lists."""
    row: dict[str, int] = {}
    languages: list[str] = []
    rows: list[int] = []
    columns: list[int] = []
    shares: list[float] = []
    for path in sorted(pathlib.Path(PROFILES_DIRECTORY).iterdir()):
        profile = orjson.loads(path.read_bytes())
        for gram, count in profile["freq"].items():
            if 1 <= len(gram) <= len(profile["n_words"]):
                rows.append(row.setdefault(gram, len(row)))
                columns.append(len(languages))
                shares.append(count / profile["n_words"][len(gram) - 1])
        languages.append(profile["name"])
    frequency = np.zeros((len(row), len(languages)))
    frequency[rows, columns] = shares
    return Profiles(languages=languages, row=row, frequency=frequency)


class _Normal(dict[int, str]):
    """langdetect's normal form of a character, remembered."""

    def __missing__(self, code: int) -> str:
        normal: str = NGram.normalize(chr(code))
        self[code] = normal
        return normal


_NORMAL = _Normal()


def _words(text: str) -> list[str]:
    """The words between blanks in langdetect's normal form, empty ones too.

    Latin letters are left out where most letters are others.
    """
    if not text.isascii():
        latin, other = (sum(map(len, pattern.findall(text))) for pattern in (_LATIN, _OTHER))
        if latin * 2 < other:
            text = _LATIN.sub("", text)
    normal: str = NGram.normalize_vi(text)
    return normal.translate(_NORMAL).split(" ")


@functools.lru_cache(maxsize=_REMEMBERED)
def _rows(word: str, followed: bool) -> tuple[int, ...]:
    """The profiles' rows of a word's n-grams in langdetect's order; a run of capitals has none.

    followed: whether a blank ends the word; at the end of a text there is none.
    """
    known = profiles().row
    found: list[int] = []
    before, earlier, upper = " ", "", False
    for character in word:
        was_upper, upper = upper, character.isupper()
        pair = before + character
        if not (upper and was_upper):
            found += [known[gram] for gram in (character, pair, earlier + pair if earlier else "") if gram in known]
        earlier, before = before, character
    if followed:
        found += [known[gram] for gram in (before + " ", earlier + before + " ") if gram in known]
    return tuple(found)
