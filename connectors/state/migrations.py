"""Migrations: the steps that bring a state of an earlier version to today's form, in the transaction that opens it."""

import uuid
from collections.abc import Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import journal, schema


def migrate(connection: Connection, version: int) -> None:
    """Take every step from `version` to schema.VERSION; nothing where there is none."""
    for step in range(version, schema.VERSION):
        _STEPS[step](connection)
    if version < schema.VERSION:
        mark = sa.update(schema.meta).where(schema.meta.c.name == "version")
        connection.execute(mark.values(value=str(schema.VERSION)))


def _from_1(connection: Connection) -> None:
    """The state gets an id of its own, files a time, runs their inputs; journal, forgotten and outbox are new.

    What each document came to before is not known: the journal begins with all of them as they are now, in the epoch
    in which they came in. Their language is in their payloads only and stays unknown until they are written again.
    """
    for table, column, kind in (
        ("files", "opened", "TEXT"),
        ("runs", "inputs", "JSON"),
        ("runs", "stores", "JSON"),
        ("runs", "seconds", "FLOAT"),
        ("runs", "versions", "JSON"),
        ("runs", "message", "TEXT"),
    ):
        connection.execute(sa.text(f"ALTER TABLE {table} ADD COLUMN {column} {kind}"))
    schema.metadata.create_all(connection, tables=[schema.journal, schema.forgotten, schema.outbox])
    journal.seed(connection)
    connection.execute(sa.insert(schema.meta), {"name": "state_id", "value": uuid.uuid4().hex})


def _from_2(connection: Connection) -> None:
    """Claims and polls under way get an end, the lease a wish to close; hosts and lags are new.

    What waits in the frontier is told by its fate and its retry alone, so that an index can hold all of it.
    """
    for table, column, kind in (
        ("lease", "closing", "BOOLEAN DEFAULT FALSE NOT NULL"),
        ("feeds", "taken_until", "TEXT"),
        ("frontier", "claimed_until", "TEXT"),
    ):
        connection.execute(sa.text(f"ALTER TABLE {table} ADD COLUMN {column} {kind}"))
    schema.metadata.create_all(connection, tables=[schema.hosts, schema.lags])
    columns = schema.frontier.c
    settled = columns.payload.is_(None) & columns.retry_at.is_not(None)
    connection.execute(sa.update(schema.frontier).where(settled).values(retry_at=None))
    connection.execute(sa.text("DROP INDEX frontier_takeable"))
    (waiting,) = (index for index in schema.frontier.indexes if index.name == "frontier_waiting")
    waiting.create(connection)


def _from_3(connection: Connection) -> None:
    """Feeds get their health beyond failures, and what decides when they are polled.

    What the earlier polls brought is not known: the next body is read even if it is the same, and watching begins
    there.
    """
    texts = "watched_since last_new last_gap distrusted moved moved_since answered_by self_link same_as".split()
    counts = "gaps gap_epoch unaudited moved_polls skip_hours skip_days".split()
    kinds = dict.fromkeys(texts, "TEXT") | dict.fromkeys(("interval_s", "ttl", "max_age"), "FLOAT")
    kinds |= dict.fromkeys(counts, "INTEGER DEFAULT 0 NOT NULL") | {"recent": "FLOAT DEFAULT 0 NOT NULL"}
    kinds["item_keys"] = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    for column, kind in kinds.items():
        connection.execute(sa.text(f"ALTER TABLE feeds ADD COLUMN {column} {kind}"))
    for name, column in (("feeds_answered", "answered_by"), ("feeds_self", "self_link")):
        connection.execute(sa.text(f"CREATE INDEX {name} ON feeds ({column})"))
    connection.execute(sa.update(schema.feeds).values(body_hash=None))


def _from_4(connection: Connection) -> None:
    """The memory of sites is new. It begins with what is written from now on."""
    new = [schema.site_documents, schema.site_spread, schema.site_furniture]
    schema.metadata.create_all(connection, tables=new)


_STEPS: Mapping[int, Callable[[Connection], None]] = {1: _from_1, 2: _from_2, 3: _from_3, 4: _from_4}
