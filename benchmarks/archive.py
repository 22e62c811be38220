"""What an archive costs: the same run with and without one, in processor time and bytes a page.

.venv/bin/python -m benchmarks.archive [PAGES] [ROUNDS]
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from newsbeam.connectors.stores import archive_records
from newsbeam.records import Entry, Page, digest
from tests.slow.worlds import Site, allowed, demo_pages, page, prose, rss

FAST = (
    "fetch.host_delay=0",
    "fetch.host_connections=8",
    "fetch.robots=false",
)


def once(site: Site, folder: Path, *, archive: bool) -> tuple[float, float]:
    """(processor seconds of all its processes, seconds) of a run."""
    stores = ["--store", f"jsonl:{folder}/out", *(["--store", f"warc:{folder}/kept"] if archive else [])]
    settings = [word for one in FAST for word in ("--set", one)]
    before, started = os.times(), time.monotonic()
    command = [sys.executable, "-m", "newsbeam", "run", "--feeds", f"{site.base}/feed", *stores, *settings]
    subprocess.run([*command, *allowed(site.port)], check=True, capture_output=True)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent, time.monotonic() - started


def main(pages: int, rounds: int) -> None:
    """Print the figures of docs/archive.md."""
    per_record()
    paths = [f"/story/{number}" for number in range(pages)]
    answers = {path: ("text/html", page(f"Story {path}", prose(number))) for number, path in enumerate(paths)}
    size = statistics.mean(len(body) for _, body in answers.values())
    with Site(answers) as site, tempfile.TemporaryDirectory() as place:
        site.answers["/feed"] = rss(site.base, paths)
        found: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
        for number in range(rounds):
            for archive in (False, True):
                folder = Path(place) / f"{number}-{archive}"
                found[archive].append(once(site, folder, archive=archive))
        kept = sum(path.stat().st_size for path in (folder / "kept").rglob("*.warc.gz"))
        files = len(list((folder / "kept").rglob("*.warc.gz")))
    for archive, figures in found.items():
        spent, seconds = (statistics.median(one) for one in zip(*figures, strict=True))
        print(f"{'with' if archive else 'without'} archive: {spent:.1f} s of processor, {seconds:.1f} s, {pages} pages")
    print(f"pages of {size:,.0f} bytes: {kept / pages:,.0f} bytes a page in {files} files")


def per_record() -> None:
    """What writing the demo's pages alone costs."""
    made = [
        Page(
            url=url,
            body=body,
            fetched_at="2026-11-20T10:00:00Z",
            origin=(entry := Entry(key=digest("feed", url), feed_url=url, url=url, title="A story")).origin,
            entry=entry,
        )
        for url, body in demo_pages().items()
    ]
    started = time.process_time()
    for _ in range(20):
        packed = [archive_records.of_page(one) for one in made]
    each = (time.process_time() - started) / 20 / len(made)
    plain, size = (statistics.mean(len(one) for one in many) for many in ([page.body for page in made], packed))
    print(f"demo pages of {plain:,.0f} bytes: {size:,.0f} bytes and {each * 1000:.2f} ms a page")


if __name__ == "__main__":
    main(*(int(one) for one in (*sys.argv[1:], *("600", "3")[len(sys.argv) - 1 :])))
