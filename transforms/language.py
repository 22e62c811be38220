"""The language of a text: by its script where that is enough, else by a detector; `und` rather than a guess."""

import re
import unicodedata
from dataclasses import dataclass

from newsbeam.transforms import detectors

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+|[@#]\w+")
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
    text: str,
    *,
    prefix: int = 500,
    min_letters: int = 20,
    min_confidence: float = 0.6,
    declared: str | None = None,
    detector: str = "langdetect",
) -> Told:
    """The language of the text's first `prefix` characters.

    `und` for fewer than `min_letters` letters (ideographs count four), for a confidence below `min_confidence`, and
    for text in which two scripts hold much of the letters. declared: what the page says, ISO 639. Where the detector
    does not know it (langdetect has no Icelandic and no Zulu), the answer is a neighbour's name, and `und` unless it is
    a world language's.
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
    chosen = detectors.named(detector)
    language, confidence = chosen.guess(sample)
    if (declared or "").partition("-")[0].lower() in chosen.lacks and not (language in _BESIDE and confidence >= _SURE):
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
