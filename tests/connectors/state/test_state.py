"""The state as a whole: opening, reopening, the window's documents and the index."""

import pickle
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsbeam.connectors.state import nearest, schema
from newsbeam.connectors.state.state import Run, State, StateError, open_state
from newsbeam.connectors.stores.commit import Settlement, commit
from newsbeam.records import Edge
from tests.connectors.state.earlier import back_to
from tests.connectors.stores.fakes import NOW, article, document, revision, sketch

ONE, TWO, THREE, FOUR = (document(name) for name in ("one", "two", "three", "four"))


@pytest.fixture
def state(new_state: Callable[[], str]) -> State:
    return open_state(new_state())


def settle(state: State, settlement: Settlement) -> int:
    """Settle without stores, in a new epoch."""
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=0, now=NOW)
    commit(state, [], settlement, epoch=epoch, now=NOW, run_id="run")
    return epoch


def edge(a: str, b: str) -> Edge:
    """A verified edge."""
    a, b = sorted((a, b))
    return Edge(a=a, b=b, relation="near", similarity=0.5, containment=0.9)


def test_what_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no address of a state"):
        open_state("state.db")
    with pytest.raises(StateError, match="names no file"):
        open_state("sqlite://")
    (tmp_path / "text").write_text("This is no database, and far too long to be taken for an empty one.\n" * 50)
    with pytest.raises(StateError, match="text cannot be used"):
        open_state(f"sqlite:///{tmp_path}/text")
    with pytest.raises(StateError, match="folder"):
        open_state(f"sqlite:///{tmp_path}/text/state.db")


def test_a_state_of_a_newer_version_is_refused(state: State) -> None:
    with state.write() as connection:
        newer = sa.update(schema.meta).where(schema.meta.c.name == "version")
        connection.execute(newer.values(value=str(schema.VERSION + 1)))
    state.close()
    with pytest.raises(StateError, match="update it"):
        open_state(state.url)


def test_the_steps_from_version_1_run_in_every_database(state: State) -> None:
    with state.write() as connection:
        for statement in back_to(1):
            connection.exec_driver_sql(statement)
    state.close()
    migrated = open_state(state.full_url)
    settle(migrated, Settlement(records=(article(ONE),)))
    run = Run(run_id="r", epoch=1, version="1", settings_hash="h", started="2026-11-20T12:00:00Z", seconds=1.5)
    migrated.record_run(run, epoch=1)
    assert migrated.runs() == [run]
    assert len(migrated.id) == 32
    migrated.close()


def test_a_state_travels_as_its_address(state: State) -> None:
    settle(state, Settlement(records=(article(ONE),)))
    other = pickle.loads(pickle.dumps(state))
    assert other.stored([ONE.id]) == {ONE.id: ONE}
    assert other.url == state.url


def test_several_threads_may_use_it(state: State) -> None:
    settle(state, Settlement(records=(article(ONE),)))
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.extend(bool(state.stored([ONE.id])) for _ in range(20))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 80


def test_documents_revisions_and_decisions(state: State) -> None:
    older = replace(ONE, body="An older text.", fetched_at="2026-11-01T00:00:00Z")
    oldest = replace(ONE, body="The oldest text.", fetched_at="2026-10-01T00:00:00Z")
    kept = article(ONE, kept_because=("earliest",))
    settle(state, Settlement(records=(kept, revision(older, ONE.id), revision(oldest, ONE.id))))
    assert state.stored([ONE.id, "unknown"]) == {ONE.id: ONE}
    assert [one.body for one in state.revisions([ONE.id])[ONE.id]] == ["The oldest text.", "An older text."]
    assert state.decisions([ONE.id]) == {ONE.id: kept.decision}


def test_candidates_share_a_band_and_are_never_the_document_itself(state: State) -> None:
    settle(
        state,
        Settlement(
            records=tuple(article(one) for one in (ONE, TWO, THREE)),
            sketches=tuple(sketch(one) for one in (ONE, TWO, THREE)),
            bands={ONE.id: (1, 2**63 - 1), TWO.id: (2**63 - 1,), THREE.id: (7, -(2**63))},
        ),
    )
    found = state.candidates({ONE.id: (1, 2**63 - 1), "new": (7, 1), "other": (8,)}, limit=9)
    assert found[ONE.id] == [sketch(TWO)]
    assert found["new"] == sorted([sketch(ONE), sketch(THREE)], key=lambda one: one.id)
    assert found["other"] == []
    assert state.candidates({"new": (7, 1)}, limit=9, without={ONE.id})["new"] == [sketch(THREE)]


def test_of_a_hot_band_the_newest_are_looked_at(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "HOT", 3)
    members = [replace(ONE, id=f"{number:03}", origin=replace(ONE.origin, key=f"{number:03}")) for number in range(9)]
    for one in members:
        settle(state, Settlement(records=(article(one),), sketches=(sketch(one),), bands={one.id: (-5, 2**63 - 1)}))
    found = state.candidates({"new": (-5,), "none": (4,)}, limit=9)
    assert [one.id for one in found["new"]] == ["006", "007", "008"]
    assert found["none"] == []


