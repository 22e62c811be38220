"""Wordings: all shingles of the texts behind sketches, for pairs on which a sample of them does not decide."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from newsbeam.config.rules.phrases import text_rules
from newsbeam.records import Sketch
from newsbeam.transforms import shingles
from newsbeam.transforms.attribution import without_credits
from newsbeam.transforms.fingerprints import Fingerprint, fingerprint, parse

Texts = Callable[[Collection[str]], Mapping[str, str]]
"""Gives the bodies of documents by id; of those that are not held, none."""

_MOST = 4096
"""Texts that are kept as shingles, some 4 kB each."""


def compared(body: str) -> str:
    """What of a body is compared with others: its text without credits."""
    return without_credits(body, text_rules())


def measured(body: str) -> tuple[str, int]:
    """(fingerprint, number of words) of a body."""
    return fingerprint(compared(body)), len(shingles.tokens(body))


class Wordings:
    """The shingles of documents, made of their bodies when they are first asked for.

    bodies: by document id, of those that are at hand. earlier: asked for those of the others. A body that does not give
    the document's fingerprint is not what the fingerprint was made of (another version cleaned it, a store cut it):
    for that document the sketch has to do.
    """

    def __init__(self, bodies: Mapping[str, str] | None = None, earlier: Texts | None = None) -> None:
        self._bodies = bodies or {}
        self._earlier = earlier
        self._known: dict[str, NDArray[np.uint32]] = {}
        self._missing: set[str] = set()

    def in_order(self, one: Sketch) -> NDArray[np.uint32] | None:
        """The hashes of a document's short runs in reading order; None where its text is not at hand."""
        found = self._known.get(one.fingerprint)
        if found is None and one.id not in self._missing:
            found = self._read(one)
            if found is None:
                self._missing.add(one.id)  # a document may be compared with hundreds
            else:
                if len(self._known) >= _MOST:
                    self._known.clear()
                self._known[one.fingerprint] = found
        return found

    def whole(self, one: Sketch) -> Fingerprint | None:
        """A document's fingerprint with every shingle in its sketch; None where its text is not at hand."""
        own = parse(one.fingerprint)
        if own.scale == 0:
            return own
        found = self.in_order(one)
        return None if found is None else replace(own, scale=0, sketch=shingles.distinct(found.copy()))

    def _read(self, one: Sketch) -> NDArray[np.uint32] | None:
        body = self._bodies.get(one.id)
        if body is None and self._earlier is not None:
            body = self._earlier((one.id,)).get(one.id)
        if body is None:
            return None
        found = shingles.in_order(shingles.tokens(compared(body)))
        return found if _gives(found, parse(one.fingerprint)) else None


def _gives(found: NDArray[np.uint32], own: Fingerprint) -> bool:
    """Whether these are the shingles that a fingerprint was made of."""
    every = shingles.distinct(found.copy())
    kept = every[: np.searchsorted(every, 1 << (shingles.BITS - own.scale))]
    return len(every) == own.shingles and np.array_equal(kept, own.sketch)
