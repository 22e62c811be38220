"""The queries of docs/databases.md do what the page says."""

import re
import sqlite3
from pathlib import Path

from newsbeam.connectors.stores.database import open_database
from newsbeam.connectors.stores.layout import VERSION
from newsbeam.connectors.stores.rows import row
from newsbeam.connectors.stores.store import Changes
from newsbeam.connectors.stores.tables import BODY_INDEXED, SITE_INDEXED
from tests.connectors.stores.fakes import article, document
from tests.postgres import Server

PAGE = (Path(__file__).parents[3] / "docs" / "databases.md").read_text("utf-8")
STORIES = (
    document("one", "The harbour is full of boats."),
    document("two", "The ferry left the harbour."),
    document("three", "Hills.", title="The harbour of Salt Lane"),
    document("four", "Nothing to see."),
)


def query(database: str) -> str:
    """The page's query for a database."""
    (found,) = re.findall(rf"^```sql {database}\n(.+?)^```", PAGE, re.M | re.S)
    return str(found)


def fill(url: str) -> None:
    """A store with a few stories."""
    store = open_database(url)
    store.check()
    rows = [row(article(one), run_id="run", updated_at="2026-11-20T12:00:00Z") for one in STORIES]
    store.prepare(Changes(rows={"articles": rows}), (), epoch=1)
    store.close()


def test_the_query_for_sqlite(tmp_path: Path) -> None:
    fill(f"sqlite:///{tmp_path}/news.db")
    with sqlite3.connect(tmp_path / "news.db") as connection:
        found = connection.execute(query("sqlite")).fetchall()
    assert {title for title, *_ in found} == {"Story one", "The harbour of Salt Lane"}


def test_the_query_for_postgresql(postgres_server: Server, postgres: str) -> None:
    fill(postgres)
    found = postgres_server.execute(query("postgresql"), database=postgres.partition("@/")[2].partition("?")[0])
    assert [title for title, *_ in found] == ["The harbour of Salt Lane", "Story one"], "a title weighs more"


def test_the_pages_numbers_are_the_codes() -> None:
    assert f"(`schema_version`, now {VERSION})" in PAGE
    assert f"the first {BODY_INDEXED:,} characters of the body" in PAGE
    assert f"left(site, {SITE_INDEXED})" in PAGE
