"""A catalogue of what stores hold, on disk: where each id stands and a hash of its row, so that stores can be compared
however large they are."""

import hashlib
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from newsbeam.connectors.stores.rows import Row, exactly
from newsbeam.connectors.stores.store import Store, StoreError
from newsbeam.records import COLLECTIONS, Collection

_AT_ONCE = 1_000
_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE held (
  store INTEGER NOT NULL, id TEXT NOT NULL, collection INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (store, id)
) WITHOUT ROWID;
"""


class Catalogue:
    """The rows of numbered stores, in a file that goes with this object. A context manager."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="newsbeam-")
        self._file = sqlite3.connect(Path(self._folder.name) / "catalogue.db", isolation_level=None)
        self._file.executescript(_SCHEMA)

    def __enter__(self) -> "Catalogue":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._folder.cleanup()

    def enter(self, number: int, store: Store) -> dict[Collection, int]:
        """Enter all that the store holds; how many rows each collection has.

        Raises:
            StoreError: the store cannot be read, or an id stands in it twice.
        """
        insert = "INSERT INTO held VALUES (?, ?, ?, ?)"
        counts: dict[Collection, int] = {}
        for place, collection in enumerate(COLLECTIONS):
            counts[collection] = 0
            for rows in in_portions(store.rows(collection), count=_AT_ONCE):
                values = [(number, row["id"], place, full_hash(collection, row)) for row in rows]
                try:
                    self._file.execute("BEGIN")
                    self._file.executemany(insert, values)
                    self._file.execute("COMMIT")
                except sqlite3.IntegrityError as error:
                    raise StoreError(f"{store.url}: an id stands twice in it: restore it, or make it anew") from error
                counts[collection] += len(rows)
        return counts

    def add(self, number: int, collection: Collection, rows: Sequence[Row]) -> list[Row]:
        """Enter rows whose id a store does not hold yet; those that were entered."""
        held = self.held(number, [row["id"] for row in rows])
        fresh = {row["id"]: row for row in rows if row["id"] not in held}
        place = COLLECTIONS.index(collection)
        values = [(number, one, place, full_hash(collection, row)) for one, row in fresh.items()]
        self._file.executemany("INSERT INTO held VALUES (?, ?, ?, ?)", values)
        return list(fresh.values())

    def strange(self, number: int, *, to: int) -> tuple[int, str | None]:
        """(how many ids one store holds that another does not, the smallest of them)"""
        query = """
            SELECT COUNT(*), MIN(id) FROM held AS mine WHERE store = ?
            AND NOT EXISTS (SELECT 1 FROM held AS other WHERE other.store = ? AND other.id = mine.id)"""
        count, first = self._file.execute(query, (number, to)).fetchone()
        return int(count), first

    def lacking(self, number: int, *, of: int) -> int:
        """How many rows of another store this one lacks, or holds otherwise."""
        query = """
            SELECT COUNT(*) FROM held AS other WHERE store = ? AND NOT EXISTS (
              SELECT 1 FROM held AS mine WHERE mine.store = ? AND mine.id = other.id
              AND mine.collection = other.collection AND mine.hash = other.hash)"""
        return int(self._file.execute(query, (of, number)).fetchone()[0])

    def held(self, number: int, ids: Sequence[str]) -> dict[str, tuple[Collection, bytes]]:
        """Where a store holds each of the ids, with the hash of its row; ids that it does not hold are left out."""
        query = f"SELECT id, collection, hash FROM held WHERE store = ? AND id IN ({','.join('?' * len(ids))})"
        found = self._file.execute(query, (number, *ids))
        return {one: (COLLECTIONS[place], row_hash) for one, place, row_hash in found}


def full_hash(collection: Collection, row: Row) -> bytes:
    """16 bytes that change when any field of the row does, in whatever order and number form a store gives them."""
    values = {name: _plain(value) for name, value in exactly(collection, row).items()}
    return hashlib.blake2b(orjson.dumps(values), digest_size=16).digest()


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def in_portions(rows: Iterable[Row], *, count: int, characters: int | None = None) -> Iterator[list[Row]]:
    """The rows in lists of at most so many, each closed early once its texts have so many characters together."""
    portion: list[Row] = []
    weight = 0
    for row in rows:
        portion.append(row)
        weight += len(row.get("body") or "")
        if len(portion) == count or (characters is not None and weight >= characters):
            yield portion
            portion, weight = [], 0
    if portion:
        yield portion
