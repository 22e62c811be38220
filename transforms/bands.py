"""Bands: the keys by which texts that may share a passage meet, and the pairs that meet in one."""

from collections.abc import Iterable
from itertools import combinations

from newsbeam.transforms.fingerprints import parse

Pair = tuple[str, str]


def bands(fingerprint: str) -> tuple[int, ...]:
    """The keys of a fingerprint, ascending, below 2**40, 32 for most texts; texts with one in common are candidates."""
    return parse(fingerprint).keys


def pairs(band: int, members: Iterable[tuple[str, tuple[int, ...]]], bucket: int) -> tuple[list[Pair], int]:
    """The pairs that one band brings up, and how many documents were beyond its limit.

    members: (id, bands) of the documents with this band. Documents with the same bands are one text: they are paired
    with the first of them alone. Of the different ones the first `bucket` by id are paired, and each pair only in the
    smallest of its common bands, so that it comes up once.
    """
    same: dict[tuple[int, ...], list[str]] = {}
    for one, own in sorted(set(members)):
        same.setdefault(own, []).append(one)
    chains = [(ids[0], other) for own, ids in same.items() if own[0] == band for other in ids[1:]]
    different = [(ids[0], frozenset(own)) for own, ids in same.items()]
    squares = [(a, b) for (a, own), (b, theirs) in combinations(different[:bucket], 2) if min(own & theirs) == band]
    return chains + squares, max(0, len(different) - bucket)
