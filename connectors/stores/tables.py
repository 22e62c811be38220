"""The tables of a database store: the contract's fields as columns, and the indexes by which they are looked up.

A text that a page gives can be of any length, and an index of PostgreSQL takes no more than 2,704 bytes of it: so
`site` is indexed by its first 200 characters, `url` by its hash. All else that is indexed newsbeam makes itself: short.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Computed, Float, Index, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from newsbeam.connectors.stores.rows import FIELDS
from newsbeam.records import COLLECTIONS, Collection

SEARCHED: tuple[Collection, ...] = ("articles", "duplicates")
"""The collections whose title and body are indexed as text."""

SITE_INDEXED = 200
BODY_INDEXED = 50_000
"""Characters. A tsvector takes 1 MB of words and their places, which 50,000 of the worst characters stay below."""

_JSON = sa.JSON(none_as_null=True)
_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "schema_version": Integer(),
    "language_confidence": Float(),
    "similarity": Float(),
    "paywalled": Boolean(),
    "word_count": Integer(),
    "attempts": Integer(),
    **dict.fromkeys(("removed", "attribution"), _JSON),
    **dict.fromkeys(("authors", "comments", "kept_because", "tags"), _JSON),
}
_POSTGRESQL: Mapping[str, sa.types.TypeEngine[Any]] = {
    **dict.fromkeys(("removed", "attribution"), JSONB(none_as_null=True)),
    **dict.fromkeys(("authors", "comments", "kept_because", "tags"), ARRAY(Text)),
}
_OPTIONAL = frozenset(
    (
        *("feed_url", "title", "published", "modified", "declared_language", "attribution", "duplicate_of"),
        *("paywalled", "image", "relation", "similarity", "retry_at"),
    )
)
_STORIES = ("published", "site", "language", "cluster_id", "updated_at", "url")
_INDEXED: Mapping[Collection, tuple[str, ...]] = {
    "articles": _STORIES,
    "duplicates": (*_STORIES, "duplicate_of"),
    "rejected": ("reason", "retry_at", "updated_at", "url"),
}
_SEARCH = (
    "setweight(to_tsvector('simple', left(coalesce(title, ''), 1000)), 'A') || "
    f"setweight(to_tsvector('simple', left(body, {BODY_INDEXED})), 'B')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """A store's tables. meta: names and values that the store says of itself, the version of its layout among them."""

    dialect: str
    schema: str | None
    prefix: str
    metadata: sa.MetaData
    collections: Mapping[Collection, sa.Table]
    meta: sa.Table

    def names(self, connection: sa.Connection) -> set[str]:
        """The names of all tables that stand in the place of these."""
        return set(sa.inspect(connection).get_table_names(schema=self.schema))


def tables(dialect: str, *, schema: str | None = None, prefix: str = "") -> Tables:
    """The tables in a schema, with a prefix to their names. dialect: `postgresql` or `sqlite`."""
    metadata = sa.MetaData(schema=schema)
    return Tables(
        dialect=dialect,
        schema=schema,
        prefix=prefix,
        metadata=metadata,
        collections={one: _table(metadata, dialect, prefix, one) for one in COLLECTIONS},
        meta=sa.Table(
            f"{prefix}newsbeam_meta", metadata, Column("name", Text, primary_key=True), Column("value", Text)
        ),
    )


def columns(table: sa.Table, collection: Collection) -> list[sa.Column[Any]]:
    """The columns that rows have; not those that are there for searching."""
    return [table.c[name] for name in FIELDS[collection]]


def _table(metadata: sa.MetaData, dialect: str, prefix: str, collection: Collection) -> sa.Table:
    optional = _OPTIONAL | {"url"} if collection == "rejected" else _OPTIONAL
    searched = collection in SEARCHED
    # The full-text index of SQLite knows rows by a number, which VACUUM may change unless it is a column of its own.
    numbered = searched and dialect == "sqlite"
    types = {**_TYPES, **(_POSTGRESQL if dialect == "postgresql" else {})}
    found: list[sa.schema.SchemaItem] = []
    for name in FIELDS[collection]:
        key = name == "id"
        found.append(
            Column(
                name,
                types.get(name, Text()),
                primary_key=key and not numbered,
                unique=True if key and numbered else None,
                nullable=name in optional,
            )
        )
    if numbered:
        found.append(Column("number", Integer, primary_key=True))
    elif searched:
        found.append(Column("search", TSVECTOR, Computed(_SEARCH, persisted=True)))
    table = sa.Table(f"{prefix}{collection}", metadata, *found)
    for name in _INDEXED[collection]:
        _index(table, name, dialect)
    if searched and dialect == "postgresql":
        Index(f"{table.name}_search", table.c.search, postgresql_using="gin")
    return table


def _index(table: sa.Table, name: str, dialect: str) -> None:
    column, called = table.c[name], f"{table.name}_{name}"
    if dialect == "postgresql" and name == "site":
        Index(called, sa.func.left(column, sa.literal_column(str(SITE_INDEXED))))
    elif dialect == "postgresql" and name == "url":
        Index(called, column, postgresql_using="hash")
    else:
        Index(called, column)
