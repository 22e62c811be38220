"""Stores and a state of layout version 2 are taken over by today's code: opened, searched, written further, alike."""

import gzip
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

import newsbeam
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.commit import Settlement, commit, recover
from newsbeam.connectors.stores.urls import default_state_url, open_store
from newsbeam.records import COLLECTIONS, Article, Decision, Document
from tests.connectors.stores.fakes import NOW, article, contents, document, duplicate

V2 = Path(__file__).parents[2] / "data/stores/v2"


def kept(folder: Path) -> dict[str, object]:
    """The bytes of every file of the two folders, and the rows of the database."""
    found: dict[str, object] = {str(path): path.read_bytes() for path in folder.rglob("part-*")}
    with closing(sqlite3.connect(folder / "news.db")) as database:
        for table in (*COLLECTIONS, "sqlite_master"):
            found[table] = database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
    return found


@pytest.fixture
def urls(tmp_path: Path) -> list[str]:
    """The addresses of a copy of the three stores, the state with the first."""
    for form in ("jsonl", "parquet"):
        shutil.copytree(V2 / form, tmp_path / form)
    (tmp_path / "jsonl/.newsbeam").mkdir()
    for packed, place in (("state.db.gz", "jsonl/.newsbeam/state.db"), ("news.db.gz", "news.db")):
        (tmp_path / place).write_bytes(gzip.decompress((V2 / packed).read_bytes()))
    return [f"jsonl:{tmp_path}/jsonl", f"parquet:{tmp_path}/parquet", f"sqlite:///{tmp_path}/news.db"]


def test_they_are_opened_hold_the_same_and_are_written_further(urls: list[str], tmp_path: Path) -> None:
    state, stores = open_state(default_state_url(urls[0])), [open_store(url) for url in urls]
    for store in stores:
        store.check()
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=60, now=NOW)
    assert epoch == 3
    recover(state, stores, epoch=epoch)
    held, *others = map(contents, stores)
    assert others == [held, held]
    assert [row["reserved"] for row in held.values() if row["collection"] != "rejected"] == [[]] * 5
    assert state.counts() == {"articles": 3, "duplicates": 2, "rejected": 1}
    assert [run.outcome for run in state.runs()] == ["done", "done"]

    stories = state.stored([one for one, row in held.items() if row["collection"] == "articles"])
    moved, changed, left = sorted(stories.values(), key=lambda one: one.id)
    later = replace(changed, body="Another text, of a zeppelin.", fetched_at="2026-11-24T10:00:00Z")
    records = (duplicate(moved, left), article(later), article(document("new", reserved=("meta robots: noai",))))
    commit(state, stores, Settlement(records=records), epoch=epoch, now=NOW, run_id="today")
    after, *others = map(contents, stores)
    assert others == [after, after]
    assert after.keys() == held.keys() | {document("new").id}
    assert after[moved.id]["collection"] == "duplicates"
    assert after[left.id] == held[left.id]
    assert after[document("new").id]["reserved"] == ["meta robots: noai"]
    mixed = f"read_parquet('{tmp_path}/parquet/articles/**/*.parquet', union_by_name = true)"
    query = f"SELECT count(*), count(*) FILTER (len(reserved) = 1) FROM {mixed}"
    assert duckdb.sql(query).fetchall() == [(3, 1)], "files of before have no such column"
    with closing(sqlite3.connect(tmp_path / "news.db")) as database:
        found = database.execute(
            "SELECT count(*) FROM articles_search WHERE articles_search MATCH 'zeppelin'"
        ).fetchone()
        assert found == (1,)
    state.close()


def test_a_record_that_lacks_no_more_than_the_later_field_is_unchanged(urls: list[str], tmp_path: Path) -> None:
    """Nothing is written for an empty list; a reservation is a correction of the one row."""
    state, stores = open_state(default_state_url(urls[0])), [open_store(url) for url in urls]
    for store in stores:
        store.check()
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=60, now=NOW)
    recover(state, stores, epoch=epoch)
    rows = {str(row["id"]): row for row in stores[0].rows("articles")}
    documents = state.stored(sorted(rows))
    assert {one.reserved for one in documents.values()} == {()}

    def same(one: Document) -> Article:
        row = rows[one.id]
        return Article(
            document=one,
            decision=Decision(id=one.id, cluster_id=row["cluster_id"], kept_because=tuple(row["kept_because"])),
        )

    before = kept(tmp_path)
    (lines,) = (tmp_path / "jsonl/articles").glob("*.jsonl")
    assert b'"reserved"' not in lines.read_bytes()
    records = tuple(map(same, documents.values()))
    told = commit(state, stores, Settlement(records=records), epoch=epoch, now=NOW, run_id="r")
    assert (told.unchanged["articles"], told.corrected["articles"], told.changed["articles"]) == (3, 0, 0)
    assert kept(tmp_path) == before

    first, *others = sorted(documents.values(), key=lambda one: one.id)
    records = (same(replace(first, reserved=("header tdm-reservation: 1",))), *map(same, others))
    told = commit(state, stores, Settlement(records=records), epoch=epoch, now=NOW, run_id="r")
    assert (told.unchanged["articles"], told.corrected["articles"], told.changed["articles"]) == (2, 1, 0)
    for url in urls:
        found = {row["id"]: row["reserved"] for row in newsbeam.read(url)}
        assert found == {first.id: ["header tdm-reservation: 1"], others[0].id: [], others[1].id: []}
    state.close()


def test_they_are_read_as_they_are(urls: list[str], tmp_path: Path) -> None:
    before = kept(tmp_path)
    found = [sorted(newsbeam.read(url, "duplicates"), key=lambda row: str(row["id"])) for url in urls]
    assert found[1:] == found[:1] * 2
    assert [row["reserved"] for row in found[0]] == [[], []]
    assert kept(tmp_path) == before
