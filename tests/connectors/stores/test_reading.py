"""Reading a store from Python: what comes, what is refused, and what holds while a run writes."""

import datetime
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import newsbeam
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.reading import moment_of, open_present
from newsbeam.connectors.stores.store import Store, StoreError, UnknownStore
from newsbeam.records import COLLECTIONS
from tests.connectors.stores.fakes import NOW, Place, article, document, duplicate, origin, rejected

ROOT = Path(__file__).parents[3]
BIG = "A sentence of some length. " * 4000
STAMP = "2026-11-20T12:00:00Z"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    one = Place(tmp_path)
    one.commit(
        Settlement(
            records=(article(document("one")), duplicate(document("two"), document("one"))),
            rejected=(rejected(origin("three")),),
        )
    )
    yield one
    one.state.close()


def test_the_package_is_light() -> None:
    code = "import sys, newsbeam; print(sorted({'apache_beam', 'sqlalchemy', 'orjson', 'lxml'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True) == "[]\n"


def test_rows_are_those_of_the_store(place: Place) -> None:
    for url, store in zip(place.urls, place.stores, strict=True):
        for collection in COLLECTIONS:
            found = list(newsbeam.read(url, collection))
            assert found == list(store.rows(collection))
            assert len(found) == 1
        assert [row["title"] for row in newsbeam.read(url)] == ["Story one"]


@pytest.mark.parametrize(
    ("since", "count"),
    [
        (STAMP, 1),
        ("2026-11-20", 1),
        (datetime.date(2026, 11, 21), 0),
        (datetime.datetime(2026, 11, 20, 13, tzinfo=datetime.timezone(datetime.timedelta(hours=1))), 1),
        (datetime.datetime(2026, 11, 20, 12, 0, 1), 0),
    ],
)
def test_since_is_by_updated_at_and_includes_its_moment(place: Place, since: Any, count: int) -> None:
    for url in place.urls:
        assert len(list(newsbeam.read(url, since=since))) == count


def test_moments() -> None:
    assert moment_of("7d", now=NOW) == "2026-11-13T12:00:00Z"
    assert moment_of("36h", now=NOW) == "2026-11-19T00:00:00Z"
    assert moment_of(datetime.timedelta(weeks=2), now=NOW) == "2026-11-06T12:00:00Z"
    assert moment_of("2026-11-20T08:00:00+02:00", now=NOW) == "2026-11-20T06:00:00Z"
    for wrong in ("yesterday", "7", "", "7 days", "999999d", datetime.timedelta(days=999999)):
        with pytest.raises(ValueError, match="since"):
            moment_of(wrong, now=NOW)


def test_a_store_that_is_not_there_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    for url in (f"jsonl:{tmp_path}/none", f"sqlite:///{tmp_path}/deep/none.db", f"jsonl:{tmp_path}"):
        with pytest.raises(StoreError, match="there is no store"):
            newsbeam.read(url)
    (tmp_path / "other.db").write_bytes(b"")
    with pytest.raises(StoreError, match="there is no store"):
        newsbeam.read(f"sqlite:///{tmp_path}/other.db")
    (tmp_path / "text.db").write_text("not a database " * 100)
    with pytest.raises(StoreError, match="not a database"):
        newsbeam.read(f"sqlite:///{tmp_path}/text.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.db", "text.db"]


def test_mistakes_are_told_at_once_with_what_there_is(place: Place) -> None:
    with pytest.raises(ValueError, match="'article' is no collection; there are articles, duplicates, rejected"):
        newsbeam.read(place.urls[0], "article")
    with pytest.raises(UnknownStore, match="known:"):
        newsbeam.read("ftp://x")
    with pytest.raises(ValueError, match="since: 'soon'"):
        newsbeam.read(place.urls[0], since="soon")


