"""The state's tables. A change to any of them raises VERSION and gets a step in migrations.py."""

import uuid

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, Text

VERSION = 5

metadata = sa.MetaData()

meta = sa.Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

lease = sa.Table(
    "lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, nullable=False),
    Column("owner", Text),
    Column("until", Float, nullable=False),
    Column("closing", Boolean, nullable=False, default=False),
)
"""Who may write. closing: the holder is about to end, so nothing new is taken up."""

feeds = sa.Table(
    "feeds",
    metadata,
    Column("url", Text, primary_key=True),
    Column("title", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", Text),
    Column("entries", Integer, nullable=False, default=0),
    Column("polls", Integer, nullable=False, default=0),
    Column("failures", Integer, nullable=False, default=0),
    Column("first_failed", Text),
    Column("last_success", Text),
    Column("last_error", Text),
    Column("next_poll", Text),
    Column("next_allowed", Text),
    Column("wanted_epoch", Integer, nullable=False, default=0),
    Column("taken_epoch", Integer, nullable=False, default=0),
    Column("taken_until", Text),
    Column("polled_epoch", Integer, nullable=False, default=0),
    Column("interval_s", Float),
    Column("watched_since", Text),
    Column("last_new", Text),
    Column("recent", Float, nullable=False, default=0.0, server_default="0"),
    Column("gaps", Integer, nullable=False, default=0, server_default="0"),
    Column("last_gap", Text),
    Column("gap_epoch", Integer, nullable=False, default=0, server_default="0"),
    Column("unaudited", Integer, nullable=False, default=0, server_default="0"),
    Column("distrusted", Text),
    Column("moved", Text),
    Column("moved_polls", Integer, nullable=False, default=0, server_default="0"),
    Column("moved_since", Text),
    Column("answered_by", Text),
    Column("self_link", Text),
    Column("item_keys", LargeBinary),
    Column("same_as", Text),
    Column("ttl", Float),
    Column("max_age", Float),
    Column("skip_hours", Integer, nullable=False, default=0, server_default="0"),
    Column("skip_days", Integer, nullable=False, default=0, server_default="0"),
)
"""Every feed that was subscribed to. The meaning of what its polls left: records.Feed, and health.Health."""

Index("feeds_answered", feeds.c.answered_by)
Index("feeds_self", feeds.c.self_link)

frontier = sa.Table(
    "frontier",
    metadata,
    Column("key", Text, primary_key=True),
    Column("feed_url", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("fate", Text, nullable=False),
    Column("payload", LargeBinary),
    Column("attempts", Integer, nullable=False, default=0),
    Column("first_seen", Text, nullable=False),
    Column("retry_at", Text),
    Column("seen_epoch", Integer, nullable=False),
    Column("claimed_epoch", Integer, nullable=False, default=0),
    Column("claimed_until", Text),
    sqlite_with_rowid=False,
)
"""Every entry that a feed announced. fate: `pending`, or what became of it. payload: the entry, until it is settled for
good, and where it was rejected, for a replay; else the date of its update, where its feed stated one (payload.date).
claimed_until: when its worker is taken to be gone; None without an end."""

waiting = (frontier.c.fate == sa.literal_column("'pending'")) | frontier.c.retry_at.is_not(None)
"""Entries that may be taken up, or are. A query that says so in these words finds the index,
and reads nothing else where it asks for no other column: with 200,000 entries that takes a twentieth of the time."""

_listed = (frontier.c[name] for name in ("host", "key", "fate", "claimed_epoch", "claimed_until", "retry_at"))
Index("frontier_waiting", *_listed, frontier.c.first_seen, sqlite_where=waiting, postgresql_where=waiting)

inputs = sa.Table(
    "inputs",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("records", Integer, nullable=False),
    Column("done", Boolean, nullable=False),
)

documents = sa.Table(
    "documents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("collection", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("text_hash", LargeBinary, nullable=False),
    Column("revision_of", Text),
    Column("fetched_at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("cluster_id", Text, nullable=False),
    Column("duplicate_of", Text),
    Column("relation", Text),
    Column("similarity", Float),
    Column("kept_because", sa.JSON, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("payload", LargeBinary),
)
"""Every document as last settled, with its decision. payload: None once it has left the window. epoch: accounted in."""

Index("documents_revisions", documents.c.revision_of, sqlite_where=documents.c.revision_of.is_not(None))
Index("documents_keys", documents.c.key)
_held = documents.c.payload.is_not(None)
Index("documents_window", documents.c.fetched_at, sqlite_where=_held, postgresql_where=_held)

rejections = sa.Table(
    "rejections",
    metadata,
    Column("key", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("feed_itself", Text),
    Column("epoch", Integer, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)
"""Every rejected row as last settled. feed_itself: the feed's address, where the feed itself could not be polled."""

Index("rejections_feeds", rejections.c.feed_itself, sqlite_where=rejections.c.feed_itself.is_not(None))

sketches = sa.Table(
    "sketches",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("fetched_at", Text, nullable=False, index=True),
    Column("bands", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)
"""What deciding about copies needs of each document of the window. number: its short name in the bands table."""

bands = sa.Table(
    "bands",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Which documents stand in a band. Rows are deleted by whole key, from the list on the sketch: no second index."""

edges = sa.Table(
    "edges",
    metadata,
    Column("a", Text, primary_key=True),
    Column("b", Text, primary_key=True),
    Column("relation", Text, nullable=False),
    Column("similarity", Float, nullable=False),
    Column("containment", Float, nullable=False),
    Column("strong", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
Index("edges_backward", edges.c.b, edges.c.a)

site_documents = sa.Table(
    "site_documents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", BigInteger, nullable=False),
    Column("period", Integer, nullable=False),
    Column("story", BigInteger, nullable=False),
    Column("lines", LargeBinary, nullable=False),
    Column("fresh", Boolean, nullable=False),
)
"""What each document of the last periods tells of the lines that its site repeats (records.SiteLines). fresh: written
since it was last looked at."""

Index("site_documents_places", site_documents.c.site, site_documents.c.period)
is_fresh = sa.text("fresh")
"""In the words of the index, without which SQLite would not take it."""
_placed = (site_documents.c[name] for name in ("site", "period", "id"))
Index("site_documents_fresh", *_placed, sqlite_where=is_fresh, postgresql_where=is_fresh)

site_spread = sa.Table(
    "site_spread",
    metadata,
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("period", Integer, primary_key=True, autoincrement=False),
    Column("site", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""On which sites a line stands."""

site_furniture = sa.Table(
    "site_furniture",
    metadata,
    Column("site", BigInteger, primary_key=True, autoincrement=False),
    Column("period", Integer, primary_key=True, autoincrement=False),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""The lines that were learnt to be a site's furniture, by the period that taught them."""

accounts = sa.Table(
    "accounts",
    metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Counters. what: `seen`, `article`, `duplicate`, `rejected`, or `skipped:REASON`."""

stores = sa.Table(
    "stores",
    metadata,
    Column("name", Text, primary_key=True),
    Column("articles", Integer, nullable=False, default=0),
    Column("duplicates", Integer, nullable=False, default=0),
    Column("rejected", Integer, nullable=False, default=0),
    Column("next_number", Integer, nullable=False, default=1),
)
"""The stores that this state was settled with, and how many rows each must hold."""

intents = sa.Table(
    "intents",
    metadata,
    Column("store", Text, primary_key=True),
    Column("settled", Boolean, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)
"""What a commit under way is about to do to a store; gone when it is done."""

files = sa.Table(
    "files",
    metadata,
    Column("store", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("collection", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("opened", Text),
)
"""The files of file stores. opened: when the file got its first row; None where an earlier version wrote it."""

places = sa.Table(
    "places",
    metadata,
    Column("store", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Which file of a file store holds a row."""

runs = sa.Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("settings_hash", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("ended", Text),
    Column("outcome", Text, nullable=False),
    Column("counts", sa.JSON, nullable=False),
    Column("inputs", sa.JSON),
    Column("stores", sa.JSON),
    Column("seconds", Float),
    Column("versions", sa.JSON),
    Column("message", Text),
)
"""Every run. inputs: the options that named its sources. seconds: how long it took; None while it is under way.
versions: of what decides about text. message: why it failed."""

journal = sa.Table(
    "journal",
    metadata,
    Column("id", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("collection", Text),
    Column("text_hash", LargeBinary),
    Column("language", Text),
    Column("cluster_id", Text),
    sqlite_with_rowid=False,
)
"""What each run made of each document that it wrote. collection: None where the document left all stores."""

forgotten = sa.Table(
    "forgotten",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("since", Text, nullable=False),
)
"""What must not come in again. kind: `url` (value: the article's id) or `site` (value: a domain or a host)."""

outbox = sa.Table(
    "outbox",
    metadata,
    Column("store", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Ids whose settled record has still to be handed on to a store that the driver delivers to. number: of the commit."""

hosts = sa.Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("owner", Text),
    Column("until", Float, nullable=False),
    Column("next_start", Float, nullable=False),
    sqlite_with_rowid=False,
)
"""Which worker asks a host now, where there are several: no two at once. until, next_start: Unix seconds."""

lags = sa.Table(
    "lags",
    metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("seconds", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""How long entries took from their publication to the stores. seconds: the upper end of a step; -1 beyond the last."""


def create(connection: sa.Connection) -> int:
    """Make the tables of a new state; the version that the state had before, 0 for a new one."""
    if not sa.inspect(connection).has_table("meta"):
        metadata.create_all(connection)
        values = {"version": str(VERSION), "state_id": uuid.uuid4().hex}
        connection.execute(sa.insert(meta), [{"name": name, "value": value} for name, value in values.items()])
        connection.execute(sa.insert(lease), {"id": 1, "epoch": 0, "owner": None, "until": 0.0, "closing": False})
        return 0
    found = connection.execute(sa.select(meta.c.value).where(meta.c.name == "version")).scalar_one()
    return int(found)
