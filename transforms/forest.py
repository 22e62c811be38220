"""A forest of small decision trees, kept as data and asked for many rows at once."""

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from newsbeam.config.rules import table

_AT_ONCE: Final = 5_000
"""Rows walked together: bounds the memory, some 2 MB an array."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees of one shape in arrays, a row a tree: node i has the children 2i + 1 and 2i + 2; leaves stand on the
    last level.
    """

    feature: NDArray[np.intp]
    limit: NDArray[np.float32]
    leaf: NDArray[np.float32]
    depth: int

    def probabilities(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The chance of each row, 0 to 1. A value at the limit goes left."""
        parts = [self._some(rows[start : start + _AT_ONCE]) for start in range(0, len(rows), _AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _some(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        trees, inner = self.feature.shape
        feature, limit, values = self.feature.ravel(), self.limit.ravel(), np.ascontiguousarray(rows).ravel()
        line = np.arange(len(rows), dtype=np.intp)[:, None] * rows.shape[1]
        first = np.arange(trees, dtype=np.intp) * inner
        node = 1 + (rows.take(self.feature[:, 0], axis=1) > self.limit[:, 0]).astype(np.intp)
        for _ in range(self.depth - 1):
            at = node + first
            node = 2 * node + 1 + (values.take(feature.take(at) + line) > limit.take(at))
        leaves = self.leaf.ravel().take(node - inner + np.arange(trees, dtype=np.intp) * (inner + 1))
        chances: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-leaves.sum(axis=1, dtype=np.float64)))
        return chances


@functools.cache
def load(name: str) -> Forest:
    """The forest of a rule file: tables of `feature` and `limit` (2^depth - 1 a tree), `leaf` (2^depth a tree)."""
    rules = table(name)
    inner = 2 ** rules["depth"] - 1
    return Forest(
        feature=np.array(rules["feature"], dtype=np.intp).reshape(-1, inner),
        limit=np.array(rules["limit"], dtype=np.float32).reshape(-1, inner),
        leaf=np.array(rules["leaf"], dtype=np.float32).reshape(-1, inner + 1),
        depth=rules["depth"],
    )
