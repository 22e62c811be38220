"""The commit: what it does once, twice, and when the process ends in its middle."""

from dataclasses import replace
from pathlib import Path

import pytest

from newsbeam.connectors.state.state import LeaseLost
from newsbeam.connectors.stores.commit import Settlement, commit, recover
from newsbeam.connectors.stores.store import StoreError
from newsbeam.records import Origin, Reached, Skipped, Span, digest
from tests.connectors.stores.fakes import (
    NOW,
    Killed,
    Place,
    Steps,
    article,
    contents,
    document,
    duplicate,
    origin,
    rejected,
    revision,
    sketch,
    stepping,
)

ONE, TWO, THREE, FOUR = (document(name) for name in ("one", "two", "three", "four"))
SLOW, BROKEN = origin("slow"), origin("broken")
CHANGED = replace(THREE, body="Another text.", fetched_at="2026-11-20T11:30:00Z")

FIRST = Settlement(
    records=(article(ONE), article(TWO), article(THREE)),
    rejected=(rejected(SLOW), rejected(BROKEN, "no_text")),
    sketches=tuple(sketch(one) for one in (ONE, TWO, THREE)),
    bands={ONE.id: (1, 2), TWO.id: (2, 3), THREE.id: (4,)},
    seen=(("warc", "a.warc", 5),),
)
SECOND = Settlement(
    records=(duplicate(TWO, ONE), article(CHANGED), revision(THREE, THREE.id), article(document("slow"))),
    rejected=(rejected(BROKEN, "parse_failed", last_seen="2026-11-20T11:45:00Z"),),
    dropped_edges_of=(THREE.id,),
    sketches=(sketch(CHANGED), sketch(document("slow"))),
    bands={CHANGED.id: (5,), document("slow").id: (6,)},
    seen=(("warc", "a.warc", 3),),
)
THIRD = Settlement(records=(article(FOUR), article(TWO)), removed_ids=(THREE.id,), cleared=(BROKEN,))
SEQUENCE = (FIRST, SECOND, THIRD)


def settled(place: Place, settlement: Settlement) -> bool:
    """Whether the state says that the settlement has happened."""
    decisions = place.state.decisions([record.document.id for record in settlement.records])
    return all(decisions.get(record.document.id) == record.decision for record in settlement.records)


def test_a_commit_shows_in_every_store_and_in_the_counts(tmp_path: Path) -> None:
    place = Place(tmp_path)
    done = place.commit(FIRST)
    assert done.new == {"articles": 3, "rejected": 2}
    first, second = place.contents()
    assert first == second
    assert {row["collection"] for row in first.values()} == {"articles", "rejected"}
    assert place.state.counts() == {"articles": 3, "duplicates": 0, "rejected": 2}
    assert [store.count() for store in place.stores] == [place.state.counts()] * 2


def test_moves_revisions_and_cleared_rows(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl", "sqlite", "parquet", "jsonl-zstd-day", "jsonl-gzip", "memory"))
    place.commit(FIRST)
    done = place.commit(SECOND)
    held = place.contents()[0]
    assert all(one == held for one in place.contents())
    assert held[TWO.id]["collection"] == "duplicates"
    assert held[TWO.id]["duplicate_of"] == ONE.id
    assert held[THREE.id]["body"] == "Another text."
    assert held[revision(THREE, THREE.id).document.id]["relation"] == "revision"
    assert SLOW.key not in held, "the place works now"
    assert held[BROKEN.key]["reason"] == "parse_failed"
    assert done.corrected == {"duplicates": 1}
    assert done.changed == {"articles": 1, "rejected": 1}
    place.commit(THIRD)
    held = place.contents()[0]
    assert all(one == held for one in place.contents())
    assert held.keys() == {ONE.id, TWO.id, FOUR.id, document("slow").id, revision(THREE, THREE.id).document.id}
    assert place.state.counts() == {"articles": 4, "duplicates": 1, "rejected": 0}


def test_an_unchanged_record_touches_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.commit(Settlement(records=(article(ONE),)))
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "out").rglob("*.jsonl")}
    again = replace(ONE, fetched_at="2026-11-20T11:59:00Z")
    done = place.commit(Settlement(records=(article(again),)), run_id="another")
    assert done.unchanged == {"articles": 1}
    assert not done.new
    assert not done.changed
    assert not done.corrected
    after = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "out").rglob("*.jsonl")}
    assert after == before
    assert [row["run_id"] for row in place.stores[1].rows("articles")] == ["run"]


