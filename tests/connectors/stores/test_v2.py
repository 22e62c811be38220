"""Stores and a state of layout version 2 are taken over by today's code: opened, searched, written further, alike."""

import gzip
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.commit import Settlement, commit, recover
from newsbeam.connectors.stores.urls import default_state_url, open_store
from tests.connectors.stores.fakes import NOW, article, contents, document, duplicate

V2 = Path(__file__).parents[2] / "data/stores/v2"


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
    assert state.counts() == {"articles": 3, "duplicates": 2, "rejected": 1}
    assert [run.outcome for run in state.runs()] == ["done", "done"]

    stories = state.stored([one for one, row in held.items() if row["collection"] == "articles"])
    moved, changed, left = sorted(stories.values(), key=lambda one: one.id)
    later = replace(changed, body="Another text, of a zeppelin.", fetched_at="2026-11-24T10:00:00Z")
    records = (duplicate(moved, left), article(later), article(document("new")))
    commit(state, stores, Settlement(records=records), epoch=epoch, now=NOW, run_id="today")
    after, *others = map(contents, stores)
    assert others == [after, after]
    assert after.keys() == held.keys() | {document("new").id}
    assert after[moved.id]["collection"] == "duplicates"
    assert after[left.id] == held[left.id]
    with closing(sqlite3.connect(tmp_path / "news.db")) as database:
        found = database.execute(
            "SELECT count(*) FROM articles_search WHERE articles_search MATCH 'zeppelin'"
        ).fetchone()
        assert found == (1,)
    state.close()
