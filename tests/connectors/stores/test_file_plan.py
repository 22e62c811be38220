"""Which files a commit writes: partitions, moves, and when a new file begins."""

import pytest

from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores.file_plan import Layout, Roll, plan, takes
from newsbeam.connectors.stores.partitions import BY_DAY_AND_LANGUAGE, WHOLE, fits, folder
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import Changes

NOW = "2026-11-20T12:00:00Z"
MIB = 1 << 20
ROLL = Roll(bytes=32 * MIB, minutes=60, cheap=MIB // 8)
LAYOUT = Layout(suffix=".parquet", scheme=BY_DAY_AND_LANGUAGE, roll=ROLL)
EL, EN = "date=2026-11-20/lang=el", "date=2026-11-20/lang=en"


def story(one: str, language: str = "el", day: str = "2026-11-20") -> Row:
    return {"id": one, "language": language, "fetched_at": f"{day}T10:00:00Z"}


def held(number: int, partition: str, collection: str = "articles", **changes: object) -> HeldFile:
    values = {"rows": 3, "bytes": 1000, "opened": "2026-11-20T11:59:00Z"} | changes
    name = f"{partition}/part-00001-{number:06d}.parquet"
    return HeldFile(number=number, collection=collection, name=name, **values)  # type: ignore[arg-type]


def planned(changes: Changes, files: list[HeldFile], places: dict[str, int]) -> list[Part]:
    return list(plan(changes, files, places, 10, LAYOUT, epoch=2, now=NOW))


def test_folders() -> None:
    keys = BY_DAY_AND_LANGUAGE["articles"]
    assert folder(story("a"), "articles", keys) == EL
    assert folder(story("a"), "articles", ()) == ""
    assert folder({"first_seen": "2026-11-19T23:59:59Z"}, "rejected", ("date",)) == "date=2026-11-19"
    assert folder(story("a", "../x/?", "yesterday"), "articles", keys) == "date=1970-01-01/lang=..%2Fx%2F%3F"
    assert folder(story("a", ""), "articles", keys) == "date=2026-11-20/lang=und"


def test_a_row_fits_into_a_folder_of_whichever_scheme() -> None:
    assert fits(story("a"), "articles", "")
    assert fits(story("a"), "articles", "date=2026-11-20")
    assert not fits(story("a"), "articles", EN)
    assert not fits(story("a", day="2026-11-21"), "articles", "date=2026-11-20")


def test_new_rows_go_into_a_file_of_their_partition() -> None:
    changes = Changes(rows={"articles": [story("a"), story("b", "en"), story("c")]})
    joined, begun = planned(changes, [held(4, EL)], {})
    assert (joined.number, joined.rewrites, joined.rows, joined.added) == (4, True, 5, ("a", "c"))
    assert joined.opened == "2026-11-20T11:59:00Z"
    assert (begun.name, begun.rows, begun.opened) == (f"{EN}/part-00002-000010.parquet", 1, NOW)


def test_a_row_whose_partition_is_the_same_stays_where_it_is() -> None:
    (part,) = planned(Changes(rows={"articles": [story("a")]}), [held(3, EL, bytes=99 * MIB), held(4, EL)], {"a": 3})
    assert (part.number, part.rows, part.added, part.gone) == (3, 3, (), ())


@pytest.mark.parametrize("row", [story("a", "en"), story("a", day="2026-11-21")])
def test_a_row_that_changes_its_partition_comes_into_a_new_file(row: Row) -> None:
    where = folder(row, "articles", ("date", "lang"))
    old, new = planned(Changes(rows={"articles": [row]}), [held(3, EL), held(4, where)], {"a": 3})
    assert (old.number, old.gone, old.rows) == (3, ("a",), 2)
    assert (new.number, new.rewrites, new.added) == (10, False, ("a",))


def test_a_row_that_changes_its_collection_comes_into_a_new_file() -> None:
    changes = Changes(rows={"duplicates": [story("a"), story("b")]}, gone={"articles": ["a"]})
    old, new = planned(changes, [held(3, EL, rows=1), held(4, EL, "duplicates")], {"a": 3})
    assert (old.number, old.gone, old.rows) == (3, ("a",), 0)
    assert (new.number, new.added) == (10, ("a", "b"))


def test_a_row_in_a_file_without_partitions_stays_there() -> None:
    file = HeldFile(number=1, collection="articles", name="part-00001-000001.parquet", rows=2, bytes=10)
    (part,) = planned(Changes(rows={"articles": [story("a", "en")]}), [file], {"a": 1})
    assert part.name == file.name


def test_files_of_another_form_take_nothing_new() -> None:
    layout = Layout(suffix=".jsonl.zst", scheme=WHOLE, roll=ROLL)
    plain = HeldFile(number=1, collection="articles", name="part-00001-000001.jsonl", rows=2, bytes=10)
    (part,) = plan(Changes(rows={"articles": [story("a")]}), [plain], {}, 2, layout, epoch=1, now=NOW)
    assert part.name == "part-00001-000002.jsonl.zst"


@pytest.mark.parametrize(
    ("size", "rows", "added", "opened", "wanted"),
    [
        (100_000, 500, 1, NOW, True),  # cheap
        (200_000, 500, 1, NOW, False),  # not cheap, and it comes at once
        (200_000, 500, 2000, NOW, True),  # small beside the portion
        (200_000, 500, 1999, NOW, False),
        (200_000, 500, 500, NOW, False),  # equal portions of a batch begin a file each
        (4 * MIB, 3000, 10, "2026-11-20T11:50:00Z", False),  # written anew 300 times in ten minutes: a MiB a second
        (1 * MIB, 750, 10, "2026-11-20T11:50:00Z", True),
        (100_000, 500, 1, "2026-11-20T11:00:00Z", False),  # old
        (100_000, 500, 1, None, True),  # of an earlier version
        (32 * MIB, 1, 100_000, NOW, False),  # full
        (100_000, 500, 1, "2026-11-20T13:00:00Z", True),  # the clock was set back
    ],
)
def test_when_a_file_takes_more(size: int, rows: int, added: int, opened: str | None, wanted: bool) -> None:
    assert takes(held(1, EL, bytes=size, rows=rows, opened=opened), added, ROLL, now=NOW) is wanted


def test_six_hours_of_windows_makes_few_files_and_does_not_dominate_the_cost() -> None:
    files: list[HeldFile] = []
    added = written = 0
    for window in range(2160):
        now = f"2026-11-20T{window // 360:02}:{window // 6 % 60:02}:{window % 6 * 10:02}Z"
        changes = Changes(rows={"articles": [story(f"{window}-{number}") for number in range(20)]})
        parts = plan(changes, files, {}, len(files) + 1, LAYOUT, epoch=1, now=now)
        made = {
            one.number: HeldFile(
                number=one.number,
                collection=one.collection,
                name=one.name,
                rows=one.rows,
                bytes=1500 * one.rows,
                opened=one.opened,
            )
            for one in parts
        }
        added += 20
        written += sum(one.rows for one in made.values())
        files = [*(one for one in files if one.number not in made), *made.values()]
    assert 6 <= len(files) <= 15
    assert written * 1500 / 21_600 < 300 * 1024, "bytes a second"
    assert sum(one.rows for one in files) == added
