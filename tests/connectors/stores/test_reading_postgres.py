"""Reading a store in PostgreSQL from Python: in any schema, with any prefix, and without making anything."""

import time

import psycopg
import pytest

import newsbeam
from newsbeam.connectors.stores.database import DatabaseStore, open_database
from newsbeam.connectors.stores.reading import open_present
from newsbeam.connectors.stores.rows import row
from newsbeam.connectors.stores.store import Changes, StoreError, UnknownStore
from newsbeam.records import COLLECTIONS, Article, Duplicate, Rejected
from tests.connectors.stores.fakes import article, document, duplicate, origin, rejected

OPTIONS = ("", "&schema=press", "&prefix=nb_", "&schema=press&prefix=nb_")
MINE = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'desk'"


def fill(url: str, *names: str) -> DatabaseStore:
    """A store with a story, a duplicate and a rejected row for each name."""
    store = open_database(url)
    store.check()
    one = document("first")
    made: dict[str, list[Article | Duplicate | Rejected]] = {
        "articles": [article(document(name)) for name in names],
        "duplicates": [duplicate(document(f"{name} again"), one) for name in names],
        "rejected": [rejected(origin(name)) for name in names],
    }
    rows = {
        collection: [row(record, run_id="run", updated_at="2026-11-20T12:00:00Z") for record in made[collection]]
        for collection in COLLECTIONS
    }
    store.prepare(Changes(rows=rows), (), epoch=1)
    return store


def test_rows_are_those_of_the_store(postgres: str) -> None:
    for options in OPTIONS:
        url = postgres + options
        store = fill(url, f"of {options}", "other")
        for collection in COLLECTIONS:
            found = list(newsbeam.read(url, collection))
            assert sorted(found, key=str) == sorted(store.rows(collection), key=str)
            assert len(found) == 2
        assert {one["title"] for one in newsbeam.read(url)} == {f"Story of {options}", "Story other"}
        assert len(list(newsbeam.read(url, since="2026-11-20T12:00:00Z"))) == 2
        assert list(newsbeam.read(url, since="2026-11-21")) == []
        store.close()


def test_a_store_that_is_not_there_is_an_error_and_is_not_made(postgres: str) -> None:
    for options in OPTIONS:
        with pytest.raises(StoreError, match=r"^postgresql://postgres@/t\d+.*: there is no store"):
            newsbeam.read(postgres + options)
    fill(f"{postgres}&schema=press", "one").close()
    for options in ("", "&schema=other", "&prefix=nb_", "&schema=press&prefix=nb_"):
        with pytest.raises(StoreError, match="there is no store"):
            open_present(postgres + options)
    with psycopg.connect(postgres) as connection:
        made = "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT LIKE ALL ('{pg\\_%,information%}')"
        assert connection.execute(made).fetchall() == [("press",)]
        assert connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'other'").fetchone() == (0,)


def test_options_of_the_server_are_taken_and_others_refused(postgres: str) -> None:
    fill(postgres, "one", "two").close()
    rows = newsbeam.read(f"{postgres}&application_name=desk&options=-c%20default_transaction_read_only%3Don")
    assert next(rows)["language"] == "en"
    with psycopg.connect(postgres) as connection:
        assert connection.execute(MINE).fetchone() == (1,)
    rows.close()
    with pytest.raises(UnknownStore, match=r"\?colour="):
        newsbeam.read(f"{postgres}&colour=red")


def test_closing_early_lets_go_of_the_connection(postgres: str) -> None:
    fill(postgres, "one", "two").close()
    with psycopg.connect(postgres, autocommit=True) as connection:
        for leave in (lambda rows: rows.close(), list):
            rows = newsbeam.read(f"{postgres}&application_name=desk")
            next(rows)
            assert connection.execute(MINE).fetchone() == (1,)
            leave(rows)
            until = time.monotonic() + 10  # the server ends a session when it comes to it
            while connection.execute(MINE).fetchone() != (0,):
                assert time.monotonic() < until, "a connection was left open"
                time.sleep(0.01)


def test_a_server_that_is_not_there_is_named_without_the_password(postgres: str) -> None:
    missing = postgres.replace("postgres@/t", "postgres:hunter2@/none")
    for url in (missing, "postgresql://me:hunter2@127.0.0.1:1/news?schema=press"):
        with pytest.raises(StoreError, match=r"^postgresql://(postgres|me)@") as raised:
            newsbeam.read(url)
        assert "hunter2" not in str(raised.value)