def test_a_rejected_row_that_appears_again_keeps_its_first_moment_and_adds_its_tries(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.commit(Settlement(rejected=(rejected(SLOW, attempts=3),)))
    place.restart()
    again = rejected(SLOW, attempts=2, first_seen="2026-11-20T12:00:00Z", last_seen="2026-11-20T12:00:00Z")
    place.commit(Settlement(rejected=(again,)))
    for store in place.stores:
        (row,) = store.rows("rejected")
        assert (row["attempts"], row["first_seen"], row["last_seen"]) == (
            5,
            "2026-11-20T11:00:00Z",
            "2026-11-20T12:00:00Z",
        )


@pytest.mark.parametrize("record_first", [True, False])
def test_a_place_that_gave_a_record_and_a_rejection_keeps_the_record(tmp_path: Path, record_first: bool) -> None:
    place = Place(tmp_path)
    portions = [Settlement(records=(article(ONE),)), Settlement(rejected=(rejected(ONE.origin, "no_text"),))]
    for portion in portions if record_first else reversed(portions):
        place.commit(portion)
    assert [held.keys() for held in place.contents()] == [{ONE.id}, {ONE.id}]
    (account,) = place.state.accounts(place.epoch)
    assert (account.articles, account.rejected) == (1, 1), "both sightings are accounted for"


def test_two_rejections_of_one_place_in_one_run_do_not_show_their_order(tmp_path: Path) -> None:
    rows = [rejected(SLOW, "timeout"), rejected(SLOW, "connection_failed", detail="refused")]
    held = []
    for number, order in enumerate((rows, rows[::-1])):
        place = Place(tmp_path / str(number))
        for one in order:
            place.commit(Settlement(rejected=(one,)))
        held.append(place.contents())
    assert held[0] == held[1]


def test_an_id_twice_in_one_settlement_is_our_mistake(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with pytest.raises(ValueError, match="twice"):
        place.commit(Settlement(records=(article(ONE), duplicate(ONE, TWO))))
    assert place.contents() == [{}, {}]


def test_progress_is_settled_with_the_records(tmp_path: Path) -> None:
    place = Place(tmp_path)
    span = Span(kind="warc", path="a.warc", source="a.warc", identity="10:1", start=0, limit=2)
    place.commit(Settlement(records=(article(ONE),), progress=(Reached(span=span, position=700, records=2),)))
    place.commit(Settlement(progress=(Reached(span=replace(span, start=700), position=None, records=1),)))
    reached = place.state.progress("warc", "a.warc", "10:1")
    assert reached is not None
    assert (reached.records, reached.done) == (3, True)
    assert place.state.progress("warc", "a.warc", "11:2") is None


def count_steps(place: Place, settlement: Settlement) -> int:
    """How many boundaries a commit has."""
    steps = Steps()
    with stepping(place, steps):
        place.commit(settlement)
    return steps.taken


KILLED = [
    (("jsonl", "sqlite"), 0, 9),
    (("jsonl", "sqlite"), 1, 3),
    (("jsonl", "sqlite"), 2, 9),
    (("parquet",), 1, 3),
    *(
        pytest.param(kinds, index, 1, marks=pytest.mark.slow)
        for kinds in (("jsonl", "sqlite"), ("parquet",), ("jsonl-zstd-day",), ("memory",))
        for index in range(len(SEQUENCE))
    ),
]
"""Stores, the commit that is killed, and before each so-manieth of its steps: before every one in the slow tests."""


@pytest.mark.parametrize(
    ("stores", "index", "every"), KILLED, ids=lambda one: str(one) if isinstance(one, int) else "-".join(one)
)
def test_a_kill_at_any_step_leaves_nothing_behind(
    tmp_path: Path, stores: tuple[str, ...], index: int, every: int
) -> None:
    undisturbed = Place(tmp_path / "undisturbed", stores=stores)
    for settlement in SEQUENCE:
        undisturbed.commit(settlement)
    earlier = Place(tmp_path / "earlier", stores=stores)
    for settlement in SEQUENCE[:index]:
        earlier.commit(settlement)
    before = earlier.contents()
    count = count_steps(earlier.copy(tmp_path / "count"), SEQUENCE[index])
    assert count > 15
    for kill_at in range(1, count + 1, every):
        place = earlier.copy(tmp_path / str(kill_at))
        with pytest.raises(Killed), stepping(place, Steps(kill_at)):
            place.commit(SEQUENCE[index])
        place.restart()
        assert not place.strays()
        done = settled(place, SEQUENCE[index])
        if not done:
            assert place.contents() == before, "what was not settled is undone"
            place.commit(SEQUENCE[index])
        for settlement in SEQUENCE[index + 1 :]:
            place.commit(settlement)
        assert place.contents() == undisturbed.contents()
        assert place.state.counts() == undisturbed.state.counts()
        assert not place.strays()


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_in_the_middle_of_recovery_is_recovered_from(tmp_path: Path, every: int) -> None:
    place = Place(tmp_path / "undisturbed")
    place.commit(FIRST)
    place.commit(SECOND)
    wanted = place.contents()
    earlier = Place(tmp_path / "earlier")
    earlier.commit(FIRST)
    for kill_at in range(1, 40, every):
        place = earlier.copy(tmp_path / str(kill_at))
        with pytest.raises(Killed), stepping(place, Steps(11)):
            place.commit(SECOND)
        place.epoch = place.superseded()
        try:
            with stepping(place, Steps(kill_at)):
                recover(place.state, place.stores, epoch=place.epoch)
            finished = True
        except Killed:
            finished = False
        place.restart()
        if not settled(place, SECOND):
            place.commit(SECOND)
        assert place.contents() == wanted
        assert not place.strays()
        if finished:
            return
    raise AssertionError("recovery has more steps than were tried")


def test_a_store_that_fails_leaves_nothing_settled_and_the_next_commit_makes_it_good(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.commit(FIRST)
    before = place.contents()
    with pytest.MonkeyPatch.context() as patch:

        def full(*arguments: object, epoch: int) -> None:
            raise StoreError(f"{place.stores[1].url}: the disk is full")

        patch.setattr(place.stores[1], "prepare", full)
        with pytest.raises(StoreError, match=r"news\.db: the disk is full"):
            place.commit(SECOND)
    assert place.contents()[0] == before[0], "the other store shows nothing either"
    assert not settled(place, SECOND)
    place.commit(SECOND)
    assert place.contents()[0] == place.contents()[1]
    assert place.contents()[0][TWO.id]["collection"] == "duplicates"
    assert not place.strays()


def test_a_rename_that_fails_is_an_error_and_is_made_up_for(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl",))
    with pytest.MonkeyPatch.context() as patch:

        def refuse(source: object, target: object) -> None:
            raise PermissionError(13, "Permission denied", str(target))

        patch.setattr("os.replace", refuse)
        with pytest.raises(StoreError, match="cannot be given its name"):
            place.commit(FIRST)
        assert place.contents() == [{}]
    place.restart()
    assert len(place.contents()[0]) == 5
    assert not place.strays()


def test_a_lost_lease_writes_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.commit(FIRST)
    before = place.contents()
    place.superseded()
    with pytest.raises(LeaseLost, match="epoch 1 is lost"):
        place.commit(SECOND)
    assert place.contents() == before


def test_a_store_that_was_emptied_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.commit(FIRST)
    for path in (tmp_path / "out").rglob("*.jsonl"):
        path.unlink()
    with pytest.raises(StoreError, match="delete the state too"):
        place.restart()
    place = Place(tmp_path / "database", stores=("sqlite",))
    place.commit(FIRST)
    place.stores[0].close()
    for path in place.folder.glob("news.db*"):
        path.unlink()
    with pytest.raises(StoreError, match="holds 5 records"):
        place.restart()


def test_a_folder_that_another_state_wrote_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl",))
    place.commit(FIRST)
    place.state.close()
    for path in tmp_path.glob("state.db*"):
        path.unlink()
    with pytest.raises(StoreError, match="--state"):
        place.start()


def test_a_store_and_its_state_can_be_moved_together(tmp_path: Path) -> None:
    place = Place(tmp_path / "here")
    place.commit(FIRST)
    wanted = place.contents()
    place.state.close()
    for store in place.stores:
        store.close()
    (tmp_path / "here").rename(tmp_path / "there")
    moved = Place(tmp_path / "there")
    assert moved.contents() == wanted
    moved.commit(SECOND)
    first, second = moved.contents()
    assert first == second


def test_a_store_added_later_takes_what_comes(tmp_path: Path) -> None:
    Place(tmp_path, stores=("jsonl",)).commit(FIRST)
    both = Place(tmp_path / ".", stores=("jsonl", "sqlite"))
    both.commit(SECOND)
    folder, database = both.contents()
    assert database.items() <= folder.items()
    both.restart()


def test_accounts_balance_over_corrections_revisions_and_repeats(tmp_path: Path) -> None:
    place = Place(tmp_path)
    for settlement in (FIRST, SECOND):
        place.commit(settlement)
    (account,) = place.state.accounts(place.epoch)
    assert (account.seen, account.articles, account.duplicates, account.rejected) == (8, 3, 2, 3)
    assert account.difference == 0


def test_a_correction_in_a_later_run_is_no_new_sighting(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.commit(FIRST)
    first = place.epoch
    place.restart()
    place.commit(Settlement(records=(duplicate(TWO, ONE),)))
    assert place.state.accounts(place.epoch) == []
    assert place.state.accounts(first)[0].articles == 3, "what an earlier run said stays as it was"


def test_a_changed_text_in_a_later_run_counts_once_for_its_own_source(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.commit(FIRST)
    place.restart()
    newer = replace(CHANGED, origin=replace(CHANGED.origin, source="b.warc"))
    place.commit(
        Settlement(records=(article(newer), revision(THREE, THREE.id)), seen=(("warc", "b.warc", 1),)),
    )
    (account,) = place.state.accounts(place.epoch)
    assert (account.source, account.seen, account.articles, account.duplicates) == ("b.warc", 1, 1, 0)
    older = replace(THREE, body="The oldest text.", fetched_at="2026-11-01T00:00:00Z")
    place.commit(Settlement(records=(revision(older, THREE.id),), seen=(("warc", "a.warc", 1),)))
    accounts = {one.source: one for one in place.state.accounts(place.epoch)}
    assert (accounts["a.warc"].duplicates, accounts["a.warc"].difference) == (1, 0)
    assert accounts["b.warc"].difference == 0


def test_skips_are_counted_and_loss_shows(tmp_path: Path) -> None:
    place = Place(tmp_path)
    at = Origin(kind="warc", source="a.warc", key=digest("x"))
    place.commit(Settlement(skipped=(Skipped(origin=at, reason="not_html", count=4),), seen=(("warc", "a.warc", 5),)))
    (account,) = place.state.accounts(place.epoch)
    assert account.skipped == {"not_html": 4}
    assert account.difference == 1


def test_stores_of_many_small_commits_stay_few_files(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl",))
    for number in range(30):
        place.commit(Settlement(records=(article(document(f"story{number}")),)))
    assert len(list((tmp_path / "out").rglob("*.jsonl"))) == 1
    assert len(contents(place.stores[0])) == 30


def test_commit_and_recover_are_what_the_run_calls(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("sqlite",))
    commit(place.state, place.stores, FIRST, epoch=place.epoch, now=NOW, run_id="run")
    recover(place.state, place.stores, epoch=place.epoch)
    assert {row["updated_at"] for row in place.stores[0].rows("articles")} == {"2026-11-20T12:00:00Z"}
