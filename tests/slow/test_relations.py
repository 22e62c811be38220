"""The copies stage over many stories a language: the confusion matrix, and tenths against the whole with a state."""

import random
from pathlib import Path

import pytest

from newsbeam.connectors.state.state import open_state
from tests.transforms.confusion import alone, at_once, corpus
from tests.transforms.relation_kinds import composed, of_the_demo
from tests.transforms.relation_texts import LANGUAGES
from tests.transforms.sketching import MemoryHistory
from tests.transforms.slices import StateHistory, in_slices

of_many_stories = pytest.mark.parametrize(
    "stories", [pytest.param(30, marks=pytest.mark.slow), pytest.param(60, marks=pytest.mark.full)]
)


@of_many_stories
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_beside_its_story(language: str, stories: int) -> None:
    matrix = alone(composed(language, stories))
    print(matrix.table())
    found, copies = matrix.counts(copy=True)
    assert copies == 12 * stories
    assert found >= 0.98 * copies
    assert matrix.counts(copy=False) == (0, 6 * stories)


@pytest.mark.slow
def test_each_text_beside_its_story_in_prose() -> None:
    matrix = alone(of_the_demo())
    print(matrix.table())
    found, copies = matrix.counts(copy=True)
    assert found >= 0.98 * copies
    assert matrix.counts(copy=False)[0] == 0


@of_many_stories
@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_texts_at_once(language: str, dated: bool, stories: int) -> None:
    """Without any date the kept copy is the most complete one, from which another copy may be too far."""
    matrix, mixed = at_once(corpus(composed(language, stories), dated=dated))
    print(matrix.table())
    found, copies = matrix.counts(copy=True)
    assert copies == 12 * stories
    assert found >= (0.98 if dated else 0.96) * copies
    assert matrix.counts(copy=False)[0] == 0
    assert mixed == []


@of_many_stories
@pytest.mark.parametrize("seed", range(3))
def test_ten_runs_decide_as_one_does_where_many_share_a_footer(seed: int, stories: int, tmp_path: Path) -> None:
    language = LANGUAGES[seed]
    found = corpus(composed(language, stories), dated=seed != 0)
    texts = found.sketches
    whole = in_slices(MemoryHistory(found.bodies), texts, 1)
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    shuffled = random.Random(seed).sample(texts, len(texts))
    assert in_slices(StateHistory(state, found.bodies), shuffled, 10) == whole
    state.close()
