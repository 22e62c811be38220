"""The detectors of language that can be chosen; all answer in ISO 639-1, and with one code for Norwegian."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from newsbeam.transforms import by_langdetect

_WRITTEN = frozenset(
    "az be bs eu fo fy ga gd gl ha ig is jv kk ky lb mg ms mt rw sn sr st su tn tt uz xh yo zu".split()
)
"""Languages that news is written in and langdetect has no profile of.

No other codes: pages write "se" or "br" for Swedish and Portuguese.
"""
_SAME = {"nn": "no"}
_SHARPER = 3
"""py3langid's probabilities to this power. They are tempered by a text's length, so that .2 is a title's sure answer;
with this, about as many titles lie below `language.min_confidence` as by langdetect (docs/decisions.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """guess: the likeliest language of a text and its probability, `und` and 0 where nothing is known of it.
    lacks: languages that it takes for a neighbour. claims: those that it can answer."""

    guess: Callable[[str], tuple[str, float]]
    claims: frozenset[str]

    @property
    def lacks(self) -> frozenset[str]:
        """Languages of the news that come out as a neighbour."""
        return _WRITTEN - self.claims


def named(name: str) -> Detector:
    """The detector that a setting names. ImportError where it is not installed."""
    return {"langdetect": langdetect, "py3langid": py3langid}[name]()


@functools.cache
def langdetect() -> Detector:
    """langdetect, its profiles read once a process."""
    codes = by_langdetect.profiles().languages
    return Detector(guess=by_langdetect.guess, claims=frozenset(code.partition("-")[0] for code in codes))


@functools.cache
def py3langid() -> Detector:
    """py3langid, its model read once a process, over its languages of two letters: it also knows dialects and languages
    of the past."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages([code for code in model.labels if len(code) == 2])
    return Detector(guess=functools.partial(_by_halves, model), claims=frozenset(model.labels))


def _by_halves(model: Any, text: str) -> tuple[str, float]:
    """The likeliest language, its probability the mean over the halves of a longer text.

    One that begins in one language and goes on in another is so answered with little confidence, as by langdetect.
    """
    middle = text.find(" ", len(text) // 2) if len(text) >= by_langdetect.PARTED else -1
    parts = (text[:middle], text[middle:]) if middle > 0 else (text,)
    total: dict[str, float] = {}
    for part in parts:
        chances = [(_SAME.get(code, code), chance**_SHARPER) for code, chance in model.rank(part)]
        whole = sum(chance for _, chance in chances)
        for code, chance in chances:
            total[code] = total.get(code, 0.0) + chance / whole / len(parts)
    best = max(total, key=lambda code: total[code])
    return best, min(1.0, total[best])
