"""Borders: pairs of texts about which the two thresholds of copies decide, and those that are nearest to one."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from newsbeam.records import Sketch
from newsbeam.transforms.fingerprints import parse
from newsbeam.transforms.overlaps import overlap
from newsbeam.transforms.relations import Thresholds, relate
from newsbeam.transforms.wordings import Wordings

Measure = Literal["similarity", "containment"]
MEASURES: tuple[Measure, ...] = ("similarity", "containment")

_NEVER = 2.0
_REACH = 5
"""So many times the pairs that are wanted of one side are looked at for other sites, and none that is farther away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Two documents, a < b, and what they share, as in records.Edge.

    by: the measures of which a low enough threshold makes the two copies, all other rules being met.
    """

    a: str
    b: str
    similarity: float
    containment: float
    by: tuple[Measure, ...]

    def is_copy(self, thresholds: Thresholds) -> bool:
        """Whether the two are copies by these thresholds."""
        return bool(self._over(thresholds))

    def border(self, thresholds: Thresholds) -> tuple[Measure, float] | None:
        """(the threshold that decides on the pair, how far above it the pair is); None where no one alone does.

        Of two thresholds that both exclude the pair it is the nearer one.
        """
        over = self._over(thresholds)
        near = [
            (abs(distance), measure, distance)
            for measure in self.by
            if over <= {measure}
            for distance in (getattr(self, measure) - getattr(thresholds, measure),)
        ]
        return min(near)[1:] if near else None

    def _over(self, thresholds: Thresholds) -> set[Measure]:
        return {one for one in self.by if getattr(self, one) >= getattr(thresholds, one)}


def measured(a: Sketch, b: Sketch, thresholds: Thresholds, wordings: Wordings | None = None) -> Measured | None:
    """What two documents share; None where they are one text, or where no threshold makes them copies.

    The thresholds of similarity and containment do not matter here: all others do, the window among them. wordings:
    the texts, which are measured in the place of the sketches where both are at hand.
    """
    first, second = parse(a.fingerprint), parse(b.fingerprint)
    if a.fingerprint == b.fingerprint or first.short or second.short:
        return None
    if a.id > b.id:
        a, b = b, a
    whole, other = (wordings.whole(a), wordings.whole(b)) if wordings is not None else (None, None)
    found = overlap(whole, other) if whole is not None and other is not None else overlap(first, second)
    alone: dict[Measure, Thresholds] = {
        "similarity": replace(thresholds, similarity=found.similarity, containment=_NEVER),
        "containment": replace(thresholds, similarity=_NEVER, containment=found.containment),
    }
    by = tuple(one for one in MEASURES if relate(a, b, alone[one], wordings) is not None)
    if not by:
        return None
    return Measured(
        a=a.id, b=b.id, similarity=round(found.similarity, 4), containment=round(found.containment, 4), by=by
    )


def nearest(
    pairs: Iterable[Measured], thresholds: Thresholds, sites: Mapping[str, str], count: int
) -> list[tuple[Measured, Measure, float]]:
    """At most `count` pairs on both sides of both thresholds, with the border of each; the nearest to it first.

    sites: of each document. The sides take turns; of the near pairs of a side that one comes next whose sites were
    taken least often. The order in which the pairs come does not matter.
    """
    sides: dict[tuple[Measure, bool], list[tuple[float, str, str, Measured]]] = {}
    for one in pairs:
        border = one.border(thresholds)
        if border is not None:
            measure, distance = border
            sides.setdefault((measure, distance >= 0), []).append((abs(distance), one.a, one.b, one))
    waiting = [sorted(sides[side], key=lambda one: one[:3])[: _REACH * count] for side in sorted(sides)]
    taken: list[Measured] = []
    used: Counter[str] = Counter()
    while len(taken) < count and any(waiting):
        for side in waiting:
            if side and len(taken) < count:
                best = side.pop(_least_used(side, used, sites))[3]
                used.update({sites[best.a], sites[best.b]})
                taken.append(best)
    found = [(one, *border) for one in taken if (border := one.border(thresholds)) is not None]
    return sorted(found, key=lambda one: (abs(one[2]), one[0].a, one[0].b))


def _least_used(
    side: Sequence[tuple[float, str, str, Measured]], used: Mapping[str, int], sites: Mapping[str, str]
) -> int:
    return min(range(len(side)), key=lambda at: (max(used[sites[side[at][1]]], used[sites[side[at][2]]]), at))
