"""A PostgreSQL database as the only store, with the state in a schema beside it, read by SQL."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.slow.running import COLLECTIONS, VOLATILE, Rows, by_id, without


class PostgresStore:
    """The database at an address as newsbeam takes it."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def options(self) -> tuple[str, ...]:
        """The command's options that name it."""
        return "--store", self.url

    def rows(self, *, volatile: tuple[str, ...] = VOLATILE) -> Rows:
        """What it holds; each id stands once in one collection."""
        return without(by_id(self.tables()), volatile)

    def count(self) -> int:
        """Rows in it, at any moment of a run; 0 before there are tables."""
        try:
            return sum(self._query(f"select count(*) from {one}")[0][0] for one in COLLECTIONS)
        except psycopg.errors.UndefinedTable:
            return 0

    def pending(self) -> int:
        """Entries that the state has and that no store holds yet."""
        found: int = self._query("select count(*) from newsbeam_state.frontier where fate = 'pending'")[0][0]
        return found

    def addresses(self, since: str) -> list[tuple[str, str]]:
        """(url, updated_at) of the rows that were written at this moment (ISO 8601) or later."""
        each = (f"select url, updated_at from {one} where updated_at >= %(since)s" for one in COLLECTIONS)
        try:
            return self._query(" union all ".join(each), {"since": since})
        except psycopg.errors.UndefinedTable:
            return []

    def check(self) -> None:
        """Nothing half done lies about: no commit is under way."""
        assert self._query("select store from newsbeam_state.intents") == []

    def tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(collection, row) of every row."""
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            for collection in COLLECTIONS:
                for row in connection.execute(f"select * from {collection}"):  # type: ignore[call-overload]
                    yield collection, row

    def _query(self, statement: str, values: Mapping[str, str] | None = None) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement, values).fetchall()  # type: ignore[call-overload,no-any-return]
