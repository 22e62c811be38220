"""`newsbeam state rebuild` over stores of each kind: what the state keeps again, what it refuses, and a kill in it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from newsbeam import urls
from newsbeam.connectors.state import engine, journal
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.commit import Settlement, recover
from newsbeam.connectors.stores.filling import copy
from newsbeam.connectors.stores.urls import open_store
from newsbeam.pipelines import recalled
from newsbeam.pipelines.cli import main
from newsbeam.records import Origin, digest
from newsbeam.transforms.clusters import components
from newsbeam.transforms.evidence import NAMED
from tests.connectors.stores.fakes import NOW, Place, document, rejected, revision
from tests.pipelines.test_forgetting import COPY, KEPT, STORIES, story, take_in
from tests.slow.worlds import prose

ENTRY = Origin(kind="feed", source="https://a.example/feed", key=digest("feed", "https://a.example/slow"))
SLOW = rejected(ENTRY, url="https://a.example/slow", feed_url=ENTRY.source, retry_at="2026-11-20T13:00:00Z")
FEED = Origin(kind="feed", source="https://b.example/feed", key=digest("feed-poll", "https://b.example/feed"))
BROKEN = rejected(FEED, reason="not_a_feed", url=FEED.source, feed_url=FEED.source, stage="poll")
EARLIER = story("kept", prose(40, paragraphs=4), "a.example", fetched_at="2026-11-01T00:00:00Z")
SAME = (
    "select id, collection, hash, text_hash, revision_of, fetched_at, payload is null from documents",
    "select id, cluster_id, duplicate_of, relation, similarity, kept_because, run_id, updated_at from documents",
    "select key, hash, feed_itself, run_id, updated_at from rejections",
    "select s.id, b.band from sketches as s join bands as b on b.number = s.number",
    "select name, articles, duplicates, rejected, next_number from stores",
    "select store, number, collection, name, rows, bytes from files",
    "select store, id, number from places",
)


@pytest.fixture(autouse=True)
def _unsynchronised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SYNCHRONOUS", "OFF")


def filled(folder: Path, *kinds: str) -> Place:
    """A place with copies, an earlier text and rejected rows, settled in two epochs."""
    place = Place(folder, stores=kinds)
    take_in(place, STORIES)
    place.restart()
    place.commit(Settlement(records=(revision(EARLIER, KEPT.id),), rejected=(SLOW, BROKEN)))
    return place


def kept_in(folder: Path) -> dict[str, list[Any]]:
    """What a run needs of the state."""
    with closing(sqlite3.connect(folder / "state.db")) as state:
        return {query: sorted(state.execute(query).fetchall(), key=repr) for query in SAME}


def copies_in(folder: Path) -> list[list[str]]:
    """The components of the index: of several texts that are one, each need only meet the first."""
    with closing(sqlite3.connect(folder / "state.db")) as state:
        edges = state.execute("select a, b from edges").fetchall()
    return sorted(map(sorted, components(sorted({end for edge in edges for end in edge}), edges)))


def lose_state(place: Place) -> None:
    """The state is gone, with all that belongs to it."""
    place.state.close()
    for path in place.folder.glob("state.db*"):
        path.unlink()


def rebuild(place: Place, *options: str) -> int:
    sources = [part for url in place.urls for part in ("--from", url)]
    return main(("state", "rebuild", *sources, "--state", place.state_url, *options))


@pytest.mark.parametrize("kinds", [("jsonl", "sqlite"), ("sqlite",), ("jsonl-zstd-day",), ("parquet",)])
def test_the_state_keeps_what_it_kept(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    place = filled(tmp_path, *kinds)
    before, copies, state_id = kept_in(tmp_path), copies_in(tmp_path), place.state.id
    lose_state(place)
    assert rebuild(place) == 0
    assert kept_in(tmp_path) == before
    assert copies_in(tmp_path) == copies != []
    lines = {path: path.read_bytes() for path in tmp_path.glob("*/**/*") if path.is_file()}
    place.restart()
    assert (place.state.id == state_id) == ("sqlite" in kinds), "a database tells whose it is"
    done = place.commit(Settlement(records=(revision(EARLIER, KEPT.id),), rejected=(BROKEN,)))
    assert (sum(done.new.values()), sum(done.changed.values()), done.unchanged["duplicates"]) == (0, 0, 1)
    take_in(place, STORIES)
    assert {path: path.read_bytes() for path in lines if "rejected" not in path.parts} == {
        path: content for path, content in lines.items() if "rejected" not in path.parts
    }


def test_a_state_in_postgresql_is_rebuilt_as_one_in_a_file_is(tmp_path: Path, postgres: str) -> None:
    place = filled(tmp_path, "jsonl")
    assert main(("state", "rebuild", "--from", place.urls[0], "--state", postgres)) == 0
    ids = [one.id for one in STORIES]
    with closing(open_state(postgres)) as state:
        assert state.decisions(ids) == place.state.decisions(ids)
        assert [one.id for one in state.component(ids)[0]] == [one.id for one in place.state.component(ids)[0]]
        assert {key: one.body for key, one in state.stored(ids).items()} == {one.id: one.body for one in STORIES}
        assert state.counts() == place.state.counts()
        epoch = state.take_lease(owner="elsewhere:1:1", seconds=60, now=NOW)
        assert epoch > place.epoch
        recover(state, place.stores, epoch=epoch)


def test_entries_to_be_tried_again_wait_for_the_next_run(tmp_path: Path) -> None:
    place = filled(tmp_path, "jsonl")
    lose_state(place)
    assert rebuild(place) == 0
    place.restart()
    claimed = place.state.claim(limit=10, host_share=10, epoch=place.epoch, now=NOW)
    assert [one.url for one in claimed] == [SLOW.url]


def test_texts_that_have_left_the_window_keep_their_ids_alone(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl",))
    old = story("old", prose(50, paragraphs=6), "a.example", fetched_at="2026-08-01T00:00:00Z")
    take_in(place, [*STORIES, old])
    lose_state(place)
    assert rebuild(place, "--set", "dedup.window_days=30") == 0
    place.restart()
    assert old.id in place.state.decisions([old.id])
    assert place.state.stored([old.id, KEPT.id]).keys() == {KEPT.id}
    assert place.state.component([old.id])[0] == []


def test_a_state_that_holds_anything_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = filled(tmp_path, "jsonl")
    place.state.release_lease(place.epoch)
    before, epoch = kept_in(tmp_path), place.state.holder().epoch
    assert rebuild(place) == 1
    assert "holds documents already: a state is rebuilt into a new one" in capsys.readouterr().err
    assert (kept_in(tmp_path), place.state.holder().epoch) == (before, epoch)


def test_a_kill_leaves_nothing_half_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = filled(tmp_path, "jsonl", "sqlite")
    before = kept_in(tmp_path)
    lose_state(place)

    def broken(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(journal, "seed", broken)
        with pytest.raises(KeyboardInterrupt):
            rebuild(place)
    assert all(rows == [] for rows in kept_in(tmp_path).values())
    assert rebuild(place) == 0
    assert kept_in(tmp_path) == before


def test_a_row_that_is_no_record_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = filled(tmp_path, "jsonl")
    lose_state(place)
    bad = json.dumps({"id": "abc", "url": "https://a.example/x", "body": "Only this."})
    (tmp_path / "out/articles/part-00009-000009.jsonl").write_text(bad + "\n")
    assert rebuild(place) == 1
    assert "the row abc is no record that newsbeam writes" in capsys.readouterr().err
    assert all(rows == [] for rows in kept_in(tmp_path).values())


def test_stores_that_differ_or_are_strangers_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = filled(tmp_path, "jsonl", "sqlite")
    lose_state(place)
    stranger = f"sqlite:///{tmp_path}/copy.db"
    copied = open_store(stranger)
    copy(copied, {"articles": place.stores[0].rows("articles")}, now=NOW)
    state = ("--state", place.state_url)
    assert main(("state", "rebuild", "--from", stranger, *state)) == 1
    assert "a copy that no run goes on with" in capsys.readouterr().err
    with closing(sqlite3.connect(tmp_path / "news.db")) as database, database:
        database.execute("delete from rejected")
    assert main(("state", "rebuild", "--from", place.urls[0], "--from", place.urls[1], *state)) == 1
    assert "lacks 2 rows of" in capsys.readouterr().err
    assert not (tmp_path / "state.db").exists()
    assert main(("state", "rebuild", "--from", f"jsonl:{tmp_path}/nothing", *state)) == 1
    assert "there is no store" in capsys.readouterr().err


def test_origins_are_told_from_what_a_row_says() -> None:
    url = "https://a.example/x"
    for kind in ("warc", "pages", "texts"):
        row = {"id": digest(kind, url), "url": url, "feed_url": None}
        assert recalled.origin_of_rejected(row).kind == kind
    of_feed = {"id": "k", "url": f"{url}?utm_source=b", "feed_url": "https://a.example/feed", "extracted_from": "html"}
    assert recalled.origin_of_rejected(of_feed) == Origin(kind="feed", source="https://a.example/feed", key="k")
    assert recalled.origin_of_story(of_feed).key == digest("feed", urls.without_tracking(url))


def test_copies_of_an_article_that_was_named_as_original_name_it_again(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("jsonl",))
    take_in(place, STORIES)
    rows = {row["id"]: row for name in ("articles", "duplicates") for row in place.stores[0].rows(name)}  # type: ignore[arg-type]
    copies = [row for row in rows.values() if row.get("duplicate_of")]
    original = rows[copies[0]["duplicate_of"]] | {"kept_because": [NAMED]}
    named = recalled.originals([original])
    assert named == {original["id"]: original["url"]}
    assert recalled.story(copies[0], named)[0].document.based_on == (original["url"],)
    assert recalled.story(copies[0], {})[0].document.based_on == ()
    assert document("x").based_on == ()
    assert COPY.id in rows
