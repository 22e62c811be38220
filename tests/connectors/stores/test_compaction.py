"""Compaction: which files are merged, and that neither a reader nor a kill finds anything twice or lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsbeam.connectors.state.errors import LeaseLost
from newsbeam.connectors.state.manifest import HeldFile
from newsbeam.connectors.stores import compaction
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.compacting import Compacted, compact
from newsbeam.connectors.stores.files import FileStore
from newsbeam.connectors.stores.folders import LocalFolder
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import StoreError
from tests.connectors.stores.fakes import Killed, Place, Steps, article, document, duplicate, origin, rejected, stepping

MIB = 1 << 20


def held(number: int, size: int, name: str = "part-{}.jsonl", **changes: str) -> HeldFile:
    """A file of a store."""
    values = {"collection": "articles", "rows": 1, "bytes": size, "opened": None} | changes
    return HeldFile(number=number, name=name.format(number), **values)  # type: ignore[arg-type]


def test_small_files_are_packed_up_to_the_target() -> None:
    files = [held(number, size) for number, size in enumerate((30, 30, 30, 30, 60, 49, 200), 1)]
    found = compaction.groups(files, target=100)
    assert [[one.number for one in group] for group in found] == [[1, 2, 3], [4, 6]]


def test_only_files_of_one_collection_partition_and_form_are_merged() -> None:
    files = [
        held(1, 5),
        held(2, 5, collection="duplicates"),
        held(3, 5, "date=2026-11-20/part-{}.jsonl"),
        held(4, 5, "date=2026-11-21/part-{}.jsonl"),
        held(5, 5, "part-{}.jsonl.gz"),
        held(6, 5, "date=2026-11-21/part-{}.jsonl"),
    ]
    assert [[one.number for one in group] for group in compaction.groups(files, target=100)] == [[4, 6]]


def test_the_merged_file_is_as_old_as_its_oldest_part() -> None:
    group = (held(4, 5, opened="2026-11-20T12:00:00Z"), held(7, 5), held(9, 5, opened="2026-11-20T11:00:00Z"))
    *leaving, merged = compaction.parts(group, [["a"], ["b"], ["c"]], number=12, epoch=3)
    assert (merged.name, merged.rows, merged.added) == ("part-00003-000012-merged.jsonl", 3, ("a", "b", "c"))
    assert merged.opened == "2026-11-20T11:00:00Z"
    assert [(one.number, one.rows, one.gone) for one in leaving] == [(4, 0, ("a",)), (7, 0, ("b",)), (9, 0, ("c",))]


def scattered(folder: Path, kind: str, commits: int = 4) -> Place:
    """A store of many files: nothing is folded."""
    place = Place(folder, stores=(f"{kind}?roll_mb=0",))
    kept = document("kept")
    for number in range(commits):
        stories = (article(document(f"a{number}")), duplicate(document(f"d{number}", language="el"), kept))
        place.commit(Settlement(records=stories, rejected=(rejected(origin(f"r{number}")),)))
    return place


def store_of(place: Place) -> FileStore:
    """The place's one store."""
    (store,) = place.stores
    assert isinstance(store, FileStore)
    return store


def compacted(place: Place, target: int = MIB) -> Compacted:
    return compact(place.state, store_of(place), epoch=place.epoch, target=target)


KINDS = ["jsonl", "jsonl-zstd-day", "jsonl-gzip", "parquet", "memory"]


@pytest.mark.parametrize("kind", KINDS)
def test_many_files_become_few_and_are_written_further(tmp_path: Path, kind: str) -> None:
    place = scattered(tmp_path, kind)
    before = place.contents()
    done = compacted(place)
    assert (done.before, done.after, done.merged, done.rows) == (12, 3, 12, 12)
    assert place.contents() == before
    assert compacted(place) == Compacted(before=3, after=3), "again does nothing"
    place.restart()
    place.commit(Settlement(records=(duplicate(document("a1"), document("kept")),), removed_ids=(document("a2").id,)))
    held_now = place.contents()[0]
    assert held_now[document("a1").id]["collection"] == "duplicates"
    assert document("a2").id not in held_now
    assert len(held_now) == 11
    assert not place.strays()


