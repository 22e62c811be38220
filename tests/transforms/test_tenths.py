"""One run over everything, and ten over a tenth each in any order: the same clusters, kept copies and relations."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from newsbeam.connectors.state.state import open_state
from newsbeam.records import Decision, Sketch
from tests.transforms.confusion import Corpus, corpus
from tests.transforms.relation_kinds import composed
from tests.transforms.sketching import MemoryHistory
from tests.transforms.slices import StateHistory, in_slices

TENTHS = 10


@pytest.fixture(scope="module")
def stories() -> Corpus:
    """Stories in two languages with all their relatives."""
    return corpus([base for language, count in (("en", 2), ("zh", 1)) for base in composed(language, count)])


@pytest.fixture(scope="module")
def texts(stories: Corpus) -> list[Sketch]:
    """Their sketches; some name a source, a few copies a day before the story."""
    rng = random.Random(7)
    found = []
    for one in stories.sketches:
        credit = rng.choice(["Northlight", one.site]) if rng.random() < 0.2 else None
        kind = "credit" if credit else None
        day = rng.choice([None, "2026-11-17", "2026-11-18T08:00:00Z", one.published])
        found.append(replace(one, credit=credit, credit_kind=kind, published=day))
    return found


@pytest.fixture(scope="module")
def whole(stories: Corpus, texts: list[Sketch]) -> dict[str, Decision]:
    decisions = in_slices(MemoryHistory(stories.bodies), texts, 1)
    assert decisions.keys() == {one.id for one in texts}
    assert {one.relation for one in decisions.values()} >= {"identical", "near", "excerpt"}
    assert 15 < sum(one.duplicate_of is None for one in decisions.values()) < len(texts) - 25
    return decisions


@pytest.mark.parametrize("seed", range(20))
def test_ten_runs_decide_as_one_does(
    seed: int, stories: Corpus, texts: list[Sketch], whole: dict[str, Decision]
) -> None:
    shuffled = random.Random(seed).sample(texts, len(texts))
    assert in_slices(MemoryHistory(stories.bodies), shuffled, TENTHS) == whole


@pytest.mark.parametrize("seed", range(2))
def test_so_they_do_with_a_state(
    seed: int, stories: Corpus, texts: list[Sketch], whole: dict[str, Decision], tmp_path: Path
) -> None:
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    shuffled = random.Random(seed).sample(texts, len(texts))
    assert in_slices(StateHistory(state, stories.bodies), shuffled, TENTHS) == whole
    state.close()
