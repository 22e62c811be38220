"""File stores beside plain writers: rows a second into the same layout, and the peak memory of each."""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from measure import measure

from newsbeam.connectors.state.manifest import HeldFile
from newsbeam.connectors.stores.file_addresses import open_files
from newsbeam.connectors.stores.partitions import BY_DAY_AND_LANGUAGE, folder
from newsbeam.connectors.stores.rows import FIELDS
from newsbeam.connectors.stores.schemas import SCHEMAS
from newsbeam.connectors.stores.store import Changes

LANGUAGES = ("en", "de", "fr", "el", "es", "it", "pl", "tr")
BODY = 3000
NOW = "2026-11-20T12:00:00Z"
WAYS = ("nothing", "orjson", "jsonl", "pyarrow", "parquet")


def main() -> None:
    """Run each way in a process of its own and print its figures side by side."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--batches", type=int, nargs="+", default=[5000, 500], help="rows of a batch")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        _one(args.way, args.rows, args.batches[0])
        return
    for size in args.batches:
        rates = {way: _measured(way, args.rows, size) for way in WAYS}
        for store, plain in (("jsonl", "orjson"), ("parquet", "pyarrow")):
            print(f"batches of {size}: {store} / {plain}: {rates[store] / rates[plain]:.2f}", flush=True)


def _measured(way: str, rows: int, size: int) -> float:
    """Rows a second, the making of the rows left out."""
    with tempfile.TemporaryDirectory() as made:
        said = Path(made) / "said"
        os.environ["FILE_STORES_SAID"] = str(said)
        cost = measure([sys.executable, __file__, "--way", way, "--rows", rows, "--batches", size])
        seconds, files, written = map(float, said.read_text("utf-8").split())
    rate = rows / seconds if seconds else 0.0
    print(
        f"batches of {size}: {way:8} {rate:8.0f} rows/s, peak {cost.peak:.0f} MiB, "
        f"{files:.0f} files, {written / (1 << 20):.0f} MiB written",
        flush=True,
    )
    return rate


def _one(way: str, rows: int, size: int) -> None:
    """Write all batches in one way, and say to a file how long that took, the files, and the bytes written in all."""
    spent, written = 0.0, 0
    with tempfile.TemporaryDirectory() as made:
        write = _writer(way, Path(made))
        for batch in _batches(rows, size):
            started = time.perf_counter()
            written += write(batch)
            spent += time.perf_counter() - started
        files = sum(1 for path in Path(made).rglob("*") if path.is_file())
    Path(os.environ["FILE_STORES_SAID"]).write_text(f"{spent} {files} {written}", "utf-8")


def _writer(way: str, made: Path) -> Any:
    if way == "nothing":
        return lambda batch: 0
    if way == "orjson":
        return _Lines(made / "rows.jsonl")
    if way == "pyarrow":
        return _Columns(made)
    return _Store(f"{way}:{made}")


class _Lines:
    """orjson to one file, brought to the disk after each batch."""

    def __init__(self, path: Path) -> None:
        self._out = path.open("wb")

    def __call__(self, batch: list[dict[str, Any]]) -> int:
        before = self._out.tell()
        for row in batch:
            self._out.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        self._out.flush()
        os.fsync(self._out.fileno())
        return self._out.tell() - before


class _Columns:
    """pyarrow into the store's own layout: a file for each partition of a batch, brought to the disk."""

    def __init__(self, made: Path) -> None:
        self._made, self._number = made, 0

    def __call__(self, batch: list[dict[str, Any]]) -> int:
        sorted_rows: dict[str, list[dict[str, Any]]] = {}
        for row in batch:
            sorted_rows.setdefault(folder(row, "articles", BY_DAY_AND_LANGUAGE["articles"]), []).append(row)
        written = 0
        for where, rows in sorted_rows.items():
            self._number += 1
            path = self._made / where / f"{self._number}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as out:
                pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMAS["articles"]), out, compression="zstd")
                out.flush()
                os.fsync(out.fileno())
                written += out.tell()
        return written


class _Store:
    """The store, with a manifest kept in memory: plan, prepare and publish, as a commit calls them."""

    def __init__(self, url: str) -> None:
        self._store = open_files(url)
        self._store.check()
        self.files: list[HeldFile] = []
        self.next_number = 1

    def places(self, ids: object) -> dict[str, int]:
        """Nothing is held under the ids: all rows are new."""
        return {}

    def __call__(self, batch: list[dict[str, Any]]) -> int:
        changes = Changes(rows={"articles": batch})
        parts = self._store.prepare(changes, self._store.plan(changes, self, epoch=1, now=NOW), epoch=1)
        self._store.publish(parts)
        held = {one.number: one for one in self.files}
        held |= {one.number: HeldFile(**{name: getattr(one, name) for name in HeldFile.__slots__}) for one in parts}
        self.files = [held[number] for number in sorted(held)]
        self.next_number = self.files[-1].number + 1
        return sum(one.bytes for one in parts)


def _batches(rows: int, size: int) -> Iterator[list[dict[str, Any]]]:
    """Rows whose bodies compress about as news does."""
    chance = random.Random(7)
    words = ["".join(chance.choices("etaoinshrdlucmfwyp", k=chance.randint(2, 11))) for _ in range(20_000)]
    for start in range(0, rows, size):
        yield [_row(chance, words, number) for number in range(start, min(rows, start + size))]


def _row(chance: random.Random, words: list[str], number: int) -> dict[str, Any]:
    body = " ".join(chance.choices(words[:2000], k=280) + chance.choices(words, k=180))[:BODY]
    one = f"{chance.getrandbits(128):032x}"
    url = f"https://site{number % 500}.example/news/{one}"
    values: dict[str, Any] = dict.fromkeys(FIELDS["articles"])
    return values | {
        "id": one,
        "schema_version": 1,
        "url": url,
        "canonical_url": url,
        "site": f"site{number % 500}.example",
        "title": " ".join(chance.choices(words, k=9)),
        "authors": [" ".join(chance.choices(words, k=2))],
        "published": f"2026-11-20T{number % 24:02}:{number % 60:02}:00Z",
        "fetched_at": f"2026-11-20T{number % 24:02}:{number % 60:02}:30Z",
        "language": LANGUAGES[number % len(LANGUAGES)],
        "language_confidence": chance.random(),
        "body": body,
        "removed": [{"kind": "notice", "text": " ".join(chance.choices(words, k=12)), "position": len(body)}],
        "comments": [],
        "cluster_id": one,
        "kept_because": [],
        "extracted_from": "html",
        "tags": chance.choices(words[:300], k=4),
        "fingerprint": f"nb1:{chance.getrandbits(1600):x}",
        "word_count": 460,
        "run_id": "benchmark",
        "updated_at": NOW,
    }


if __name__ == "__main__":
    main()