@pytest.mark.parametrize(
    ("kind", "every"),
    [
        ("jsonl", 4),
        ("parquet", 4),
        *(pytest.param(kind, 1, marks=pytest.mark.slow) for kind in ("jsonl", "parquet", "memory")),
    ],
)
def test_a_kill_at_any_step_of_compaction(tmp_path: Path, kind: str, every: int) -> None:
    earlier = scattered(tmp_path / "earlier", kind, commits=2)
    before = earlier.contents()
    steps = Steps()
    counting = earlier.copy(tmp_path / "count")
    with stepping(counting, steps):
        compacted(counting)
    assert steps.taken > 20
    for kill_at in range(1, steps.taken + 1, every):
        place = earlier.copy(tmp_path / str(kill_at))
        with pytest.raises(Killed), stepping(place, Steps(kill_at)):
            compacted(place)
        place.restart()
        assert place.contents() == before
        assert not place.strays()
        compacted(place)
        assert place.contents() == before
        assert compacted(place).merged == 0


def test_a_reader_meets_no_id_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = scattered(tmp_path, "jsonl")
    seen: list[list[str]] = []

    def around(function: object) -> object:
        def watched(*arguments: object) -> None:
            seen.append(ids(tmp_path))
            function(*arguments)  # type: ignore[operator]
            seen.append(ids(tmp_path))

        return watched

    monkeypatch.setattr(LocalFolder, "rename", around(LocalFolder.rename))
    monkeypatch.setattr(LocalFolder, "remove", around(LocalFolder.remove))
    compacted(place)
    assert len(seen) > 20
    assert all(len(found) == len(set(found)) for found in seen)
    assert len(seen[-1]) == 12


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_reader_that_has_listed_misses_nothing_in_silence(tmp_path: Path, kind: str) -> None:
    place = scattered(tmp_path, kind)
    store = place.stores[0]
    wanted = {row["id"] for row in store.rows("articles")}
    outcomes: list[str] = []

    class Reading(Steps):
        """Before every step, one reader reads on that had listed before the first and read one row."""

        def step(self) -> None:
            super().step()
            first, rows = readers.pop()
            try:
                found = [first, *(row["id"] for row in rows)]
            except StoreError as error:
                outcomes.append("told" if "was merged into another file" in str(error) else str(error))
            else:
                assert len(found) == len(set(found)), "an id came twice"
                assert set(found) == wanted
                outcomes.append("whole")

    def begun() -> tuple[str, Iterator[Row]]:
        rows = store.rows("articles")
        return next(rows)["id"], rows

    readers = [begun() for _ in range(200)]
    with stepping(place, Reading()):
        assert compacted(place).after == 3
    whole = outcomes.count("whole")
    assert whole > 5
    assert outcomes == ["whole"] * whole + ["told"] * (len(outcomes) - whole)
    assert whole < len(outcomes)
    assert {row["id"] for row in store.rows("articles")} == wanted


def ids(folder: Path) -> list[str]:
    """What a reader that lists and then reads meets."""
    return [line[7:39] for path in sorted((folder / "out").rglob("*.jsonl")) for line in path.open()]


def test_a_failure_leaves_the_store_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = scattered(tmp_path, "parquet")
    before = place.contents()

    def full(parts: object) -> Iterator[None]:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StoreError, match=r"^parquet:.*No space left"):
            compacted(place)
    assert not place.strays()
    assert place.contents() == before
    assert compacted(place).after == 3


def test_a_lost_lease_merges_nothing(tmp_path: Path) -> None:
    place = scattered(tmp_path, "parquet")
    before = place.contents()
    place.superseded()
    with pytest.raises(LeaseLost):
        compacted(place)
    assert place.contents() == before
    assert not place.strays()
