"""The forest: complete trees in arrays, walked as trees are."""

import numpy as np

from newsbeam.transforms import features
from newsbeam.transforms.forest import Forest, load


def test_a_row_goes_left_at_the_limit_and_right_above_it() -> None:
    trees = Forest(
        feature=np.array([[0, 1, 1]], dtype=np.intp),
        limit=np.array([[5.0, 1.0, 2.0]], dtype=np.float32),
        leaf=np.array([[-4.0, -2.0, 2.0, 4.0]], dtype=np.float32),
        depth=2,
    )
    rows = np.array([[5, 1], [5, 1.5], [6, 2], [6, 3]], dtype=np.float32)
    assert np.allclose(trees.probabilities(rows), 1 / (1 + np.exp([4.0, 2.0, -2.0, -4.0])))


def test_the_shipped_forests_fit_the_features() -> None:
    for name, columns in (
        ("body_forest", features.NAMES),
        ("body_forest_alone", features.NAMES[: -len(features.SECOND)]),
    ):
        shipped = load(name)
        assert int(shipped.feature.max()) < len(columns)
        assert shipped.leaf.shape == (len(shipped.feature), 2**shipped.depth)
