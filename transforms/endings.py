"""Endings: whether two texts have no more in common than how they end.

A footer that cleaning does not know, or an agency's standing last paragraph, is more than half of a short story. What
a partner makes of a story shares text from its beginning on, or all of the shorter one is in the longer one.
"""

import numpy as np
from numpy.typing import NDArray

Runs = NDArray[np.uint32]

OWN = 0.3
"""Least share of each text that comes before all that it has in common with the other."""

_STRAY = 0.4
"""Greatest share of a beginning that the other text has, too: names, phrases of every day."""

_DENSE = 0.8
"""Least share of what follows that the other text has: a passage taken over whole, not lines here and there."""


def only_ending(a: Runs, b: Runs) -> bool:
    """Whether what two texts share is one passage at the end of both, under beginnings of their own.

    a, b: the hashes of their short runs in reading order (shingles.in_order). The order of the two does not matter.
    """
    return _begins_apart(a, b) and _begins_apart(b, a)


def _begins_apart(one: Runs, other: Runs) -> bool:
    shared = np.isin(one, other)
    before = np.concatenate(([0], np.cumsum(shared)))
    own = np.arange(len(one) + 1) - before
    cut = int(np.argmin(before + own[-1] - own))
    stray, ending = int(before[cut]), int(before[-1] - before[cut])
    if cut < OWN * len(one) or stray > min(_STRAY * cut, ending):
        return False
    return ending >= _DENSE * (len(one) - cut) > 0
