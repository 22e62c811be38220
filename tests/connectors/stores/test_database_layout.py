"""The layout of a SQLite store: an earlier version is brought to today's form, and the full-text index is kept."""

import gzip
import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from newsbeam.connectors.stores import fulltext
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.database import DatabaseStore, open_database
from newsbeam.connectors.stores.layout import VERSION
from newsbeam.connectors.stores.rows import FIELDS, row
from newsbeam.connectors.stores.store import Changes, StoreError
from newsbeam.connectors.stores.tables import SEARCHED
from newsbeam.records import COLLECTIONS
from tests.connectors.stores.fakes import Place, article, document

DATA = Path(__file__).parents[2] / "data" / "stores"
FIRST_VERSION = DATA / "v1" / "news.sql"


def query(path: Path, sql: str, *values: str) -> list[tuple[object, ...]]:
    """What another program does to the file, and reads from it."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def found(path: Path, words: str, table: str = "articles") -> set[object]:
    """The titles of the stories that a search finds."""
    search = f"SELECT rowid FROM {table}_search WHERE {table}_search MATCH ?"
    sql = f"SELECT title FROM {table} JOIN {table}_numbers USING (id) WHERE number IN ({search})"
    return {title for (title,) in query(path, sql, words)}


def assert_whole(path: Path, table: str = "articles") -> None:
    """The full-text index holds what the table does, no more and no less, and so do the numbers."""
    query(path, f"INSERT INTO {table}_search({table}_search, rank) VALUES ('integrity-check', 1)")
    assert query(path, f"SELECT id FROM {table}_numbers ORDER BY id") == query(
        path, f"SELECT id FROM {table} ORDER BY id"
    )


def checked(path: Path, options: str = "") -> DatabaseStore:
    """The store, as a run opens it."""
    store = open_database(f"sqlite:///{path}{options}")
    store.check()
    return store


def write(store: DatabaseStore, *names: str, gone: Sequence[str] = (), epoch: int = 1, **values: object) -> None:
    """Commit articles of these names."""
    rows = [row(article(document(one, **values)), run_id="run", updated_at="2026-11-20T12:00:00Z") for one in names]
    store.prepare(Changes(rows={"articles": rows}, gone={"articles": gone}), (), epoch=epoch)


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """A store as version 1 left it."""
    path = tmp_path / "news.db"
    connection = sqlite3.connect(path)
    connection.executescript(FIRST_VERSION.read_text("utf-8"))
    connection.close()
    return path


@pytest.fixture
def second_version(tmp_path: Path) -> Path:
    """A store as version 2 left it."""
    path = tmp_path / "second.db"
    path.write_bytes(gzip.decompress((DATA / "v2" / "news.db.gz").read_bytes()))
    return path


def test_a_store_of_version_1_keeps_its_rows_and_gets_what_is_new(first_version: Path) -> None:
    before = {one: query(first_version, f"SELECT * FROM {one} ORDER BY id") for one in COLLECTIONS}
    assert all(before.values())
    store = checked(first_version)
    for collection in COLLECTIONS:
        added = ("[]",) if collection in SEARCHED else ()
        wanted = [(*one, *added) for one in before[collection]]
        assert query(first_version, f"SELECT * FROM {collection} ORDER BY id") == wanted
        assert {tuple(one) for one in store.rows(collection)} == {FIELDS[collection]}
    assert query(first_version, "SELECT value FROM newsbeam_meta WHERE name = 'schema_version'") == [(str(VERSION),)]
    assert found(first_version, "eel ladder") == {"Eel ladder to open again"}
    assert found(first_version, "théâtre") <= found(first_version, "theatre") != set()
    indexes = {name for (name,) in query(first_version, "SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert {
        "articles_updated_at",
        "articles_url",
        "articles_site",
        "duplicates_duplicate_of",
        "rejected_url",
    } <= indexes
    assert query(first_version, "PRAGMA integrity_check") == [("ok",)]
    write(store, "new")
    assert found(first_version, '"story new"') == {"Story new"}
    assert_whole(first_version)
    assert_whole(first_version, "duplicates")
    assert store.count()["articles"] == len(before["articles"]) + 1


def test_views_and_triggers_that_people_have_made_outlive_the_migration(first_version: Path) -> None:
    query(first_version, "CREATE VIEW english AS SELECT title FROM articles WHERE language = 'en'")
    query(first_version, "CREATE TABLE log (title TEXT)")
    query(
        first_version,
        "CREATE TRIGGER mine AFTER INSERT ON articles BEGIN INSERT INTO log VALUES (new.title); END",
    )
    before = query(first_version, "SELECT * FROM english ORDER BY title")
    store = checked(first_version)
    assert query(first_version, "SELECT * FROM english ORDER BY title") == before != []
    write(store, "new")
    assert query(first_version, "SELECT * FROM log") == [("Story new",)]


def test_a_store_of_version_2_is_read_as_it_is_and_gets_reservations(second_version: Path) -> None:
    before = {one: query(second_version, f"SELECT * FROM {one} ORDER BY id") for one in COLLECTIONS}
    store = open_database(f"sqlite:///{second_version}")
    read = {one: sorted(store.rows(one), key=lambda row: str(row["id"])) for one in COLLECTIONS}
    assert {tuple(one) for one in read["duplicates"]} == {FIELDS["duplicates"]}
    assert [one["reserved"] for one in read["articles"]] == [[], [], []]
    assert query(second_version, "SELECT value FROM newsbeam_meta WHERE name = 'schema_version'") == [("2",)]
    assert "reserved" not in str(query(second_version, "SELECT sql FROM sqlite_master"))
    store.check()
    assert {one: sorted(store.rows(one), key=lambda row: str(row["id"])) for one in COLLECTIONS} == read
    for collection in COLLECTIONS:
        added = ("[]",) if collection in SEARCHED else ()
        wanted = [(*one, *added) for one in before[collection]]
        assert query(second_version, f"SELECT * FROM {collection} ORDER BY id") == wanted
    write(store, "new", epoch=2, reserved=("meta robots: noai",))
    assert query(second_version, "SELECT title FROM articles WHERE reserved <> '[]'") == [("Story new",)]
    assert_whole(second_version)
    assert query(second_version, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("version", ["first_version", "second_version"])
def test_a_migrated_store_has_the_form_of_a_new_one(
    version: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    migrated = request.getfixturevalue(version)
    checked(migrated)
    checked(tmp_path / "new.db")
    form = "SELECT type, name, tbl_name, replace(sql, '\"', '') FROM sqlite_master WHERE sql NOT NULL ORDER BY name"
    # SQLite puts an added column behind the last one, on its line.
    one, other = (
        [[" ".join(str(part).split()) for part in row] for row in query(path, form)]
        for path in (migrated, tmp_path / "new.db")
    )
    assert one == other


def test_a_migration_that_fails_leaves_all_as_it_was(first_version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = query(first_version, "SELECT name, sql FROM sqlite_master ORDER BY name")

    def fail(*arguments: object, **named: object) -> None:
        raise OSError("the power is gone")

    monkeypatch.setattr(fulltext, "keep", fail)
    with pytest.raises(OSError, match="power"):
        checked(first_version)
    assert query(first_version, "SELECT name, sql FROM sqlite_master ORDER BY name") == before
    monkeypatch.undo()
    checked(first_version)


def test_the_full_text_index_follows_every_change(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    store = checked(path)
    write(store, "one", body="Herring boats came home.")
    write(store, "two", body="Nothing about boats.")
    assert found(path, "boats") == {"Story one", "Story two"}
    write(store, "one", body="The mill has burnt.")
    assert found(path, "boats") == {"Story two"}
    assert found(path, "mill AND title:one") == {"Story one"}
    query(path, "VACUUM")
    write(store, gone=[document("one").id])
    write(store, "three", body="Mill and boats.")
    assert found(path, "mill") == {"Story three"}
    assert_whole(path)
    query(path, "UPDATE articles SET id = 'another', title = 'Renamed' WHERE title = 'Story three'")
    assert found(path, "renamed AND boats") == {"Renamed"}
    query(path, "INSERT INTO articles_search(articles_search) VALUES ('rebuild')")
    assert found(path, "boats") == {"Renamed", "Story two"}
    assert_whole(path)


def test_vacuum_leaves_the_full_text_index_whole(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    store = checked(path)
    for name in ("one", "two", "three", "four"):
        write(store, name, body=f"Words of {name}.")
    write(store, gone=[document("one").id, document("three").id])
    query(path, "VACUUM")
    assert found(path, "words") == {"Story two", "Story four"}
    assert found(path, "four") == {"Story four"}
    write(store, "four", body="Other words.")
    write(store, "five", body="Words of five.")
    write(store, gone=[document("two").id])
    assert found(path, "of") == {"Story five"}
    assert_whole(path)


def test_without_fts5_a_store_goes_on_and_its_index_is_filled_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "news.db"
    write(checked(path), "one", body="Herring boats came home.")
    with monkeypatch.context() as without, caplog.at_level(logging.WARNING):
        without.setattr(fulltext, "is_there", lambda connection: False)
        store = checked(path)
        checked(path)
        write(store, "two", body="More boats.")
        write(store, "three", body="No more.")
        write(store, "gone", body="Boats that are gone.")
        write(store, gone=[document("gone").id])
    assert [record.getMessage() for record in caplog.records] == [
        f"sqlite:///{path}: this Python's SQLite has no FTS5: the store has no full-text index"
    ]
    assert found(path, "boats") == {"Story one"}
    checked(path)
    assert found(path, "boats") == {"Story one", "Story two"}
    assert_whole(path)


def test_two_prefixes_are_two_stores_of_one_file(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    plain, prefixed = checked(path), checked(path, "?prefix=nb_")
    write(plain, "one")
    write(prefixed, "two")
    assert plain.url == f"sqlite:///{path}"
    assert prefixed.url == f"sqlite:///{path}?prefix=nb_"
    assert [one["title"] for one in prefixed.rows("articles")] == ["Story two"]
    assert found(path, "story", "nb_articles") == {"Story two"}
    assert query(path, "SELECT title FROM articles") == [("Story one",)]


def test_the_state_tells_two_prefixes_apart(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=("sqlite",))
    place.urls.append(f"sqlite:///{tmp_path}/news.db?prefix=nb_")
    place.restart()
    place.commit(Settlement(records=(article(document("one")),)))
    assert place.state.expected("sqlite:news.db") == place.state.expected("sqlite:news.db?prefix=nb_") is not None
    first, second = place.contents()
    assert first == second
    place.restart()


def test_tables_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    query(path, "CREATE TABLE articles (number int)")
    with pytest.raises(StoreError, match="a table articles that newsbeam has not made"):
        checked(path)
    checked(path, "?prefix=nb_")


def test_a_store_is_present_once_its_tables_are(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    for options, other in (("", "?prefix=nb_"), ("?prefix=nb_", "?prefix=nb__")):
        store = open_database(f"sqlite:///{path}{options}")
        assert not store.present()
        store.check()
        assert store.present()
        assert not open_database(f"sqlite:///{path}{other}").present(), "another prefix is another store"
    query(path, "DROP TABLE nb_rejected")
    assert not open_database(f"sqlite:///{path}?prefix=nb_").present()
    assert open_database(f"sqlite:///{path}").present()
