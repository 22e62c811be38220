"""Random sequences of settlements, with kills among them: every store equals a plain model of what was settled."""

import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsbeam.connectors.state import engine
from newsbeam.connectors.stores.commit import Settlement, store_name
from newsbeam.connectors.stores.rows import VOLATILE, collection_of, row
from newsbeam.records import Article, Duplicate, Origin
from tests.connectors.stores.fakes import (
    Killed,
    Place,
    Steps,
    article,
    document,
    duplicate,
    origin,
    rejected,
    stepping,
)

FILE_STORES = ("jsonl", "jsonl-zstd-day", "parquet")
NAMES = [f"s{number}" for number in range(8)]
STORIES = {name: document(name) for name in NAMES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One settlement and whether the process is killed in it. kill_at: a boundary; beyond the last one, it is not."""

    kept: frozenset[str] = frozenset()
    copies: frozenset[str] = frozenset()
    bodies: dict[str, int] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()
    works: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    kill_at: int = 1000


names = st.frozensets(st.sampled_from(NAMES), max_size=4)
turns = st.builds(
    Turn,
    kept=names,
    copies=names,
    bodies=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2), max_size=4),
    broken=names,
    works=names,
    removed=st.frozensets(st.sampled_from(NAMES), max_size=2),
    kill_at=st.one_of(st.just(1000), st.integers(1, 60)),
)


def settlement(turn: Turn, second: int) -> Settlement:
    """What the turn settles. A place that works is another than the stories' own."""
    seen = f"2026-11-20T11:00:{second:02}Z"
    records: list[Article | Duplicate] = []
    for name in sorted(turn.kept | turn.copies):
        text = turn.bodies.get(name, 0)
        # Some texts come on another day and in another language, so that their rows change partitions.
        language, day = ("en", "el", "en")[text], (20, 20, 21)[text]
        story = replace(
            STORIES[name],
            body=f"Text {text} of {name}.",
            language=language,
            fetched_at=f"2026-11-{day}T10:00:00Z",
        )
        kept = STORIES["s0" if name != "s0" else "s1"]
        records.append(article(story) if name in turn.kept else duplicate(story, kept))
    return Settlement(
        records=tuple(records),
        rejected=tuple(
            rejected(place(name), detail=f"broke as {len(turn.kept)}", last_seen=seen) for name in sorted(turn.broken)
        ),
        cleared=tuple(place(name) for name in sorted(turn.works - turn.broken)),
        removed_ids=tuple(STORIES[name].id for name in sorted(turn.removed - turn.kept - turn.copies)),
    )


def place(name: str) -> Origin:
    """Where an input that fails came in."""
    return origin(f"place-{name}")


def settle(model: dict[str, dict[str, Any]], one: Settlement) -> None:
    """The settlement in the plain model: a mapping of ids to rows."""
    for key in (*one.removed_ids, *(at.key for at in one.cleared)):
        model.pop(key, None)
    for record in (*one.records, *one.rejected):
        values = row(record, run_id="", updated_at="")
        steady = {name: value for name, value in values.items() if name not in VOLATILE}
        model[values["id"]] = {"collection": collection_of(record)} | steady


@pytest.mark.parametrize("roll_mb", [0, 0.002, 4])
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(turns, min_size=1, max_size=6))
def test_stores_equal_the_model(roll_mb: float, sequence: list[Turn]) -> None:
    equal_the_model(roll_mb, sequence)


@pytest.mark.slow
@pytest.mark.parametrize("roll_mb", [0, 0.002, 4])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(turns, min_size=1, max_size=6))
def test_stores_equal_the_model_in_more_sequences(roll_mb: float, sequence: list[Turn]) -> None:
    equal_the_model(roll_mb, sequence)


def equal_the_model(roll_mb: float, sequence: list[Turn]) -> None:
    """Settle the turns, and compare every store with the model after each."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "SYNCHRONOUS", "OFF")
        patch.setattr(os, "fsync", lambda descriptor: None)
        kinds = [f"{kind}?roll_mb={roll_mb}" for kind in FILE_STORES]
        here, model = Place(Path(folder), stores=(*kinds, "sqlite")), dict[str, dict[str, Any]]()
        for second, turn in enumerate(sequence):
            one, before = settlement(turn, second), dict(model)
            settle(model, one)
            try:
                with stepping(here, Steps(turn.kill_at)):
                    here.commit(one)
            except Killed:
                epoch = here.epoch
                here.restart()
                if here.contents()[0] != model:
                    assert here.contents()[0] == before, f"half of a commit of epoch {epoch} is left"
                    here.commit(one)
            for holds in here.contents():
                assert holds == model
            held = here.state.counts()
            assert all(store.count() == held for store in here.stores)
            expected = [here.state.expected(store_name(here.state, store)) for store in here.stores]
            assert expected in ([held] * len(expected), [None] * len(expected))
            assert not here.strays()
        here.restart()
        here.state.close()
        for store in here.stores:
            store.close()
