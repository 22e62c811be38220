"""Other ways to find near-duplicates, each by its usual recipe: for comparison only, no part of newsbeam.

Each takes the texts' tokens (words, characters in scripts without spaces: the same for all) and gives the pairs that it
takes for copies, by the texts' places in the list.
"""

import hashlib
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Pairs = set[tuple[int, int]]
Method = Callable[[Sequence[list[str]]], Pairs]

_PERMUTATIONS = 128
_GRAMS, _BUCKETS, _ROWS = 5, 14, 8
_BITS, _DISTANCE = 64, 3


def grams(tokens: Sequence[str], length: int) -> set[str]:
    """The different runs of so many tokens; the whole of a shorter text."""
    return {" ".join(tokens[at : at + length]) for at in range(max(1, len(tokens) - length + 1))}


def datasketch(threshold: float, length: int = 3) -> Method:
    """MinHash of 128 permutations over runs of three words, MinHashLSH at the threshold, each hit verified by it."""
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        sys.exit("this comparison needs datasketch, which is in the extra `bench`: pip install -e '.[bench]'")

    def found(texts: Sequence[list[str]]) -> Pairs:
        index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS)
        sketches = []
        pairs: Pairs = set()
        for at, tokens in enumerate(texts):
            sketch = MinHash(num_perm=_PERMUTATIONS)
            sketch.update_batch([one.encode() for one in grams(tokens, length)])
            hits = index.query(sketch)
            pairs |= {(other, at) for other in hits if sketches[other].jaccard(sketch) >= threshold}
            index.insert(at, sketch)
            sketches.append(sketch)
        return pairs

    return found


def datatrove(texts: Sequence[list[str]]) -> Pairs:
    """The defaults that datatrove documents: runs of 5 words, 14 buckets of 8 hashes, one in common is enough.

    Written anew from those parameters. A text of fewer than 5 words has no run and is left alone, as there.
    """
    chance = np.random.default_rng(1)
    factors = chance.integers(1, 2**63, _BUCKETS * _ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    addends = chance.integers(0, 2**63, _BUCKETS * _ROWS, dtype=np.uint64)
    keys: list[list[Hashable]] = []
    for tokens in texts:
        if len(tokens) < _GRAMS:
            keys.append([])
            continue
        hashes = _hashes(grams(tokens, _GRAMS))
        values = (hashes[:, None] * factors + addends) >> np.uint64(32)
        least = values.min(axis=0).reshape(_BUCKETS, _ROWS)
        keys.append([(bucket, row.tobytes()) for bucket, row in enumerate(least)])
    return set(_meeting(keys))


def simhash(texts: Sequence[list[str]]) -> Pairs:
    """64 bits over the words, as often as they stand there; copies differ in at most 3 (Manku and others, 2007)."""
    places = np.arange(_BITS, dtype=np.uint64)
    marks = []
    for tokens in texts:
        counts = Counter(tokens)
        bits = (_hashes(counts)[:, None] >> places) & np.uint64(1)
        weights = np.fromiter(counts.values(), np.int64)[:, None]
        total = ((bits.astype(np.int64) * 2 - 1) * weights).sum(axis=0)
        marks.append(int(sum(1 << at for at in range(_BITS) if total[at] > 0)))
    # Of four blocks, three differing bits leave one as it is.
    keys: list[list[Hashable]] = [[(block, mark >> 16 * block & 0xFFFF) for block in range(4)] for mark in marks]
    return {(a, b) for a, b in _meeting(keys) if (marks[a] ^ marks[b]).bit_count() <= _DISTANCE}


def _hashes(values: Iterable[str]) -> NDArray[np.uint64]:
    joined = b"".join(hashlib.blake2b(one.encode(), digest_size=8).digest() for one in values)
    return np.frombuffer(joined, np.uint64)


def _meeting(keys: Sequence[Sequence[Hashable]]) -> Iterator[tuple[int, int]]:
    """The pairs of places that have a key in common."""
    met: dict[Hashable, list[int]] = {}
    for at, own in enumerate(keys):
        for key in own:
            met.setdefault(key, []).append(at)
    for places in met.values():
        yield from itertools.combinations(places, 2)
