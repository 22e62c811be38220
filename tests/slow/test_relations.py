"""The copies stage over sixty stories a language: the confusion matrix, and tenths against the whole with a state."""

import random
from pathlib import Path

import pytest

from newsbeam.connectors.state.state import open_state
from tests.transforms.confusion import alone, at_once, corpus
from tests.transforms.relation_kinds import composed, of_the_demo
from tests.transforms.relation_texts import LANGUAGES
from tests.transforms.sketching import MemoryHistory
from tests.transforms.slices import StateHistory, in_slices

pytestmark = pytest.mark.slow

STORIES = 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_beside_its_story(language: str) -> None:
    matrix = alone(composed(language, STORIES))
    print(matrix.table())
    found, copies = matrix.counts(copy=True)
    assert copies == 12 * STORIES
    assert found >= 0.98 * copies
    assert matrix.counts(copy=False) == (0, 5 * STORIES)


def test_each_text_beside_its_story_in_prose() -> None:
    matrix = alone(of_the_demo())
    print(matrix.table())
    found, copies = matrix.counts(copy=True)
    assert found >= 0.98 * copies
    assert matrix.counts(copy=False)[0] == 0


NEAR = pytest.mark.xfail(
    strict=True,
    reason="two Greek texts under one long footer share .56 of the smaller, .70 by their sketches: near "
    "a threshold the texts must decide, which is still to be built",
)


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("language", [pytest.param(one, marks=NEAR) if one == "el" else one for one in LANGUAGES])
def test_all_texts_at_once(language: str, dated: bool) -> None:
    """Without any date the kept copy is the most complete one, from which another copy may be too far."""
    matrix, mixed = at_once(corpus(composed(language, STORIES), dated=dated))
    print(matrix.table())
    found, copies = matrix.counts(copy=True)
    assert copies == 12 * STORIES
    assert found >= (0.98 if dated else 0.96) * copies
    assert matrix.counts(copy=False)[0] == 0
    assert mixed == []


@pytest.mark.parametrize("seed", [0, 1, pytest.param(2, marks=NEAR)])
def test_ten_runs_decide_as_one_does_where_many_share_a_footer(seed: int, tmp_path: Path) -> None:
    language = LANGUAGES[seed]
    texts = corpus(composed(language, STORIES), dated=seed != 0).sketches
    whole = in_slices(MemoryHistory(), texts, 1)
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    shuffled = random.Random(seed).sample(texts, len(texts))
    assert in_slices(StateHistory(state), shuffled, 10) == whole
    state.close()
