"""Pairs of texts near a threshold: what their sketches say of them, and what they are."""

import functools
import random

from newsbeam.transforms.fingerprints import Fingerprint, fingerprint, parse
from newsbeam.transforms.overlaps import overlap
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.shingles import hashed, tokens
from newsbeam.transforms.wordings import compared

LIMIT = Thresholds().containment


def pair(seed: int, share: float, shorter: int = 480, longer: int = 1_000) -> tuple[str, str]:
    """Two texts of made-up words; the longer one has this share of the shorter one, in passages of twenty words."""
    rng = random.Random(seed)
    first = [f"a{rng.randrange(10**9)}" for _ in range(shorter)]
    passages = [first[at : at + 20] for at in range(0, shorter, 20)]
    second = [one for part in rng.sample(passages, round(share * len(passages))) for one in part]
    second += [f"b{rng.randrange(10**9)}" for _ in range(longer - len(second))]
    return " ".join(first), " ".join(second)


def estimated(first: str, second: str) -> float:
    """The containment that the sketches tell."""
    return overlap(parse(fingerprint(first)), parse(fingerprint(second))).containment


def true(first: str, second: str) -> float:
    """The containment of the texts."""
    a, b = (set(hashed(tokens(compared(text)))[0].tolist()) for text in (first, second))
    return len(a & b) / min(len(a), len(b))


@functools.cache
def misjudged(*, copies: bool) -> tuple[str, str]:
    """Two texts that are an excerpt and its source, and whose sketches deny it; or the other way round."""
    for seed in range(400):
        texts = pair(seed, 0.79 if copies else 0.71)
        if (true(*texts) >= LIMIT) is copies and (estimated(*texts) >= LIMIT) is not copies:
            return texts
    raise AssertionError("no such pair among 400")


def whole(text: str) -> Fingerprint:
    """A fingerprint with all shingles of a text."""
    found = hashed(tokens(text))[0]
    return Fingerprint(shingles=len(found), scale=0, sketch=found, keys=())
