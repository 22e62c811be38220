"""Relations: whether two documents share their text, and what the one is to the other.

Nearly every pair is verified on the fingerprints. Where a sample of the shingles leaves open on which side of a
threshold a pair lies, and where two texts may have no more in common than how they end, the texts decide.
"""

from dataclasses import dataclass

from newsbeam import times, urls
from newsbeam.records import Edge, Relation, Sketch
from newsbeam.transforms.endings import only_ending
from newsbeam.transforms.fingerprints import Fingerprint, parse
from newsbeam.transforms.overlaps import Overlap, bounds, overlap, surely_below
from newsbeam.transforms.wordings import Wordings

_DAY = 86_400.0
_SAME_LENGTH = 0.8
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
    if surely_below(lowest, found, first, second):
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
