"""The tables of a database store: the contract's fields as columns, no more, and the indexes they are looked up by.

PostgreSQL searches title and body by an index over a function of them, which queries name, too; SQLite by tables of
their own (see fulltext.py).

A text that a page gives can be of any length, and an index of PostgreSQL takes no more than 2,704 bytes of it: so
`site` is indexed by its first 200 characters, `url` by its hash. All else that is indexed newsbeam makes itself: short.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Float, Index, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from newsbeam.connectors.stores.rows import FIELDS, LATER
from newsbeam.records import COLLECTIONS, Collection

SEARCHED: tuple[Collection, ...] = ("articles", "duplicates")
"""The collections whose title and body are indexed as text."""

TEXT_FUNCTION = "newsbeam_text"
"""PostgreSQL's function of title and body that gives their words; the store's prefix begins its name."""

SITE_INDEXED = 200
TITLE_INDEXED = 1_000
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
    **dict.fromkeys(("authors", "comments", "kept_because", "tags", "reserved"), _JSON),
}
_POSTGRESQL: Mapping[str, sa.types.TypeEngine[Any]] = {
    **dict.fromkeys(("removed", "attribution"), JSONB(none_as_null=True)),
    **dict.fromkeys(("authors", "comments", "kept_because", "tags", "reserved"), ARRAY(Text)),
}
_OPTIONAL = frozenset(
    (
        *("feed_url", "title", "published", "modified", "declared_language", "attribution", "duplicate_of"),
        *("paywalled", "image", "relation", "similarity", "retry_at"),
    )
)
_LATER = {"postgresql": "'{}'", "sqlite": "'[]'"}
"""The default of a list that came later, which an added column has in the rows that are there; in new tables, too."""
_STORIES = ("published", "site", "language", "cluster_id", "updated_at", "url")
_INDEXED: Mapping[Collection, tuple[str, ...]] = {
    "articles": _STORIES,
    "duplicates": (*_STORIES, "duplicate_of"),
    "rejected": ("reason", "retry_at", "updated_at", "url"),
}
_WORDS = "pg_catalog.to_tsvector('pg_catalog.simple', pg_catalog.\"left\"(coalesce({}, ''), {}))"
_TEXT = (
    f"SELECT pg_catalog.setweight({_WORDS.format('title', TITLE_INDEXED)}, 'A')"
    f" OPERATOR(pg_catalog.||) pg_catalog.setweight({_WORDS.format('body', BODY_INDEXED)}, 'B')"
)
"""The words of a story. All names in it are qualified: a restored dump fills the index under an empty search_path."""
_MAKE_TEXT = (
    "CREATE OR REPLACE FUNCTION {}(title text, body text) RETURNS tsvector "
    "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $text$ {} $text$"
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


def _table(metadata: sa.MetaData, dialect: str, prefix: str, collection: Collection) -> sa.Table:
    optional = _OPTIONAL | {"url"} if collection == "rejected" else _OPTIONAL
    types = {**_TYPES, **(_POSTGRESQL if dialect == "postgresql" else {})}
    items: list[sa.schema.SchemaItem] = [
        Column(
            name,
            types.get(name, Text()),
            primary_key=name == "id",
            nullable=name in optional,
            server_default=sa.text(_LATER[dialect]) if name in LATER[collection] else None,
        )
        for name in FIELDS[collection]
    ]
    called, function = f"{prefix}{collection}", _text_function(metadata, prefix)
    searched = collection in SEARCHED and dialect == "postgresql"
    if searched:
        items.append(Index(f"{called}_search", sa.text(f"{function}(title, body)"), postgresql_using="gin"))
    table = sa.Table(called, metadata, *items)
    if searched:
        made = sa.DDL(_MAKE_TEXT.format(function, _TEXT))  # type: ignore[no-untyped-call]
        sa.event.listen(table, "before_create", made)
    for name in _INDEXED[collection]:
        _index(table, name, dialect)
    return table


def _index(table: sa.Table, name: str, dialect: str) -> None:
    column, called = table.c[name], f"{table.name}_{name}"
    if dialect == "postgresql" and name == "site":
        Index(called, sa.func.left(column, sa.literal_column(str(SITE_INDEXED))))
    elif dialect == "postgresql" and name == "url":
        Index(called, column, postgresql_using="hash")
    else:
        Index(called, column)


def _text_function(metadata: sa.MetaData, prefix: str) -> str:
    """The name of the function that gives the words of title and body; where no schema is given, the user's default."""
    schema = f'"{metadata.schema}".' if metadata.schema else ""
    return f"{schema}{prefix}{TEXT_FUNCTION}"
