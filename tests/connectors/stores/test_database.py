"""The database store: tables that people can query, rows updated in place, errors that name the store."""

import sqlite3
from pathlib import Path

import pytest

from newsbeam.connectors.state import engine
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.database import open_database
from newsbeam.connectors.stores.rows import FIELDS
from newsbeam.connectors.stores.store import StoreError
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


def test_tables_have_the_contracts_columns_and_indexes(place: Place) -> None:
    for collection, names in FIELDS.items():
        found = tuple(row[1] for row in query(place, f"PRAGMA table_info({collection})"))
        assert found == (names if collection == "rejected" else (*names, "number"))
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
    with pytest.raises(StoreError, match=r"news\.db: database is locked"):
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
