"""The language of a text by langdetect: the same text has the same answer, whatever came before it.

langdetect samples n-grams at random and spends most of its time on cutting a text into n-grams, character by character.
Here its profiles are a matrix, its seed is fixed, and the n-grams of a word are remembered; for a short text the
probabilities are those of langdetect itself with the same seed and number of trials (a test compares them).
"""

import functools
import pathlib
import re
import unicodedata
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

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+|[@#]\w+")
_LATIN = re.compile(r"[A-z]+")
_OTHER = re.compile(r"[\u0300-\u1dff\u1f00-\U0010ffff]+")
_BLANKS = re.compile(r"\s+")
_SCRIPTS = {
    "Latn": re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "Grek": re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"),
    "Cyrl": re.compile(r"[\u0400-\u052f]"),
    "Hebr": re.compile(r"[\u0590-\u05ff]"),
    "Arab": re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff]"),
    "Deva": re.compile(r"[\u0900-\u097f]"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]"),
    "Hang": re.compile(r"[\uac00-\ud7af]"),
    "Kana": re.compile(r"[\u3040-\u30ff]"),
    "Hani": re.compile(r"[\u3400-\u9fff]"),
}
_OF_ONE_LANGUAGE = {"Grek": "el", "Hebr": "he", "Thai": "th", "Hang": "ko", "Kana": "ja", "Hani": "zh"}
"""What a script alone tells; langdetect takes traditional Chinese for Korean."""
_SAMPLE = 600
_WORDLY = frozenset(("Hani", "Kana", "Hang"))
_PER_CHARACTER = 3
"""Letters that a character of these scripts counts beside other scripts: a word has two of them, or six letters."""
_UNKNOWN = frozenset(
    "az be bs eu fo fy ga gd gl ha ig is jv kk ky lb mg ms mt rw sn sr st su tn tt uz xh yo zu".split()
)
"""Languages that news is written in, and that langdetect takes for a neighbour: it has no profile of them.

No other codes: pages write "se" or "br" for Swedish and Portuguese.
"""
_SURE = 0.99
_BESIDE = frozenset("ar de en es fr it nl pt ru".split())
"""Languages that such sites publish in, too: a sure answer of these stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """language: ISO 639-1, `und` when the text does not tell. confidence: 0 to 1, 0 for `und` without a guess."""

    language: str
    confidence: float


_NOTHING = Told(language="und", confidence=0.0)


def tell(
    text: str, *, prefix: int = 500, min_letters: int = 20, min_confidence: float = 0.6, declared: str | None = None
) -> Told:
    """The language of the text's first `prefix` characters.

    `und` for fewer than `min_letters` letters (ideographs count four), for a confidence below `min_confidence`, and
    for text in which two scripts hold much of the letters. declared: what the page says, ISO 639. Where langdetect has
    no profile of it (Icelandic, Zulu), the answer is a neighbour's name, and `und` unless it is a world language's.
    """
    sample = _sample(text, prefix)
    shares = _scripts(sample)
    letters = sum(count * 4 if name in ("Hani", "Kana", "Hang") else count for name, count in shares.items())
    if letters < min_letters:
        known = sum(character.isalpha() for character in sample)
        if known < min_letters or known <= 2 * sum(shares.values()):
            return _NOTHING
    main = _main_script(shares)
    if main == "mixed":
        return _NOTHING
    if main in _OF_ONE_LANGUAGE:
        return Told(language=_OF_ONE_LANGUAGE[main], confidence=1.0)
    language, confidence = _detect(sample)
    if (declared or "").partition("-")[0].lower() in _UNKNOWN and not (language in _BESIDE and confidence >= _SURE):
        language = "und"
    return Told(language=language if confidence >= min_confidence else "und", confidence=round(confidence, 4))


def script(text: str) -> str:
    """ISO 15924 code of the script that most letters of the text's beginning are in; `Zyyy` without any."""
    shares = _scripts(text[:_SAMPLE])
    return max(shares, key=lambda name: shares[name]) if any(shares.values()) else "Zyyy"


def _sample(text: str, prefix: int) -> str:
    """The beginning of the text, NFC, without addresses, cut where a word ends."""
    cut = unicodedata.normalize("NFC", text[: 2 * prefix])
    cut = _BLANKS.sub(" ", _ADDRESS.sub(" ", cut)).strip()
    if len(cut) <= prefix:
        return cut
    end = cut.rfind(" ", 0, prefix + 1)
    return cut[: end if end > prefix // 2 else prefix]


def _scripts(sample: str) -> dict[str, int]:
    """Letters per script; only the beginning is counted, which is enough for a share."""
    sample = sample[:_SAMPLE]
    if sample.isascii():
        return {"Latn": len(_SCRIPTS["Latn"].findall(sample))}
    return {name: count for name, pattern in _SCRIPTS.items() if (count := len(pattern.findall(sample)))}


def _main_script(shares: dict[str, int]) -> str:
    """The script of most letters; `mixed` when a second one holds a third of them and neither is a name in the other.

    Japanese is written in Kana and Han, Korean may hold Han: those are one script here.
    """
    counts = {name: count * (_PER_CHARACTER if name in _WORDLY else 1) for name, count in shares.items()}
    han = counts.get("Hani", 0)
    for name in ("Kana", "Hang"):
        if counts.get(name, 0) * 10 > han > 0:
            counts[name] += counts.pop("Hani", 0)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if not ranked:
        return "Zyyy"
    total = sum(counts.values())
    if len(ranked) > 1 and ranked[1][1] * 3 > total:
        return "mixed"
    return ranked[0][0]


def _detect(sample: str) -> tuple[str, float]:
    """The likeliest language and its probability; `und` where no n-gram is known."""
    chances = _chances(sample)
    best = int(chances.argmax())
    if not chances[best]:
        return "und", 0.0
    return _profiles().languages[best].partition("-")[0], min(1.0, float(chances[best]))


def _chances(text: str) -> NDArray[np.float64]:
    """The probability of each language, the mean of langdetect's trials; zeros where no n-gram is known."""
    known = _profiles()
    words = _words(text)
    rows = [row for word in words[:-1] if word for row in _rows(word, True)]
    rows += _rows(words[-1], False)
    total = np.zeros(len(known.languages))
    chosen = Detector(DetectorFactory()).random
    chosen.seed(0)
    for part in _parts(rows, len(text)) if rows else ():
        weight = (Detector.ALPHA_DEFAULT + chosen.gauss(0.0, 1.0) * Detector.ALPHA_WIDTH) / Detector.BASE_FREQ
        chances, steps = np.full(len(known.languages), 1.0 / len(known.languages)), 1
        for _ in range(0, Detector.ITERATION_LIMIT + 1, STEPS):
            chances *= (known.frequency[[chosen.choice(part) for _ in range(steps)]] + weight).prod(axis=0)
            chances /= chances.sum()
            if chances.max() > Detector.CONV_THRESHOLD:
                break
            steps = STEPS
        total += chances / TRIALS
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
class _Profiles:
    """langdetect's profiles. frequency: a row an n-gram, a column a language. row: of each n-gram."""

    languages: list[str]
    row: dict[str, int]
    frequency: NDArray[np.float64]


@functools.cache
def _profiles() -> _Profiles:
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
    return _Profiles(languages=languages, row=row, frequency=frequency)


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
    known = _profiles().row
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
