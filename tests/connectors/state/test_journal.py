"""The journal: what each epoch left, for as long as it is kept, and for states that began without one."""

import random
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsbeam.connectors.state import journal, schema
from newsbeam.connectors.state.accounts import KEPT_EPOCHS
from newsbeam.connectors.state.journal import Noted
from newsbeam.connectors.state.runs import Run
from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.rows import text_hash
from tests.connectors.state.earlier import back_to
from tests.connectors.stores.fakes import Place, article, document, duplicate

ONE, TWO = document("one"), document("two")


@pytest.fixture
def state(tmp_path: Path) -> State:
    return open_state(f"sqlite:///{tmp_path}/state.db")


def left_by(state: State, epoch: int) -> dict[str, Noted]:
    """What the journal says that an epoch left."""
    with state.read() as connection:
        found = list(journal.snapshot(connection, epoch))
    assert [one.id for one in found] == sorted(one.id for one in found)
    return {one.id: one for one in found}


def test_each_epoch_is_told_as_it_ended(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl",))
    place.commit(Settlement(records=(article(ONE), article(TWO))))
    first = place.epoch
    place.restart()
    place.commit(Settlement(records=(article(replace(ONE, body="Another text.", language="de")),)))
    place.commit(Settlement(records=(duplicate(TWO, ONE),)))
    second = place.epoch
    place.restart()
    place.commit(Settlement(removed_ids=(TWO.id,)))
    before, after = left_by(place.state, first), left_by(place.state, second)
    assert (before[ONE.id].text_hash, before[ONE.id].language) == (text_hash(ONE.body), "en")
    assert (after[ONE.id].text_hash, after[ONE.id].language) == (text_hash("Another text."), "de")
    assert (before[TWO.id].collection, before[TWO.id].cluster_id) == ("articles", TWO.id)
    assert (after[TWO.id].collection, after[TWO.id].cluster_id) == ("duplicates", ONE.id)
    assert left_by(place.state, place.epoch).keys() == {ONE.id}
    assert left_by(place.state, first - 1) == {}


def test_what_expires_is_needed_by_no_kept_epoch(state: State) -> None:
    chance, last = random.Random(4), KEPT_EPOCHS + 60
    rows = [
        {
            "id": f"{number:032x}",
            "epoch": epoch,
            "collection": None if chance.random() < 0.2 else "articles",
            "text_hash": b"%d" % epoch,
            "language": "en",
            "cluster_id": f"{number:032x}",
        }
        for number in range(40)
        for epoch in sorted(chance.sample(range(1, last), chance.randint(1, 20)))
    ]
    with state.write() as connection:
        connection.execute(sa.insert(schema.journal), rows)
    whole = {epoch: left_by(state, epoch) for epoch in range(1, last)}
    for epoch in range(1, last + 1):
        with state.write() as connection:
            journal.expire(connection, epoch)
        if epoch % 20 == 0:
            kept = max(epoch - KEPT_EPOCHS, 1)
            assert {one: left_by(state, one) for one in range(kept, last)} == {
                one: whole[one] for one in range(kept, last)
            }
    with state.read() as connection:
        assert journal.oldest(connection) == last - KEPT_EPOCHS
        left = connection.execute(sa.select(sa.func.count()).select_from(schema.journal)).scalar_one()
    assert left < len(rows) * 0.85


def test_growth_is_bounded_by_what_is_kept(state: State) -> None:
    """A document that every run writes anew has a row for each kept epoch, and no more than ten beyond."""
    for epoch in range(1, 3 * KEPT_EPOCHS + 1):
        row = {"id": "a", "epoch": epoch, "collection": "articles", "cluster_id": "a"}
        with state.write() as connection:
            connection.execute(sa.insert(schema.journal), row)
            journal.expire(connection, epoch)
            count = connection.execute(sa.select(sa.func.count()).select_from(schema.journal)).scalar_one()
        assert count <= KEPT_EPOCHS + 11


def test_a_wiped_row_tells_only_that_something_was_there(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl",))
    place.commit(Settlement(records=(article(ONE), article(TWO))))
    with place.state.write(place.epoch) as connection:
        journal.wipe(connection, [ONE.id])
    found = left_by(place.state, place.epoch)
    assert (found[ONE.id].text_hash, found[ONE.id].language) == (None, None)
    assert found[TWO.id].text_hash == text_hash(TWO.body)


def test_a_state_of_version_1_begins_its_journal_with_what_it_holds(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl",))
    place.commit(Settlement(records=(article(ONE), article(TWO))))
    old = Run(run_id="old", epoch=place.epoch, version="0.1.0", settings_hash="00", started="2026-11-20T12:00:00Z")
    place.state.record_run(old, epoch=place.epoch)
    place.state.close()
    with sqlite3.connect(tmp_path / "state.db") as connection:
        for statement in back_to(1):
            connection.execute(statement)
    state = open_state(place.state_url)
    found = left_by(state, place.epoch)
    assert {one: (noted.text_hash, noted.language) for one, noted in found.items()} == {
        ONE.id: (text_hash(ONE.body), None),
        TWO.id: (text_hash(TWO.body), None),
    }
    assert state.runs() == [old]
    assert len(state.id) == 32
    state.record_run(replace(old, versions={"python": "3.11"}, message="broke"), epoch=place.epoch)
    assert state.runs()[0].message == "broke"
    assert left_by(state, place.epoch - 1) == {}
