"""Candidates: the pairs of a whole set of documents that meet in a band."""

from collections.abc import Sequence

import numpy as np

from newsbeam.records import Sketch
from newsbeam.transforms.bands import Pair, bands, pairs


def candidates(sketches: Sequence[Sketch], bucket: int) -> set[Pair]:
    """The pairs of ids, the smaller one first, that have a band in common; of one band at most `bucket` are paired.

    Beside its documents it takes 16 bytes a band: by far the most bands have one document, and are never made objects.
    """
    members = sorted({one.id: one for one in sketches}.values(), key=lambda one: one.id)
    if not members:
        return set()
    lists = [bands(one.fingerprint) for one in members]
    keys = np.fromiter((band for own in lists for band in own), np.int64)
    owners = np.repeat(np.arange(len(lists)), [len(own) for own in lists])
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    ends = np.append(starts[1:], len(keys))
    found: set[Pair] = set()
    for start, end in zip(starts, ends, strict=True):
        if end - start > 1:
            met = ((members[one].id, lists[one]) for one in owners[start:end])
            found.update((min(pair), max(pair)) for pair in pairs(int(keys[start]), met, bucket)[0])
    return found
