"""A store that is added later is filled so that runs go on with it, whatever stands in it and wherever a kill comes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from newsbeam.connectors.stores import filling
from newsbeam.connectors.stores.catalogue import Catalogue
from newsbeam.connectors.stores.commit import Settlement, store_name
from newsbeam.connectors.stores.filling import Filled, Stopped, copy, fill_all
from newsbeam.connectors.stores.store import Changes, Store, StoreError
from newsbeam.connectors.stores.urls import open_store
from newsbeam.records import COLLECTIONS
from tests.connectors.stores.fakes import (
    NOW,
    Killed,
    Place,
    Steps,
    article,
    document,
    duplicate,
    origin,
    rejected,
    revision,
    stepping,
)

ONE = document("one")
STORIES = [document(f"s{number}", f"The text of story {number}.") for number in range(12)]


def first() -> Settlement:
    """Stories, a copy, an earlier text, and rejected rows."""
    return Settlement(
        records=(
            article(ONE),
            *(article(story) for story in STORIES),
            duplicate(document("two"), ONE),
            revision(document("one", "An earlier text."), ONE.id),
        ),
        rejected=(rejected(origin("r1")), rejected(origin("r2"))),
    )


def corrections() -> Settlement:
    """A move in each direction, a correction, a rejected row that comes and one that goes."""
    return Settlement(
        records=(
            duplicate(STORIES[0], ONE),
            article(document("two"), cluster_id="x"),
            article(document("s1", STORIES[1].body, title="Another title")),
        ),
        rejected=(rejected(origin("r3")),),
        cleared=(origin("r1"),),
    )


def rows(store: Store) -> dict[str, Any]:
    """Every row with every field, by collection and id."""
    found = [(collection, dict(row)) for collection in COLLECTIONS for row in store.rows(collection)]
    by_id = {row["id"]: (collection, row) for collection, row in found}
    assert len(by_id) == len(found), "an id stands twice"
    return by_id


def fill(place: Place, source: int = 0, **named: Any) -> list[Filled]:
    """Fill all other stores of the place from one of them."""
    targets = [store for number, store in enumerate(place.stores) if number != source]
    return fill_all(place.state, place.stores[source], targets, epoch=place.epoch, now=lambda: NOW, **named)


def grown(place: Place, stores: Sequence[str]) -> Place:
    """A process that is given more stores than the earlier one."""
    place.state.close()
    for store in place.stores:
        store.close()
    return Place(place.folder, stores=stores)


def ensure_whole(place: Place) -> None:
    """All stores hold the same rows, and the state counts them right."""
    assert rows(place.stores[0]) == rows(place.stores[1])
    for store in place.stores:
        assert place.state.expected(store_name(place.state, store)) == place.state.counts() == store.count()
    assert place.strays() == []


@pytest.fixture(params=[("jsonl", "sqlite"), ("sqlite", "jsonl")], ids=["into a database", "into files"])
def forms(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "_ROWS", 4)


def test_a_store_added_later_is_filled_and_runs_go_on_with_both(tmp_path: Path, forms: tuple[str, str]) -> None:
    place = Place(tmp_path, stores=forms[:1])
    place.commit(first(), run_id="first")
    place = grown(place, forms)
    heard: list[str] = []
    assert [one.written for one in fill(place, said=heard.append)] == [17]
    assert heard == [f"{place.stores[1].url}: 17 rows to write"]
    ensure_whole(place)
    assert {row["run_id"] for _, row in rows(place.stores[1]).values()} == {"first"}
    assert [one.written for one in fill(place)] == [0]
    place.restart().commit(corrections(), run_id="second")
    ensure_whole(place)
    assert [one.written for one in fill(place.restart())] == [0]


def test_a_row_that_lacks_the_later_field_is_no_row_to_write(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl", "sqlite"))
    place.commit(first())
    (file,) = (tmp_path / "out/articles").glob("*.jsonl")
    old = file.read_bytes().replace(b',"reserved":[]', b"")
    assert len(old) < file.stat().st_size
    store = open_store(f"jsonl:{tmp_path}/older")
    store.check()
    (tmp_path / "older/articles/part-00001-000001.jsonl").write_bytes(old)
    held = {row["id"]: row for row in store.rows("articles")}
    assert held == {row["id"]: row for row in place.stores[1].rows("articles")}
    with Catalogue() as catalogue:
        assert catalogue.enter(0, store)["articles"] == len(held)
        catalogue.enter(1, place.stores[1])
        assert catalogue.lacking(1, of=0) == 0


def test_a_store_that_runs_were_given_before_it_was_filled_is_completed(tmp_path: Path, forms: tuple[str, str]) -> None:
    place = Place(tmp_path, stores=forms[:1])
    place.commit(first(), run_id="first")
    place = grown(place, forms)
    place.commit(corrections(), run_id="second")
    assert rows(place.stores[0]) != rows(place.stores[1])
    (filled,) = fill(place.restart())
    assert 0 < filled.written < 17
    ensure_whole(place)
    place.restart().commit(Settlement(records=(article(STORIES[0]), duplicate(document("two"), ONE))))
    ensure_whole(place)


@pytest.mark.full
@pytest.mark.parametrize("early", [False, True], ids=["new", "known"])
def test_a_kill_at_any_step_leaves_what_another_export_completes(
    tmp_path: Path, forms: tuple[str, str], early: bool
) -> None:
    killed_at_every(1, tmp_path, forms, early)


@pytest.mark.slow
@pytest.mark.parametrize("early", [False, True], ids=["new", "known"])
def test_a_kill_at_every_fifth_step_leaves_what_another_export_completes(
    tmp_path: Path, forms: tuple[str, str], early: bool
) -> None:
    killed_at_every(5, tmp_path, forms, early)


@pytest.mark.parametrize("early", [False, True], ids=["new", "known"])
def test_a_kill_at_some_steps_leaves_what_another_export_completes(
    tmp_path: Path, forms: tuple[str, str], early: bool
) -> None:
    killed_at_every(59, tmp_path, forms, early)


def killed_at_every(stride: int, tmp_path: Path, forms: tuple[str, str], early: bool) -> None:
    """Kill a fill before each so-manieth step, and complete it."""
    origin_place = Place(tmp_path / "whole", stores=forms[:1])
    origin_place.commit(first(), run_id="first")
    origin_place = grown(origin_place, forms)
    if early:
        origin_place.commit(corrections(), run_id="second")
    counting = Steps()
    undisturbed = origin_place.copy(tmp_path / "undisturbed")
    with stepping(undisturbed, counting):
        fill(undisturbed)
    assert counting.taken > 30
    for step in range(1, counting.taken + 1, stride):
        place = origin_place.copy(tmp_path / f"killed{step}")
        with pytest.raises(Killed), stepping(place, Steps(step)):
            fill(place)
        place.restart()
        if step % 2:  # a run comes between
            place.commit(Settlement(records=(duplicate(STORIES[3], ONE), article(document("later")))))
        fill(place.restart())
        ensure_whole(place)
        place.restart().commit(Settlement(records=(duplicate(STORIES[4], ONE),)))
        ensure_whole(place)
        place.state.close()


def test_a_target_with_rows_that_the_source_has_not_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=["jsonl"])
    place.commit(first())
    place = grown(place, ["jsonl", "sqlite"])
    strange = dict(next(place.stores[0].rows("articles"))) | {"id": "strange"}
    place.stores[1].prepare(Changes(rows={"articles": [strange]}), (), epoch=place.epoch)
    with pytest.raises(StoreError, match=r"holds 1 rows that jsonl:.* does not \(such as strange\): export into an"):
        fill(place)
    assert list(rows(place.stores[1])) == ["strange"]


def test_a_source_that_lacks_rows_itself_fills_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=["jsonl"])
    place.commit(first())
    place = grown(place, ["jsonl", "sqlite"])
    place.commit(corrections())
    with pytest.raises(StoreError, match="it holds 4 of the 17 records that the state knows: fill it first"):
        fill(place, source=1)


def test_a_wish_to_stop_leaves_what_was_filled(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=["jsonl"])
    place.commit(first())
    place = grown(place, ["jsonl", "sqlite"])
    asked = iter([False, False, True])
    with pytest.raises(Stopped):
        fill(place, stopping=lambda: next(asked))
    assert sum(place.stores[1].count().values()) == 8
    assert [one.written for one in fill(place)] == [9]
    ensure_whole(place)


@pytest.mark.parametrize("form", ["jsonl:{}/copy", "sqlite:///{}/copy.db"])
def test_a_copy_is_made_in_an_empty_store_that_no_run_goes_on_with(tmp_path: Path, form: str) -> None:
    place = Place(tmp_path, stores=["jsonl"])
    place.commit(first())
    source, target = place.stores[0], open_store(form.format(tmp_path))
    wanted = {"articles": source.rows("articles"), "rejected": source.rows("rejected")}
    assert copy(target, wanted, now=NOW) == {"articles": 13, "rejected": 2}  # type: ignore[arg-type]
    held = rows(source)
    assert rows(target) == {one: found for one, found in held.items() if found[0] != "duplicates"}
    with pytest.raises(StoreError, match="a copy is made in an empty store"):
        copy(target, {}, now=NOW)
    place.stores.append(target)
    place.urls.append(form.format(tmp_path))
    with pytest.raises(StoreError):
        place.restart()
