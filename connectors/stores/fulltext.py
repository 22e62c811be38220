"""Full-text search in SQLite: an FTS5 table beside each table of stories, kept by triggers.

FTS5 knows rows by a number. The rowid of a table whose key is a text is none to rely on (VACUUM may give it anew), and
the tables of a store have the contract's fields and no more: so a table of its own gives every id a number, and FTS5
reads titles and bodies from a view of both.

PostgreSQL needs none of this: there an index is over a function of the row (see tables.py). Some builds of Python
have a SQLite without FTS5; their stores do without, until one that has it opens the file and fills the index.
"""

import logging

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.stores.tables import SEARCHED, Tables

_log = logging.getLogger(__name__)
_said: set[str] = set()


def keep(connection: Connection, tables: Tables, *, store: str) -> None:
    """Make sure that every table of stories has a full-text index which is up to date, where SQLite can."""
    if tables.dialect != "sqlite":
        return
    can = is_there(connection)
    for collection in SEARCHED:
        table = tables.collections[collection].name
        kept = _has_triggers(connection, table)
        if can and not kept:
            _make(connection, table)
        elif kept and not can:
            # A trigger that cannot find FTS5 would fail every write. The index is filled anew by the next who has it.
            for event in ("insert", "delete", "update"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_search_{event}")
    if not can and store not in _said:
        _said.add(store)
        _log.warning("%s: this Python's SQLite has no FTS5: the store has no full-text index", store)


def is_there(connection: Connection) -> bool:
    """Whether this SQLite has FTS5."""
    query = "SELECT count(*) FROM pragma_module_list WHERE name = 'fts5'"
    return bool(connection.exec_driver_sql(query).scalar_one())


def _has_triggers(connection: Connection, table: str) -> bool:
    query = sa.text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    return bool(connection.execute(query, {"name": f"{table}_search_update"}).scalar_one())


def _make(connection: Connection, table: str) -> None:
    """Numbers, index and triggers, as sqlite.org/fts5.html (4.4.3) gives them; filled from the rows that are there."""
    index, numbers, numbered = f"{table}_search", f"{table}_numbers", f"{table}_numbered"
    new, old = (f"(SELECT number FROM {numbers} WHERE id = {row}.id)" for row in ("new", "old"))
    put = f"INSERT INTO {index}(rowid, title, body) VALUES ({new}, new.title, new.body)"
    take = f"INSERT INTO {index}({index}, rowid, title, body) VALUES ('delete', {old}, old.title, old.body)"
    renamed = f"UPDATE {numbers} SET id = new.id WHERE id = old.id"
    changed = "old.title IS NOT new.title OR old.body IS NOT new.body OR old.id IS NOT new.id"
    fts5 = f"fts5(title, body, content='{numbered}', content_rowid='number')"
    events = {
        "insert": f"INSERT ON {table} BEGIN INSERT INTO {numbers}(id) VALUES (new.id); {put};",
        "delete": f"DELETE ON {table} BEGIN {take}; DELETE FROM {numbers} WHERE id = old.id;",
        "update": f"UPDATE ON {table} WHEN {changed} BEGIN {take}; {renamed}; {put};",
    }
    for statement in (
        f"CREATE TABLE IF NOT EXISTS {numbers} (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)",
        f"DELETE FROM {numbers} WHERE id NOT IN (SELECT id FROM {table})",
        f"INSERT INTO {numbers}(id) SELECT id FROM {table} WHERE id NOT IN (SELECT id FROM {numbers})",
        f"CREATE VIEW IF NOT EXISTS {numbered} AS SELECT number, {table}.* FROM {numbers} JOIN {table} USING (id)",
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {index} USING {fts5}",
        *(f"CREATE TRIGGER IF NOT EXISTS {index}_{name} AFTER {event} END" for name, event in events.items()),
        f"INSERT INTO {index}({index}) VALUES ('rebuild')",
    ):
        connection.exec_driver_sql(statement)