def test_closing_early_lets_go_of_files(place: Place) -> None:
    place.commit(Settlement(records=tuple(article(document(f"n{number}")) for number in range(50))))

    def held() -> list[str]:
        links = (Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd"))
        return sorted(name for one in links if one.is_symlink() and str(place.folder) in (name := os.readlink(one)))

    place.state.close()  # SQLite keeps a file open for as long as this process has it open elsewhere
    for store in place.stores:
        store.close()
    for url in place.urls:
        assert held() == []
        rows = newsbeam.read(url)
        next(rows)
        assert held() != []
        rows.close()
        assert held() == []


# While a run writes. What every store's rows() must do: see docs/export.md.


def moves_on(place: Place) -> Iterator[Callable[[], object]]:
    """Commits that rewrite, empty, and add files, and bring ids back that had left."""
    one, names = document("d0"), [f"d{number}" for number in range(12)]
    stories = [document(name, BIG + name) for name in names]
    yield lambda: place.commit(Settlement(records=tuple(duplicate(story, one) for story in stories[1:4])))
    yield lambda: place.commit(Settlement(records=tuple(article(story) for story in stories[1:4])))
    yield lambda: place.commit(Settlement(cleared=(origin("r0"), origin("r1"))))
    yield lambda: place.commit(Settlement(rejected=(rejected(origin("r0")), rejected(origin("r1")))))
    yield lambda: place.commit(Settlement(records=tuple(duplicate(story, one) for story in stories[6:9])))
    yield lambda: place.commit(Settlement(records=tuple(article(document(f"x{number}")) for number in range(3))))


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("form", ["jsonl", "sqlite"])
@pytest.mark.parametrize("first", [1, *(pytest.param(one, marks=pytest.mark.slow) for one in (0, 2, 3))])
def test_no_id_comes_twice_and_none_that_stays_is_missed_while_a_run_writes(
    tmp_path: Path, form: str, collection: str, first: int
) -> None:
    place = Place(tmp_path, stores=[form])
    for store in place.stores:
        vars(store)["_fold_bytes"] = 200_000  # several files
    for number in range(0, 12, 3):
        stories = [document(f"d{one}", BIG + f"d{one}") for one in range(number, number + 3)]
        place.commit(
            Settlement(
                records=tuple(article(story) for story in stories),
                rejected=tuple(rejected(origin(f"r{one}"), detail=BIG) for one in range(number, number + 3)),
            )
        )
    before = {row["id"] for row in newsbeam.read(place.urls[0], collection)}
    stays = set(before)
    writes, seen = moves_on(place), []
    rows = newsbeam.read(place.urls[0], collection)
    for number, row in enumerate(rows):
        seen.append(row["id"])
        if number >= first:
            for write in writes:
                write()
                stays &= {one["id"] for one in newsbeam.read(place.urls[0], collection)}
                if number % 2:
                    break
    for write in writes:
        write()
    assert len(seen) == len(set(seen)), "an id came twice"
    assert stays <= set(seen), "a row that stood all the while was missed"
    place.state.close()


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_file_that_goes_between_listing_and_opening_holds_nothing_any_more(tmp_path: Path, form: str) -> None:
    place = Place(tmp_path, stores=[f"{form}?roll_mb=0"])  # each commit begins a file
    store: Store = open_present(place.urls[0])
    for name in ("older", "old", "new"):
        place.commit(Settlement(records=(article(document(name)),)))
    before = set((tmp_path).rglob("part-*"))
    rows = store.rows("articles")
    assert next(rows)["title"] == "Story new"
    place.commit(Settlement(records=(duplicate(document("old"), document("new")),)))
    place.commit(Settlement(records=(article(document("newest")), article(document("old")))))
    assert len(before - set(tmp_path.rglob("part-*"))) == 1, "a listed file is gone, others have come"
    assert [row["title"] for row in rows] == ["Story older"], "what left and came back is not met in two files"
    assert [row["title"] for row in store.rows("duplicates")] == []
    assert sorted(row["title"] for row in store.rows("articles")) == sorted(
        f"Story {name}" for name in ("older", "old", "new", "newest")
    )
    place.state.close()
