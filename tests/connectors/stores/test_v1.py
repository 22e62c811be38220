"""A folder and a state of layout version 1 are taken over: opened, migrated, and written further."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.commit import Settlement, commit, recover
from newsbeam.connectors.stores.compacting import compact
from newsbeam.connectors.stores.files import FileStore
from newsbeam.connectors.stores.rows import row
from newsbeam.connectors.stores.urls import default_state_url, open_store
from newsbeam.records import Article
from tests.connectors.stores.fakes import NOW, article, contents, document, duplicate

V1 = Path(__file__).parents[2] / "data/stores/v1"


def opened(folder: Path, options: str = "") -> tuple[State, FileStore, int]:
    """The state and the store as a process of today finds them; the state's lease."""
    url = f"jsonl:{folder}{options}"
    state, store = open_state(default_state_url(url)), open_store(url)
    assert isinstance(store, FileStore)
    store.check()
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=60, now=NOW)
    recover(state, [store], epoch=epoch)
    return state, store, epoch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the folder, its state in it."""
    shutil.copytree(V1 / "jsonl", tmp_path / "out")
    (tmp_path / "out/.newsbeam").mkdir()
    with closing(sqlite3.connect(tmp_path / "out/.newsbeam/state.db")) as state:
        state.executescript((V1 / "state.sql").read_text("utf-8"))
    return tmp_path / "out"


def test_it_is_opened_and_migrated(folder: Path) -> None:
    state, store, epoch = opened(folder)
    assert epoch == 3
    assert store.count() == state.counts() == {"articles": 3, "duplicates": 2, "rejected": 1}
    with closing(sqlite3.connect(folder / ".newsbeam/state.db")) as connection:
        assert connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone() == (str(schema.VERSION),)


def test_it_is_written_further_and_corrected(folder: Path) -> None:
    state, store, epoch = opened(folder)
    held = contents(store)
    stories = state.stored([one for one, row in held.items() if row["collection"] == "articles"])
    assert len(stories) == 3
    moved, changed, left = sorted(stories.values(), key=lambda one: one.id)
    later = replace(changed, body="Another text.", fetched_at="2026-11-24T10:00:00Z")
    records = (duplicate(moved, left), article(later), article(document("new")))
    commit(state, [store], Settlement(records=records), epoch=epoch, now=NOW, run_id="today")
    after = contents(store)
    assert after.keys() == held.keys() | {document("new").id}
    assert (after[moved.id]["collection"], after[moved.id]["duplicate_of"]) == ("duplicates", left.id)
    assert after[changed.id]["body"] == "Another text."
    assert after[left.id] == held[left.id]
    assert sorted(path.name for path in (folder / "articles").iterdir()) == ["part-00001-000001.jsonl"]
    state.release_lease(epoch)
    state.close()
    state, store, epoch = opened(folder)
    assert store.count() == state.counts() == {"articles": 3, "duplicates": 3, "rejected": 1}


@pytest.mark.parametrize("options", ["?compression=zstd&partition=day", "?compression=gzip"])
def test_other_options_leave_its_files_as_they_are(folder: Path, options: str) -> None:
    state, store, epoch = opened(folder, options)
    held = contents(store)
    record: Article = article(document("new"))
    commit(state, [store], Settlement(records=(record,)), epoch=epoch, now=NOW, run_id="today")
    assert contents(store).keys() == held.keys() | {record.document.id}
    assert (folder / "articles/part-00001-000001.jsonl").exists()
    assert len([path for path in (folder / "articles").rglob("part-*") if path.is_file()]) == 2
    wanted = row(record, run_id="today", updated_at="2026-11-20T12:00:00Z")
    assert wanted in list(store.rows("articles"))
    assert compact(state, store, epoch=epoch, target=1 << 20).merged == 0, "files of two forms stay two"
