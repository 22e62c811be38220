"""Databases: one table a collection, rows updated in place, a move or a correction in one transaction."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from newsbeam.connectors.state.address import Address, AddressError, parse
from newsbeam.connectors.state.engine import insert_or, open_engine, reading, upsert, writing
from newsbeam.connectors.state.errors import LeaseLost
from newsbeam.connectors.state.faults import is_away, told
from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores import bulk, layout
from newsbeam.connectors.stores.rows import Row, completed
from newsbeam.connectors.stores.store import Changes, Files, StoreAway, StoreError, UnknownStore
from newsbeam.connectors.stores.tables import Tables, tables
from newsbeam.records import Collection

_AT_ONCE = 500
_log = logging.getLogger(__name__)


def open_database(url: str) -> "DatabaseStore":
    """The store in the database at `url`: `sqlite:///FILE?prefix=nb_` or `postgresql://USER@HOST/DB?schema=S&prefix=P`.

    Raises:
        UnknownStore: the address or one of its options is of no known form.
        StoreError: its driver is not installed, or a SQLite file's folder cannot be made.
    """
    try:
        address = parse(url, ours=("schema", "prefix"))
    except AddressError as error:
        raise UnknownStore(str(error)) from error
    try:
        return DatabaseStore(open_engine(address), address)
    except ImportError as error:
        raise StoreError(
            f"{address.public}: its driver is not installed ({error}): pip install 'psycopg[binary]'"
        ) from error
    except OSError as error:
        raise StoreError(f"{address.public}: cannot be opened: {error}") from error


class DatabaseStore:
    """Tables `articles`, `duplicates` and `rejected`; `newsbeam_meta` names the version of their layout."""

    shows_early = True
    delivered = False

    def __init__(self, engine: Engine, address: Address) -> None:
        self.url = address.public
        self._engine = engine
        self._tables: Tables = tables(engine.dialect.name, schema=address.schema, prefix=address.prefix)

    def present(self) -> bool:
        with self._reading() as connection:
            return self._tables.names(connection) >= {table.name for table in self._tables.collections.values()}

    def check(self) -> None:
        with self._writing() as connection:
            layout.bring(connection, self._tables, store=self.url)

    def hold(self, state_id: str, epoch: int) -> None:
        with self._writing() as connection:
            self._enter(connection, {"state_id": state_id, "epoch": "0"})
            owner = self._said_of("state_id", connection, alone=True)
            if owner != state_id:
                raise StoreError(
                    f"{self.url}: another state wrote it: give the state that belongs to it (--state), or another store"
                )
            self._fence(connection, epoch, alone=True)
            mark = sa.update(self._tables.meta).where(self._tables.meta.c.name == "epoch")
            connection.execute(mark.values(value=str(epoch)))

    def owner(self) -> tuple[str, int] | None:
        """(the id of the state that wrote the store, the last epoch that it was taken in); None where none ever did."""
        with self._reading() as connection:
            if self._tables.meta.name not in self._tables.names(connection):
                return None
            meta = self._tables.meta
            said = {row.name: row.value for row in connection.execute(sa.select(meta.c.name, meta.c.value))}
        return (said["state_id"], int(said.get("epoch", 0))) if "state_id" in said else None

    def sweep(self) -> None:
        """Nothing: there are no files."""

    def verify(self, expected: Mapping[Collection, int], files: Sequence[HeldFile]) -> None:
        """Refuse a store, or a table of it, that is empty and must not be; warn of single rows that are missing."""
        there = self.count()
        if sum(expected.values()) > 0 and not sum(there.values()):
            raise StoreError(
                f"{self.url}: it is empty, but the state says that it holds {sum(expected.values())} records: "
                "restore it, or delete the state too"
            )
        for collection, count in expected.items():
            name = self._tables.collections[collection].name
            if count > 0 and not there[collection]:
                raise StoreError(
                    f"{self.url}: its table {name} is empty, but the state says that it holds {count} rows: "
                    "restore it, or delete the store and the state too"
                )
            if count > there[collection]:
                _log.warning(
                    "%s: table %s: %d of %d rows are missing", self.url, name, count - there[collection], count
                )

    def plan(self, changes: Changes, held: Files, *, epoch: int, now: str) -> tuple[Part, ...]:
        return ()

    def prepare(self, changes: Changes, parts: Sequence[Part], *, epoch: int) -> tuple[Part, ...]:
        with self._writing() as connection:
            self._fence(connection, epoch)
            self._apply(connection, changes)
        return ()

    def publish(self, parts: Sequence[Part]) -> None:
        """Nothing: what was prepared is committed."""

    def discard(self, parts: Sequence[Part]) -> None:
        """Nothing: there are no files."""

    def restore(self, changes: Changes, *, epoch: int) -> None:
        with self._writing() as connection:
            self._fence(connection, epoch)
            self._apply(connection, changes)

    def count(self) -> dict[Collection, int]:
        with self._reading() as connection:
            return {
                name: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
                for name, table in self._tables.collections.items()
            }

    def rows(self, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        table = self._tables.collections[collection]
        with self._reading() as connection:
            query = sa.select(*layout.columns(connection, table))
            if since is not None:
                query = query.where(table.c.updated_at >= since)
            for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
                yield completed(collection, dict(row._mapping))

    def close(self) -> None:
        self._engine.dispose()

    def _apply(self, connection: Connection, changes: Changes) -> None:
        at_once = connection.dialect.name == "postgresql"
        for collection, rows in changes.rows.items():
            table = self._tables.collections[collection]
            if at_once and len(rows) >= bulk.FROM_ROWS:
                bulk.merge(connection, table, rows)
                continue
            write = upsert(table, connection)
            for start in range(0, len(rows), _AT_ONCE):
                connection.execute(write, rows[start : start + _AT_ONCE])
        for collection, ids in changes.gone.items():
            table = self._tables.collections[collection]
            if at_once and ids:
                bulk.remove(connection, table, ids)
            elif ids:
                delete = sa.delete(table).where(table.c.id == sa.bindparam("gone"))
                connection.execute(delete, [{"gone": one} for one in ids])

    def _enter(self, connection: Connection, values: Mapping[str, str]) -> None:
        """Say something of the store that is not said yet."""
        enter = insert_or(self._tables.meta, connection).on_conflict_do_nothing()
        connection.execute(enter, [{"name": name, "value": value} for name, value in values.items()])

    def _said_of(self, name: str, connection: Connection, *, alone: bool = False) -> str | None:
        """What the store says of itself, kept so until the transaction ends where the database has such locks.

        alone: it will be changed. Otherwise several that only rely on it may hold it.
        """
        meta = self._tables.meta
        query = sa.select(meta.c.value).where(meta.c.name == name).with_for_update(read=not alone)
        value: str | None = connection.execute(query).scalar()
        return value

    def _fence(self, connection: Connection, epoch: int, *, alone: bool = False) -> None:
        """Raise LeaseLost where a later epoch has taken the store; none can before the transaction ends."""
        taken = int(self._said_of("epoch", connection, alone=alone) or 0)
        if taken > epoch:
            raise LeaseLost(f"the lease of epoch {epoch} is lost: epoch {taken} writes the store now")

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
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, self._engine.dialect.loaded_dbapi.Error) as error:
            kind = StoreAway if is_away(error) else StoreError
            raise kind(f"{self.url}: {told(error)}") from error
