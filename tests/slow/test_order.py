"""The order of the input, the size of the slices and the number of runs do not show in the records."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from newsbeam.pipelines.demo.server import DemoServer
from tests.slow.running import Rows, Stores, run, same
from tests.slow.worlds import QUICK, allowed, demo_pages, page, prose, warc_record, write_warc

pytestmark = pytest.mark.slow


def feed_list(folder: Path, feeds: Sequence[str], seed: int) -> str:
    """A list of the feeds, shuffled."""
    path = folder / f"feeds-{seed}.txt"
    path.write_text("\n".join(random.Random(seed).sample(feeds, len(feeds))))
    return str(path)


def test_feeds_in_another_order_and_in_slices_give_the_same_records(tmp_path: Path, world: DemoServer) -> None:
    found = []
    for seed, size in ((1, 500), (2, 7)):
        stores = Stores(tmp_path / str(seed))
        feeds = feed_list(tmp_path, world.feeds, seed)
        options = ("--feeds", feeds, *stores.options, *allowed(world.port), *QUICK, "--set", f"run.slice={size}")
        run(tmp_path, "run", *options)
        found.append(stores.rows())
        stores.check()
        before = stores.files()
        again = run(tmp_path, "run", *options)
        assert "nothing is new" in again.said
        assert stores.rows() == found[-1]
        assert stores.files() == before
    assert len(found[0]["articles"]) >= 30
    assert len(found[0]["duplicates"]) == 4
    same(found[1], found[0])


def captures() -> list[bytes]:
    """Records of an archive: the demo's pages, some of them captured again, unchanged or changed, at other times."""
    records, chance = [], random.Random(5)
    for number, (url, body) in enumerate(sorted(demo_pages().items())):
        records.append(warc_record(url, body, f"2026-11-2{number % 5}T08:00:00Z"))
        if number % 5 == 0:
            records.append(warc_record(url, body, "2026-11-25T09:00:00Z"))
        if number % 7 == 0:
            more = body.replace(b"</p>", b" It was changed later.</p>")
            records.append(warc_record(url, more, chance.choice(("2026-11-18T07:00:00Z", "2026-11-25T11:00:00Z"))))
            records.append(warc_record(url, body.replace(b"</p>", b" And again.</p>"), "2026-11-23T12:00:00Z"))
    return records


def taken_in(folder: Path, *runs: Sequence[Sequence[bytes]], size: int = 500) -> Rows:
    """The records after runs, each over archives of the given records."""
    stores, number = Stores(folder), 0
    for archives in runs:
        options: list[str] = []
        for records in archives:
            options += ["--warc", write_warc(folder / f"{number}.warc.gz", records)]
            number += 1
        run(folder, "run", *options, *stores.options, *QUICK, "--set", f"run.slice={size}")
    stores.check()
    return stores.rows()


def test_captures_in_any_order_files_slices_and_runs_give_the_same_records(tmp_path: Path) -> None:
    records = captures()
    shuffled = random.Random(3).sample(records, len(records))
    half, third = len(records) // 2, len(records) // 3
    whole = taken_in(tmp_path / "whole", [records])
    revisions = [row for row in whole["duplicates"].values() if row["relation"] == "revision"]
    assert len(revisions) >= 8
    assert {row["duplicate_of"] for row in revisions} <= whole["articles"].keys() | whole["duplicates"].keys()
    others = {
        "shuffled, in slices of 7": [[shuffled]],
        "two files, the other way round": [[shuffled[half:], shuffled[:half]]],
        "two runs": [[shuffled[:third]], [shuffled[third:]]],
        "two runs, the other way round": [[shuffled[third:]], [shuffled[:third]]],
    }
    for name, runs in others.items():
        found = taken_in(tmp_path / name, *runs, size=7 if "slices" in name else 500)
        same(found, whole, name)


def test_pages_and_texts_in_another_order_give_the_same_records(tmp_path: Path) -> None:
    lines = [
        json.dumps({"url": url, "html": body.decode(), "fetched_at": "2026-11-21T10:00:00Z"})
        for url, body in sorted(demo_pages().items())
    ]
    texts = tmp_path / "texts"
    texts.mkdir()
    shared = prose(1, paragraphs=6)
    for number in range(12):
        own = prose(100 + number, paragraphs=5) if number % 3 else [*shared, *prose(200 + number, paragraphs=1)]
        (texts / f"{number:02}.txt").write_text("\n\n".join((f"Headline number {number}", *own)))
    saved = tmp_path / "saved"
    saved.mkdir()
    for number in range(6):
        html = page(f"A saved story {number}", prose(300 + number, paragraphs=5))
        (saved / f"{number}.html").write_bytes(html)
    found = []
    for seed, size in ((1, 500), (2, 7)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / "pages.jsonl").write_text("\n".join(random.Random(seed).sample(lines, len(lines))))
        sources = [("--pages", f"{folder}/pages.jsonl"), ("--pages", f"{saved}/*.html"), ("--texts", f"{texts}/0*.txt")]
        sources.append(("--texts", f"{texts}/1*.txt"))
        random.Random(seed).shuffle(sources)
        stores = Stores(folder / "stores")
        options = [part for source in sources for part in source]
        run(folder, "run", *options, *stores.options, *QUICK, "--set", f"run.slice={size}")
        found.append(stores.rows())
        before = stores.files()
        assert "nothing is new" in run(folder, "run", *options, *stores.options).said
        assert stores.files() == before
    same(found[0], found[1])
    clusters = {row["cluster_id"] for row in found[0]["duplicates"].values() if row["extracted_from"] == "text"}
    assert len(clusters) == 1
