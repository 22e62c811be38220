"""The same records in four stores at once, read back by the tools that people have: none of newsbeam's own."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg.conninfo
import pyarrow.dataset as dataset

from tests.slow.in_postgres import PostgresStore
from tests.slow.running import COLLECTIONS, VOLATILE, Rows, Stores, by_id, without


class FourStores(Stores):
    """Folders of JSON lines and of Parquet, a SQLite file and a PostgreSQL database, written by the same runs."""

    def __init__(self, folder: Path, postgres: str) -> None:
        super().__init__(folder)
        self.postgres, self.columns = postgres, folder / "parquet"

    @property
    def urls(self) -> dict[str, str]:
        """The stores' addresses by form."""
        return {
            "jsonl": f"jsonl:{self.lines}",
            "parquet": f"parquet:{self.columns}",
            "sqlite": f"sqlite:///{self.database}",
            "postgresql": self.postgres,
        }

    @property
    def options(self) -> tuple[str, ...]:
        """The command's options that name them."""
        return tuple(part for url in self.urls.values() for part in ("--store", url))

    @property
    def postgres_name(self) -> str:
        """The name of the PostgreSQL database."""
        return str(psycopg.conninfo.conninfo_to_dict(self.postgres)["dbname"])

    def read(self, *, volatile: tuple[str, ...] = VOLATILE) -> dict[str, Rows]:
        """What each holds; no id stands twice in one of them."""
        readers = {
            "jsonl": self._jsonl(),
            "parquet": self._parquet(),
            "sqlite": self._tables(),
            "postgresql": PostgresStore(self.postgres).tables(),
        }
        return {form: without(by_id(rows), volatile) for form, rows in readers.items()}

    def check(self) -> None:
        """Nothing is broken, and nothing half done lies about."""
        for database in (self.database, self.lines / ".newsbeam" / "state.db"):
            if database.exists():
                with sqlite3.connect(database) as one:
                    assert one.execute("pragma integrity_check").fetchall() == [("ok",)], database
        for folder, suffix in ((self.lines, ".jsonl"), (self.columns, ".parquet")):
            found = [path for one in COLLECTIONS for path in (folder / one).rglob("*") if path.is_file()]
            assert [path for path in found if path.suffix != suffix] == []

    def _jsonl(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for collection in COLLECTIONS:
            for path in sorted((self.lines / collection).rglob("*.jsonl")):
                text = path.read_text("utf-8")
                assert text.endswith("\n"), f"{path} ends in a torn line"
                for line in text.splitlines():
                    yield collection, json.loads(line)

    def _parquet(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for collection in COLLECTIONS:
            files = sorted((self.columns / collection).rglob("*.parquet"))
            if files:
                for row in dataset.dataset(files, format="parquet").to_table().to_pylist():
                    yield collection, row
