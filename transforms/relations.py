"""Relations: whether two documents share their text, and what the one is to the other.

Nearly every pair is verified on the fingerprints. Where a sample of the shingles leaves open on which side of a
threshold a pair lies, and where two texts may have no more in common than how they end, the texts decide.
"""

import math
from dataclasses import dataclass

import numpy as np

from newsbeam import times, urls
from newsbeam.records import Edge, Relation, Sketch
from newsbeam.transforms.endings import only_ending
from newsbeam.transforms.fingerprints import Fingerprint, parse
from newsbeam.transforms.shingles import BITS
from newsbeam.transforms.wordings import Wordings

_DAY = 86_400.0
_SAME_LENGTH = 0.8
_ERRORS = 4.0
"""Standard errors of an estimate within which a threshold counts as near: of 16,000 pairs one lies farther off."""

_MIRRORED: dict[Relation, Relation] = {"excerpt": "expanded", "expanded": "excerpt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What counts as a copy.

    similarity: least Jaccard similarity of two copies. containment: least share of the smaller text that must stand in
    the larger one to be its excerpt. window_days: greatest distance of the two captures. shared: fewest shingles that
    two copies have in common, unless they are alike; shared_whole: fewest when the larger one holds the smaller whole.

    part: least length of an excerpt against the text that holds it; below it is a quotation.

    alike, within: similarity and containment that are asked of two stories of one site. The pages of a site share
    furniture (comment rules, subscription texts, lists of headlines) that no cleaning takes out wholly; of a short
    story it is the larger part. Measured on 2,600 pages without any cleaning, different stories of one site reach a
    similarity of .75 and a containment of .87. short_days: greatest distance of the dates of two texts of a sentence.
    """

    similarity: float = 0.4
    containment: float = 0.7
    window_days: float = 30
    shared: int = 40
    shared_whole: int = 25
    part: float = 0.15
    alike: float = 0.8
    within: float = 0.9
    short_days: float = 2


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


def mirrored(relation: Relation) -> Relation:
    """What a is to b, from what b is to a."""
    return _MIRRORED.get(relation, relation)


def within_window(a: Sketch, b: Sketch, days: float) -> bool:
    """Whether the two captures lie at most `days` apart; so they do where a moment cannot be read."""
    if a.fetched_at == b.fetched_at:
        return True
    first, second = times.parse(a.fetched_at), times.parse(b.fetched_at)
    return first is None or second is None or abs((first - second).total_seconds()) <= days * _DAY


def same_article(a: Sketch, b: Sketch) -> bool:
    """Whether both are captures of one article of one site, by their own addresses."""
    if a.url == b.url:
        return True
    return (
        a.canonical_url == b.canonical_url
        and not urls.is_root(a.canonical_url)
        and bool(urls.site(a.url))
        and urls.site(a.url) == urls.site(b.url)
    )


def _relation(
    a: Sketch, b: Sketch, first: Fingerprint, second: Fingerprint, containment: float, limit: float
) -> Relation:
    if a.fingerprint == b.fingerprint:
        return "identical"
    if same_article(a, b):
        return "revision"
    shorter, longer = sorted((first.shingles, second.shingles))
    if containment < limit or shorter >= _SAME_LENGTH * longer:
        return "near"
    return "expanded" if second.shingles > first.shingles else "excerpt"


def relate(a: Sketch, b: Sketch, thresholds: Thresholds, wordings: Wordings | None = None) -> Edge | None:
    """The verified edge between two documents; None when they are no copies or lie farther apart than the window.

    wordings: the texts, asked for where the sketches do not decide. Without them, or where one of the two is not at
    hand, the sketches do.
    """
    if a.id == b.id or not within_window(a, b, thresholds.window_days):
        return None
    if a.id > b.id:
        a, b = b, a
    first, second = parse(a.fingerprint), parse(b.fingerprint)
    if first.short or second.short:
        if not _same_brief(a, b, thresholds):
            return None
        return Edge(a=a.id, b=b.id, relation=_relation(a, b, first, second, 1.0, 1.0), similarity=1.0, containment=1.0)
    found = overlap(first, second)
    if wordings is not None and a.fingerprint != b.fingerprint and not _is_sure(a, b, found, thresholds):
        whole, other = wordings.whole(a), wordings.whole(b)
        if whole is not None and other is not None:
            found = overlap(whole, other)
    edge = _edge(a, b, found, thresholds)
    if edge is None or wordings is None or not _may_be_ending(a, b, found, thresholds):
        return edge
    runs, others = wordings.in_order(a), wordings.in_order(b)
    return None if runs is not None and others is not None and only_ending(runs, others) else edge


def may_relate(a: Sketch, b: Sketch, thresholds: Thresholds) -> bool:
    """Whether the texts of two documents may make them copies, as far as their sketches tell."""
    first, second = parse(a.fingerprint), parse(b.fingerprint)
    if first.short or second.short:
        return relate(a, b, thresholds) is not None
    if a.id == b.id or not within_window(a, b, thresholds.window_days):
        return False
    return _edge(a, b, bounds(overlap(first, second), first, second)[1], thresholds) is not None


def _is_sure(a: Sketch, b: Sketch, found: Overlap, thresholds: Thresholds) -> bool:
    """Whether the least and the most that two texts may share come to the same.

    By far the most pairs have a phrase in common, and containment, which is never below similarity, tells it.
    """
    first, second = parse(a.fingerprint), parse(b.fingerprint)
    if first.scale == second.scale == 0:
        return True
    lowest = min(thresholds.similarity, thresholds.containment)
    if found.containment < lowest / 2 and _containment_between(found, first, second)[1] < lowest:
        return True
    least, most = (
        (edge.strong, edge.relation) if edge else None
        for one in bounds(found, first, second)
        for edge in (_edge(a, b, one, thresholds),)
    )
    return least == most


def _edge(a: Sketch, b: Sketch, found: Overlap, thresholds: Thresholds) -> Edge | None:
    """The edge between two documents that share so much; each step of it from less to more than that is one up."""
    first, second = parse(a.fingerprint), parse(b.fingerprint)
    strong = _strong(a, b, found, thresholds)
    if not strong and not (_sizeable(first, second, thresholds) and _excerpt(a, b, found, thresholds)):
        return None
    return Edge(
        a=a.id,
        b=b.id,
        relation=_relation(a, b, first, second, found.containment, thresholds.containment),
        similarity=round(found.similarity, 4),
        containment=round(found.containment, 4),
        strong=strong,
    )


def _may_be_ending(a: Sketch, b: Sketch, found: Overlap, thresholds: Thresholds) -> bool:
    """Whether a part of both texts is their own, and neither is a capture of the other's page."""
    return found.similarity < thresholds.alike and found.containment < thresholds.within and not same_article(a, b)


def _strangers(a: Sketch, b: Sketch) -> bool:
    """Whether furniture is unlikely to be what the two share: two sites, or two captures of one article."""
    site = urls.site(a.url)
    return not site or site != urls.site(b.url) or same_article(a, b)


def _enough(found: Overlap, thresholds: Thresholds) -> bool:
    """Whether the two share enough to tell a copy from a notice; less will do when all of the smaller one is shared."""
    return found.shared >= (thresholds.shared if found.containment < thresholds.within else thresholds.shared_whole)


def _strong(a: Sketch, b: Sketch, found: Overlap, thresholds: Thresholds) -> bool:
    if found.similarity < thresholds.similarity:
        return False
    if _strangers(a, b):
        return found.similarity >= thresholds.alike or _enough(found, thresholds)
    return found.shared >= thresholds.shared and (
        found.similarity >= thresholds.alike or found.containment >= thresholds.within
    )


def _excerpt(a: Sketch, b: Sketch, found: Overlap, thresholds: Thresholds) -> bool:
    if found.containment < thresholds.containment:
        return False
    if _strangers(a, b):
        return _enough(found, thresholds)
    return found.containment >= thresholds.within and found.shared >= thresholds.shared


def _sizeable(first: Fingerprint, second: Fingerprint, thresholds: Thresholds) -> bool:
    shorter, longer = sorted((first.shingles, second.shingles))
    return shorter >= thresholds.part * longer


def _same_brief(a: Sketch, b: Sketch, thresholds: Thresholds) -> bool:
    """Whether two texts of a sentence or two are copies: the same words on two sites, within days of each other.

    A page whose text was not found often gives the same few words ("Please enable JavaScript") on every site.
    """
    if a.fingerprint != b.fingerprint:
        return False
    if same_article(a, b):
        return True
    first, second = times.parse(a.published or ""), times.parse(b.published or "")
    if first is None or second is None or not _strangers(a, b):
        return False
    return abs((first - second).total_seconds()) <= thresholds.short_days * _DAY
