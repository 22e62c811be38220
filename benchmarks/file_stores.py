"""File stores beside plain writers: rows a second into the same layout, and the peak memory of each.

With --compact, `newsbeam compact` is run over what the stores have written. Peaks are of the resident set, less what
the process that only makes the rows takes (the line `nothing` says how much that is).
"""

import argparse
import datetime
import os
import random
import resource
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

from newsbeam.connectors.state import manifest
from newsbeam.connectors.state.manifest import HeldFile, Intent, Part
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.commit import store_name
from newsbeam.connectors.stores.file_addresses import open_files
from newsbeam.connectors.stores.partitions import BY_DAY_AND_LANGUAGE, folder
from newsbeam.connectors.stores.rows import FIELDS
from newsbeam.connectors.stores.schemas import SCHEMAS
from newsbeam.connectors.stores.store import Changes
from newsbeam.connectors.stores.urls import default_state_url

LANGUAGES = ("en", "de", "fr", "el", "es", "it", "pl", "tr")
BODY = 3000
DISTINCT = 5000
NOW = "2026-11-20T12:00:00Z"
WAYS = ("nothing", "orjson", "jsonl", "pyarrow", "parquet")


def main() -> None:
    """Run each way in a process of its own and print its figures side by side."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--batches", type=int, nargs="+", default=[5000, 500], help="rows of a batch")
    parser.add_argument("--compact", action="store_true", help="compact what the stores have written")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        _one(args.way, args.rows, args.batches[0], compact=args.compact)
        return
    for size in args.batches:
        least = 0.0
        rates: dict[str, float] = {}
        for way in WAYS:
            rates[way], peak = _measured(way, args.rows, size, least=least, compact=args.compact)
            least = least or peak
        for store, plain in (("jsonl", "orjson"), ("parquet", "pyarrow")):
            print(f"batches of {size}: {store} / {plain}: {rates[store] / rates[plain]:.2f}", flush=True)


def _measured(way: str, rows: int, size: int, *, least: float, compact: bool) -> tuple[float, float]:
    """Rows a second, the making of the rows left out, and the peak in MiB. least: the peak without any writing."""
    with tempfile.TemporaryDirectory() as made:
        said = Path(made) / "said"
        os.environ["FILE_STORES_SAID"] = str(said)
        options = ["--compact"] if compact else []
        measure([sys.executable, __file__, "--way", way, "--rows", rows, "--batches", size, *options])
        figures, *compacted = said.read_text("utf-8").splitlines()
        seconds, files, written, peak = map(float, figures.split())
    if way == "nothing":
        print(f"batches of {size}: nothing  (the rows alone), peak {peak:.0f} MiB", flush=True)
        return 0.0, peak
    rate = rows / seconds
    print(
        f"batches of {size}: {way:8} {rate:8.0f} rows/s, peak {peak - least:+.0f} MiB, "
        f"{files:.0f} files, {written / (1 << 20):.0f} MiB written",
        *compacted,
        sep=", ",
        flush=True,
    )
    return rate, peak


def _one(way: str, rows: int, size: int, *, compact: bool) -> None:
    """Write all batches in one way, and say to a file how long that took, the files, and the bytes written in all."""
    spent, written = 0.0, 0
    with tempfile.TemporaryDirectory() as made:
        write = _writer(way, Path(made))
        for batch in _batches(rows, size):
            started = time.perf_counter()
            written += write(batch)
            spent += time.perf_counter() - started
        files = _files(made)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        said = f"{spent} {files} {written} {peak}"
        if compact and isinstance(write, _Store):
            write.settle()
            cost = measure([sys.executable, "-m", "newsbeam", "compact", "--store", write.url])
            said += f"\ncompacted to {_files(made)} files in {cost.wall:.1f} s, peak {cost.peak:.0f} MiB"
    Path(os.environ["FILE_STORES_SAID"]).write_text(said, "utf-8")


def _files(made: str) -> int:
    """Files of rows."""
    return sum(1 for path in Path(made).rglob("*") if path.suffix in (".jsonl", ".parquet"))


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
        self.url = url
        self._store = open_files(url)
        self._store.check()
        self.files: list[HeldFile] = []
        self.next_number = 1

    def places(self, ids: object) -> dict[str, int]:
        """Nothing is held under the ids: all rows are new."""
        return {}

    def settle(self) -> None:
        """Enter in a state of the store's own what it holds, so that `newsbeam compact` finds it."""
        parts = tuple(
            Part(
                **{name: getattr(one, name) for name in HeldFile.__slots__},
                rewrites=False,
                added=tuple(self._store.ids(one)),
            )
            for one in self.files
        )
        state = open_state(default_state_url(self.url))
        epoch = state.take_lease(
            owner="benchmark:1:1", seconds=1, now=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        )
        planned = {store_name(state, self._store): Intent(ids=(), parts=parts)}
        with state.write(epoch) as connection:
            manifest.intend(connection, planned)
            manifest.settle(connection, planned, {"articles": sum(one.rows for one in parts)})
            manifest.tidy(connection, planned)
        state.close()

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
    """Rows whose bodies compress about as news does. After DISTINCT rows the texts come again, under other ids."""
    chance = random.Random(7)
    words = ["".join(chance.choices("etaoinshrdlucmfwyp", k=chance.randint(2, 11))) for _ in range(20_000)]
    texts = [_row(chance, words, number) for number in range(min(rows, DISTINCT))]
    for start in range(0, rows, size):
        yield [_again(chance, texts[number % len(texts)]) for number in range(start, min(rows, start + size))]


def _again(chance: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    one = f"{chance.getrandbits(128):032x}"
    url = f"https://{row['site']}/news/{one}"
    return row | {"id": one, "url": url, "canonical_url": url, "cluster_id": one}


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
        "reserved": [],
        "fingerprint": f"nb1:{chance.getrandbits(1600):x}",
        "word_count": 460,
        "run_id": "benchmark",
        "updated_at": NOW,
    }


if __name__ == "__main__":
    main()
