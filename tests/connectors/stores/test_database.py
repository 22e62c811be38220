"""The database store: tables that people can query, rows updated in place, errors that name the store."""

import sqlite3
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsbeam.connectors.state import engine
from newsbeam.connectors.state.errors import LeaseLost, StateError
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.database import DatabaseStore, open_database
from newsbeam.connectors.stores.rows import FIELDS
from newsbeam.connectors.stores.store import Changes, StoreError, UnknownStore
from tests.connectors.stores.fakes import Place, article, document, duplicate, origin, rejected

ONE, TWO = document("one", feed_url="https://one.example/feed"), document("two", paywalled=True)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, stores=("sqlite",))


def query(place: Place, sql: str) -> list[tuple[object, ...]]:
    """What another program reads from the file."""
    connection = sqlite3.connect(place.folder / "news.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def change(place: Place, sql: str) -> None:
    """What another program does to the file."""
    connection = sqlite3.connect(place.folder / "news.db")
    connection.execute(sql)
    connection.commit()
    connection.close()


def test_tables_have_the_contracts_columns_and_indexes(place: Place) -> None:
    for collection, names in FIELDS.items():
        found = [(row[1], row[5]) for row in query(place, f"PRAGMA table_xinfo({collection})")]
        assert found == [(name, int(name == "id")) for name in names], "all columns, also hidden ones; id is the key"
    indexes = {row[1] for row in query(place, "PRAGMA index_list(articles)")}
    assert {f"articles_{name}" for name in ("published", "site", "language", "cluster_id")} <= indexes


def test_other_programs_read_it_with_their_own_tools(place: Place) -> None:
    place.commit(Settlement(records=(article(ONE), duplicate(TWO, ONE)), rejected=(rejected(origin("x")),)))
    assert query(place, "SELECT title, json_extract(authors, '$[0]'), paywalled FROM articles") == [
        ("Story one", "Ana Lind", None)
    ]
    assert query(place, "SELECT duplicate_of, paywalled, attribution IS NULL FROM duplicates") == [(ONE.id, 1, 1)]
    assert query(place, "SELECT reason, retry_at FROM rejected") == [("timeout", None)]
    assert query(place, "PRAGMA integrity_check") == [("ok",)]


def test_rows_come_back_as_they_went_in(place: Place) -> None:
    place.commit(Settlement(records=(article(ONE),)))
    (row,) = place.stores[0].rows("articles")
    assert row["removed"] == [{"kind": "notice", "text": "All rights reserved.", "position": 3}]
    assert row["tags"] == ["harbour"]
    assert place.stores[0].count() == {"articles": 1, "duplicates": 0, "rejected": 0}


def test_a_locked_database_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    place.restart()
    other = sqlite3.connect(place.folder / "news.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"news\.db: database is locked: another program has held it"):
        place.commit(Settlement(records=(article(ONE),)))
    other.execute("ROLLBACK")
    other.close()
    place.commit(Settlement(records=(article(ONE),)))
    assert len(place.contents()[0]) == 1


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, and long enough to be taken for something else " * 50)
    with pytest.raises(StoreError, match=r"text: file is not a database"):
        open_database(f"sqlite:///{tmp_path}/text").check()
    with pytest.raises(StoreError, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path}/text/news.db")


def test_tables_of_a_newer_version_are_refused(place: Place) -> None:
    connection = sqlite3.connect(place.folder / "news.db")
    connection.execute("UPDATE newsbeam_meta SET value = '99'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="of version 99"):
        place.stores[0].check()


def shut(place: Place, pragma: str) -> None:
    """Have every connection of the store begin with a pragma."""
    store = place.stores[0]
    assert isinstance(store, DatabaseStore)
    store.close()
    sa.event.listen(store._engine, "connect", lambda dbapi, record: dbapi.execute(f"PRAGMA {pragma}"))


@pytest.mark.parametrize(
    ("pragma", "said"),
    [
        ("max_page_count = 10", "full: make room on the disk"),
        ("query_only = ON", "readonly database: make the file and"),
    ],
)
def test_a_full_disk_and_a_file_that_cannot_be_written_are_named(place: Place, pragma: str, said: str) -> None:
    shut(place, pragma)
    long = "".join(f"{number} " for number in range(100_000))
    with pytest.raises(StoreError, match=rf"^sqlite:///.*news\.db: .*{said}"):
        place.commit(Settlement(records=(article(document("long", long)),)))
    place.restart()
    assert place.contents() == [{}]
    place.commit(Settlement(records=(article(ONE),)))
    assert len(place.contents()[0]) == 1


@pytest.mark.parametrize(
    ("emptied", "said"),
    [
        ("DELETE FROM duplicates", "its table duplicates is empty, but the state says that it holds 1 rows"),
        ("DROP TABLE rejected", "its table rejected is empty"),
    ],
)
def test_a_table_that_was_emptied_is_refused(place: Place, emptied: str, said: str) -> None:
    place.commit(Settlement(records=(article(ONE), duplicate(TWO, ONE)), rejected=(rejected(origin("x")),)))
    change(place, emptied)
    with pytest.raises(StoreError, match=said):
        place.restart()


def test_single_rows_that_are_missing_are_warned_of(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.commit(Settlement(records=(article(ONE), article(TWO))))
    change(place, "DELETE FROM articles WHERE title = 'Story one'")
    place.restart()
    assert "table articles: 1 of 2 rows are missing" in caplog.text


def test_an_earlier_epoch_writes_no_more(place: Place) -> None:
    early, late = (open_database(place.urls[0]) for _ in range(2))
    late.hold(place.state.id, place.epoch + 1)
    with pytest.raises(LeaseLost, match="writes the store now"):
        early.prepare(Changes(), (), epoch=place.epoch)
    with pytest.raises(LeaseLost):
        early.hold(place.state.id, place.epoch)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("?schema=news", r"\?schema= is no option of sqlite: known: prefix"),
        ("?colour=red", "known: prefix"),
        ("?prefix=Nb-", "small letters, digits and underscores"),
        ("?prefix=a&prefix=b", "small letters"),
        ("?prefix=" + "a" * 31, "at most 30 characters"),
    ],
)
def test_options_are_checked(tmp_path: Path, options: str, said: str) -> None:
    with pytest.raises(UnknownStore, match=said):
        open_database(f"sqlite:///{tmp_path}/news.db{options}")
    with pytest.raises(UnknownStore, match=r"small|known: .*application_name.*prefix, .*schema|at most"):
        open_database(f"postgresql://me:secret@host/db{options.replace('?schema=news', '?pool=1')}")


def test_a_driver_that_is_not_installed_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"^postgresql://me@host/db: its driver .*pip install 'psycopg\[binary\]'"):
        open_database("postgresql://me:secret@host/db")
    with pytest.raises(StateError, match=r"pip install 'psycopg\[binary\]'"):
        open_state("postgresql://me:secret@host/db")
