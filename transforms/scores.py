"""Scores: how well thresholds tell the pairs that a person has marked as the same story text, or not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from newsbeam.transforms.borders import MEASURES, Measure, Measured
from newsbeam.transforms.relations import Thresholds

_STEPS = (-0.2, -0.15, -0.1, -0.05, 0.05, 0.1, 0.15, 0.2)
LEAST, MOST = 0.05, 1.0
"""The limits of both thresholds, as the settings have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A pair and whether a person says that both are the same story text."""

    pair: Measured
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What thresholds make of marked pairs. joined: rightly taken for copies; wrong: wrongly; missed: copies not found.

    precision: None where nothing is taken for a copy; recall: None where nothing is one.
    """

    joined: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float | None:
        """The share of those taken for copies that are."""
        return self.joined / (self.joined + self.wrong) if self.joined + self.wrong else None

    @property
    def recall(self) -> float | None:
        """The share of the copies that are taken for such."""
        return self.joined / (self.joined + self.missed) if self.joined + self.missed else None


def score(marked: Iterable[Marked], thresholds: Thresholds) -> Score:
    """How the thresholds do on these pairs."""
    told = [(one.pair.is_copy(thresholds), one.same) for one in marked]
    return Score(joined=told.count((True, True)), wrong=told.count((True, False)), missed=told.count((False, True)))


def others(thresholds: Thresholds) -> Sequence[Thresholds]:
    """Thresholds to compare with these: the one or the other moved by up to a fifth, as far as its limits let it."""
    return [one for measure in MEASURES for one in _moved(thresholds, measure)]


def _moved(thresholds: Thresholds, measure: Measure) -> list[Thresholds]:
    values = (round(getattr(thresholds, measure) + step, 4) for step in _STEPS)
    within = [value for value in values if LEAST <= value <= MOST]
    if measure == "similarity":
        return [replace(thresholds, similarity=value) for value in within]
    return [replace(thresholds, containment=value) for value in within]
