"""Two processes at one set of stores, and a store that fails beside others that do not."""

import sqlite3
from pathlib import Path

import pytest

from newsbeam.connectors.state.errors import LeaseLost
from newsbeam.connectors.stores.commit import commit, recover
from newsbeam.connectors.stores.store import Changes, StoreError
from newsbeam.connectors.stores.urls import open_store
from tests.connectors.stores.fakes import NOW, Place, article, contents, document
from tests.connectors.stores.test_commit import FIRST, SECOND

LATE = Changes(rows={"articles": []}, gone={"articles": [document("one").id]})


def _other(place: Place, name: str) -> None:
    """Another database in the same place."""
    place.urls.append(f"sqlite:///{place.folder}/{name}.db")
    place.restart()


def test_what_other_stores_had_taken_is_undone_at_once(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl", "sqlite"))
    _other(place, "second")
    place.commit(FIRST)
    before = place.contents()

    def full(*arguments: object, epoch: int) -> None:
        raise StoreError(f"{place.stores[2].url}: the disk is full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place.stores[2], "prepare", full)
        with pytest.raises(StoreError, match=r"second\.db: the disk is full"):
            place.commit(SECOND)
    assert place.contents() == before, "no store shows what another could not take"
    assert not place.strays()
    place.commit(SECOND)
    first, *others = place.contents()
    assert others == [first, first]


def test_a_process_that_lost_its_lease_writes_into_no_store(tmp_path: Path) -> None:
    """It was stopped between its intent and its writing, and goes on after another process has taken over."""
    place = Place(tmp_path)
    place.commit(FIRST)
    database, before = place.stores[1], place.contents()
    held_up = database.prepare

    def overtaken(*arguments: object, epoch: int) -> object:
        later = place.superseded()
        others = [open_store(url) for url in place.urls]
        recover(place.state, others, epoch=later)
        return held_up(*arguments, epoch=epoch)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "prepare", overtaken)
        with pytest.raises(LeaseLost, match="epoch 1 is lost"):
            place.commit(SECOND)
    assert place.contents() == before
    assert not place.strays()


def test_a_temporary_file_written_too_late_is_removed_by_its_own_process(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl",))
    place.commit(FIRST)
    before, folder = place.contents(), place.stores[0]
    write = folder.prepare

    def overtaken(*arguments: object, epoch: int) -> object:
        recover(place.state, [open_store(url) for url in place.urls], epoch=place.superseded())
        return write(*arguments, epoch=epoch)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "prepare", overtaken)
        with pytest.raises(LeaseLost):
            place.commit(SECOND)
    assert place.contents() == before
    assert not place.strays()


def test_an_earlier_epoch_cannot_take_a_store_back(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("sqlite",))
    (store,) = place.stores
    store.hold(place.state.id, 7)
    store.hold(place.state.id, 7)
    with pytest.raises(LeaseLost):
        store.hold(place.state.id, 6)
    with pytest.raises(LeaseLost):
        store.prepare(LATE, (), epoch=6)
    with pytest.raises(LeaseLost):
        store.restore(LATE, epoch=6)
    store.prepare(LATE, (), epoch=7)


def test_a_database_of_another_state_is_refused(tmp_path: Path) -> None:
    mine, other = Place(tmp_path / "mine", stores=("sqlite",)), Place(tmp_path / "other", stores=("sqlite",))
    mine.commit(FIRST)
    before = contents(mine.stores[0])
    with pytest.raises(StoreError, match="--state"):
        recover(other.state, mine.stores, epoch=other.epoch)
    assert contents(mine.stores[0]) == before


def test_a_database_written_before_stores_were_held_is_taken(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("sqlite",))
    place.commit(FIRST)
    place.stores[0].close()
    with sqlite3.connect(tmp_path / "news.db") as database:
        database.execute("delete from newsbeam_meta where name in ('state_id', 'epoch')")
    place.restart()
    commit(place.state, place.stores, SECOND, epoch=place.epoch, now=NOW, run_id="run")
    assert contents(place.stores[0])[document("two").id]["collection"] == "duplicates"


def test_every_writing_is_in_the_journal(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("sqlite",))
    place.commit(FIRST)
    place.restart()
    place.commit(SECOND)
    with place.state.read() as connection:
        rows = connection.exec_driver_sql("select id, epoch, collection from journal order by epoch").all()
    two = [(epoch, collection) for one, epoch, collection in rows if one == document("two").id]
    assert two == [(1, "articles"), (place.epoch, "duplicates")]
    assert (document("one").id, place.epoch) not in [(one, epoch) for one, epoch, _ in rows], "it was not written again"
    assert article(document("one")).document.id in {one for one, *_ in rows}
