"""Databases: one table a collection, rows updated in place, a move or a correction in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Float, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Engine

from newsbeam.connectors.state.engine import open_engine, public_url, reading, upsert, writing
from newsbeam.connectors.state.errors import LeaseLost
from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores.rows import FIELDS, Row
from newsbeam.connectors.stores.store import Changes, Files, StoreError
from newsbeam.records import COLLECTIONS, SCHEMA_VERSION, Collection

_AT_ONCE = 500
_LISTS = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "schema_version": Integer(),
    "language_confidence": Float(),
    "similarity": Float(),
    "paywalled": Boolean(),
    "word_count": Integer(),
    "attempts": Integer(),
    **dict.fromkeys(("authors", "removed", "comments", "attribution", "kept_because", "tags"), _LISTS),
}
_OPTIONAL = frozenset(
    (
        "feed_url",
        "title",
        "published",
        "modified",
        "declared_language",
        "attribution",
        "duplicate_of",
        "paywalled",
        "image",
        "relation",
        "similarity",
        "retry_at",
    )
)
_INDEXED: Mapping[Collection, tuple[str, ...]] = {
    "articles": ("published", "site", "language", "cluster_id"),
    "duplicates": ("published", "site", "language", "cluster_id", "duplicate_of"),
    "rejected": ("reason", "retry_at"),
}

metadata = sa.MetaData()


def _table(collection: Collection) -> sa.Table:
    optional = _OPTIONAL | {"url"} if collection == "rejected" else _OPTIONAL
    columns = [
        Column(name, _TYPES.get(name, Text()), primary_key=name == "id", nullable=name in optional)
        for name in FIELDS[collection]
    ]
    table = sa.Table(collection, metadata, *columns)
    for name in _INDEXED[collection]:
        Index(f"{collection}_{name}", table.c[name])
    return table


TABLES: Mapping[Collection, sa.Table] = {collection: _table(collection) for collection in COLLECTIONS}
_meta = sa.Table("newsbeam_meta", metadata, Column("name", Text, primary_key=True), Column("value", Text))


def open_database(url: str) -> "DatabaseStore":
    """The store in the database at `url`.

    Raises:
        StoreError: the address cannot be used, its driver is not installed, or a SQLite file's folder cannot be made.
    """
    try:
        return DatabaseStore(open_engine(url), public_url(url))
    except (sa.exc.ArgumentError, ImportError, OSError) as error:
        raise StoreError(f"{url}: cannot be opened: {error}") from error


class DatabaseStore:
    """Tables `articles`, `duplicates` and `rejected`; `newsbeam_meta` names the version of their form."""

    shows_early = True
    delivered = False

    def __init__(self, engine: Engine, url: str) -> None:
        self.url = url
        self._engine = engine

    def check(self) -> None:
        with self._writing() as connection:
            metadata.create_all(connection)
            found = connection.execute(sa.select(_meta.c.value).where(_meta.c.name == "schema_version")).scalar()
            if found is None:
                connection.execute(sa.insert(_meta), {"name": "schema_version", "value": str(SCHEMA_VERSION)})
        if found is not None and int(found) > SCHEMA_VERSION:
            raise StoreError(
                f"{self.url}: its tables are of version {found}, this newsbeam knows {SCHEMA_VERSION}: update it"
            )

    def hold(self, state_id: str, epoch: int) -> None:
        with self._writing() as connection:
            owner = _said_in(connection, "state_id")
            if owner not in (None, state_id):
                raise StoreError(
                    f"{self.url}: another state wrote it: give the state that belongs to it (--state), or another store"
                )
            _fence(connection, epoch)
            for name, value in (("state_id", state_id), ("epoch", str(epoch))):
                connection.execute(upsert(_meta, connection), {"name": name, "value": value})

    def sweep(self) -> None:
        """Nothing: there are no files."""

    def verify(self, expected: Mapping[Collection, int], files: Sequence[HeldFile]) -> None:
        if sum(expected.values()) and not sum(self.count().values()):
            raise StoreError(
                f"{self.url}: it is empty, but the state says that it holds {sum(expected.values())} records: "
                "restore it, or delete the state too"
            )

    def plan(self, changes: Changes, held: Files, *, epoch: int, now: str) -> tuple[Part, ...]:
        return ()

    def prepare(self, changes: Changes, parts: Sequence[Part], *, epoch: int) -> tuple[Part, ...]:
        with self._writing() as connection:
            _fence(connection, epoch)
            self._apply(connection, changes)
        return ()

    def publish(self, parts: Sequence[Part]) -> None:
        """Nothing: what was prepared is committed."""

    def discard(self, parts: Sequence[Part]) -> None:
        """Nothing: there are no files."""

    def restore(self, changes: Changes, *, epoch: int) -> None:
        with self._writing() as connection:
            _fence(connection, epoch)
            self._apply(connection, changes)

    def count(self) -> dict[Collection, int]:
        with self._reading() as connection:
            return {
                name: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
                for name, table in TABLES.items()
            }

    def rows(self, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        table = TABLES[collection]
        query = sa.select(table) if since is None else sa.select(table).where(table.c.updated_at >= since)
        with self._reading() as connection:
            for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
                yield dict(row._mapping)

    def close(self) -> None:
        self._engine.dispose()

    def _apply(self, connection: Connection, changes: Changes) -> None:
        for collection, rows in changes.rows.items():
            write = upsert(TABLES[collection], connection)
            for start in range(0, len(rows), _AT_ONCE):
                connection.execute(write, rows[start : start + _AT_ONCE])
        for collection, ids in changes.gone.items():
            table = TABLES[collection]
            delete = sa.delete(table).where(table.c.id == sa.bindparam("gone"))
            if ids:
                connection.execute(delete, [{"gone": one} for one in ids])

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._said(), writing(self._engine) as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._said(), reading(self._engine) as connection:
            yield connection

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise StoreError(f"{self.url}: {error.orig}: make it a database that can be written") from error


def _said_in(connection: Connection, name: str) -> str | None:
    """What the store says of itself, kept so until the transaction ends where the database has such locks."""
    query = sa.select(_meta.c.value).where(_meta.c.name == name).with_for_update(read=True)
    value: str | None = connection.execute(query).scalar()
    return value


def _fence(connection: Connection, epoch: int) -> None:
    """Raise LeaseLost where a later epoch has taken the store."""
    taken = int(_said_in(connection, "epoch") or 0)
    if taken > epoch:
        raise LeaseLost(f"the lease of epoch {epoch} is lost: epoch {taken} writes the store now")
