"""Overlaps: how much two texts share, estimated on their fingerprints, and how far off the estimate may be."""

import math
from dataclasses import dataclass

import numpy as np

from newsbeam.transforms.fingerprints import Fingerprint
from newsbeam.transforms.shingles import BITS

_ERRORS = 4.0
"""Standard errors of an estimate within which a threshold counts as near: of 16,000 pairs one lies farther off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What two texts share, estimated. shared: shingles in both. similarity, containment: as in Edge."""

    shared: float
    similarity: float
    containment: float


def overlap(a: Fingerprint, b: Fingerprint) -> Overlap:
    """The estimated overlap of two texts; exact where both are short enough to be kept whole."""
    scale = max(a.scale, b.scale)
    limit = 1 << (BITS - scale)
    first = a.sketch if a.scale == scale else a.sketch[: np.searchsorted(a.sketch, limit)]
    second = b.sketch if b.scale == scale else b.sketch[: np.searchsorted(b.sketch, limit)]
    merged = np.concatenate((first, second))
    merged.sort(kind="stable")
    both = int(np.count_nonzero(merged[1:] == merged[:-1]))
    smaller, union = min(len(first), len(second)), len(merged) - both
    return Overlap(
        shared=float(both << scale),
        similarity=both / union if union else 0.0,
        containment=both / smaller if smaller else 0.0,
    )


def bounds(found: Overlap, a: Fingerprint, b: Fingerprint) -> tuple[Overlap, Overlap]:
    """(the least, the most) that two texts share, as far as their sketches tell; twice the same where these are whole.

    Shares by Wilson ("Probable inference, the law of succession, and statistical inference", 1927), counts by the same
    equation for a sum of draws; both narrower by the part of the texts that the sample holds.
    """
    drawn = 2.0 ** -max(a.scale, b.scale)
    if drawn == 1:
        return found, found
    union = max(a.shingles + b.shingles - found.shared, a.shingles, b.shingles) * drawn
    shared = _count_between(found.shared * drawn, 1 - drawn)
    similarity = _share_between(found.similarity, union / (1 - drawn))
    containment = _containment_between(found, a, b)
    least, most = (
        Overlap(shared=shared[at] / drawn, similarity=similarity[at], containment=containment[at]) for at in (0, 1)
    )
    return least, most


def surely_below(containment: float, found: Overlap, a: Fingerprint, b: Fingerprint) -> bool:
    """Whether less than this share of the smaller text stands in the larger one, as far as their sketches tell."""
    return found.containment < containment / 2 and _containment_between(found, a, b)[1] < containment


def _containment_between(found: Overlap, a: Fingerprint, b: Fingerprint) -> tuple[float, float]:
    drawn = 2.0 ** -max(a.scale, b.scale)
    return _share_between(found.containment, min(a.shingles, b.shingles) * drawn / (1 - drawn))


def _share_between(share: float, count: float) -> tuple[float, float]:
    square = _ERRORS * _ERRORS / count
    middle = share + square / 2
    reach = _ERRORS * math.sqrt(share * (1 - share) / count + square / (4 * count))
    return max(0.0, (middle - reach) / (1 + square)), min(1.0, (middle + reach) / (1 + square))


def _count_between(count: float, left: float) -> tuple[float, float]:
    square = _ERRORS * _ERRORS * left
    reach = math.sqrt(square * count + square * square / 4)
    return max(0.0, count + square / 2 - reach), count + square / 2 + reach