def test_of_many_candidates_the_nearest_are_given(state: State) -> None:
    settle(
        state,
        Settlement(
            records=tuple(article(one) for one in (ONE, TWO, THREE, FOUR)),
            sketches=tuple(sketch(one) for one in (ONE, TWO, THREE, FOUR)),
            bands={ONE.id: (1, 2), TWO.id: (2, 9), THREE.id: (1, 2, 3), FOUR.id: (3,)},
        ),
    )
    wanted = {"new": (1, 2, 3)}
    for limit, expected in ((1, [THREE]), (2, [THREE, ONE]), (3, [THREE, ONE, FOUR]), (9, [THREE, ONE, TWO, FOUR])):
        found = state.candidates(wanted, limit=limit)["new"]
        assert found == sorted((sketch(one) for one in expected), key=lambda one: one.id)


def test_of_many_that_share_little_the_nearest_and_newest_are_given(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "WEAK", 2)
    members = [replace(ONE, id=f"{number}", origin=replace(ONE.origin, key=f"{number}")) for number in range(8)]
    keys = {
        "0": (1, 2, 3, 4),
        "1": (5, 6, 7, 8, 9),
        "2": (1, 2, 3),
        "3": (4,),
        "4": (5,),
        "5": (6, 7),
        "6": (8,),
        "7": (9,),
    }
    for one in members:
        settle(state, Settlement(records=(article(one),), sketches=(sketch(one),), bands={one.id: keys[one.id]}))
    found = state.candidates({"new": tuple(range(1, 10)), "few": (4, 5, 8, 9)}, limit=9)
    assert [one.id for one in found["new"]] == ["0", "1", "2", "5"]
    assert [one.id for one in found["few"]] == ["1", "7"]


def test_a_component_is_everything_that_edges_reach(state: State) -> None:
    documents = (ONE, TWO, THREE, FOUR)
    settle(
        state,
        Settlement(
            records=tuple(article(one) for one in documents),
            sketches=tuple(sketch(one) for one in documents),
            bands={one.id: (1,) for one in documents},
            edges=(edge(ONE.id, TWO.id), edge(TWO.id, THREE.id)),
        ),
    )
    sketches, edges = state.component([THREE.id])
    assert {one.id for one in sketches} == {ONE.id, TWO.id, THREE.id}
    assert len(edges) == 2
    assert state.component([FOUR.id]) == ([sketch(FOUR)], [])
    assert state.component(["unknown"]) == ([], [])


def test_a_text_that_gave_way_leaves_the_index(state: State) -> None:
    first = Settlement(
        records=(article(ONE), article(TWO)),
        sketches=(sketch(ONE), sketch(TWO)),
        bands={ONE.id: (1, 2), TWO.id: (2,)},
        edges=(edge(ONE.id, TWO.id),),
    )
    settle(state, first)
    newer = replace(ONE, body="Quite another text.", fingerprint="nb1:other", fetched_at="2026-11-20T11:00:00Z")
    settle(
        state,
        Settlement(
            records=(article(newer),), dropped_edges_of=(ONE.id,), sketches=(sketch(newer),), bands={ONE.id: (3,)}
        ),
    )
    assert state.candidates({"new": (1, 2, 3)}, limit=9)["new"] == sorted(
        [sketch(newer), sketch(TWO)], key=lambda one: one.id
    )
    assert state.candidates({"new": (1,)}, limit=9) == {"new": []}
    assert state.component([ONE.id]) == ([sketch(newer)], [])


def test_settling_the_same_twice_leaves_the_index_as_it_is(state: State) -> None:
    one = Settlement(records=(article(ONE),), sketches=(sketch(ONE),), bands={ONE.id: (1, 2)})
    settle(state, one)
    settle(state, one)
    assert state.candidates({"new": (1, 2)}, limit=9) == {"new": [sketch(ONE)]}


def test_what_has_left_the_window_is_known_but_not_compared(state: State) -> None:
    old = replace(ONE, fetched_at="2026-09-01T00:00:00Z")
    settle(
        state,
        Settlement(
            records=(article(old), article(TWO)),
            sketches=(sketch(old), sketch(TWO)),
            bands={ONE.id: (1,), TWO.id: (1,)},
            edges=(edge(ONE.id, TWO.id),),
        ),
    )
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=9, now=NOW)
    assert state.expire(before="2026-10-01T00:00:00Z", epoch=epoch) == 1
    assert state.stored([ONE.id, TWO.id]).keys() == {TWO.id}
    assert state.decisions([ONE.id]).keys() == {ONE.id}
    assert state.candidates({"new": (1,)}, limit=9) == {"new": [sketch(TWO)]}
    assert state.component([TWO.id]) == ([sketch(TWO)], [])
    assert state.counts()["articles"] == 2
    done = commit(state, [], Settlement(records=(article(old),)), epoch=epoch, now=NOW, run_id="run")
    assert done.unchanged == {"articles": 1}, "its hash is still known"


def test_runs_are_listed_as_they_started(state: State) -> None:
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=9, now=NOW)
    one = Run(run_id="b", epoch=epoch, version="1", settings_hash="00", started="2026-11-20T12:00:00Z")
    state.record_run(one, epoch=epoch)
    state.record_run(replace(one, run_id="a", started="2026-11-20T13:00:00Z"), epoch=epoch)
    ended = replace(one, ended="2026-11-20T12:30:00Z", outcome="done", counts={"articles": 3})
    state.record_run(ended, epoch=epoch)
    assert [run.run_id for run in state.runs()] == ["b", "a"]
    assert state.runs()[0] == ended
