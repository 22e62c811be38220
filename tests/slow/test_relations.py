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
    assert matrix.counts(copy=False) == (0, 6 * STORIES)


def test_each_text_beside_its_story_in_prose() -> None:
    matrix = alone(of_the_demo())
    print(matrix.table())
    found, copies = matrix.counts(copy=True)
    assert found >= 0.98 * copies
    assert matrix.counts(copy=False)[0] == 0


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_texts_at_once(language: str, dated: bool) -> None:
    """Without any date the kept copy is the most complete one, from which another copy may be too far."""
    matrix, mixed = at_once(corpus(composed(language, STORIES), dated=dated))
    print(matrix.table())
    found, copies = matrix.counts(copy=True)
    assert copies == 12 * STORIES
    assert found >= (0.98 if dated else 0.96) * copies
    assert matrix.counts(copy=False)[0] == 0
    assert mixed == []


@pytest.mark.parametrize("seed", range(3))
def test_ten_runs_decide_as_one_does_where_many_share_a_footer(seed: int, tmp_path: Path) -> None:
    language = LANGUAGES[seed]
    found = corpus(composed(language, STORIES), dated=seed != 0)
    texts = found.sketches
    whole = in_slices(MemoryHistory(found.bodies), texts, 1)
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    shuffled = random.Random(seed).sample(texts, len(texts))
    assert in_slices(StateHistory(state, found.bodies), shuffled, 10) == whole
    state.close()
