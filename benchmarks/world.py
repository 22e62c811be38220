"""The main job over a world of real pages on loopback, beside the yardstick: conservation, bodies, copies."""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from places import NEWSBEAM, call, score, shared


@contextlib.contextmanager
def world(folder: Path, *options: str) -> Iterator[dict[str, object]]:
    """A running world: its announcement."""
    announce = folder / "world.json"
    server = subprocess.Popen(
        [sys.executable, shared() / "newsworld" / "newsworld.py", "--announce", announce, *options],
        stdout=subprocess.DEVNULL,
    )
    try:
        while not announce.exists() or not announce.read_text():
            time.sleep(0.2)
            if server.poll() is not None:
                sys.exit("the world did not start")
        yield json.loads(announce.read_text())
    finally:
        server.terminate()
        server.wait(10)


def main() -> None:
    """Run newsbeam, and with --naive the yardstick, over the same world; print both scores."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--naive", action="store_true", help="the yardstick over the same world, too")
    parser.add_argument("--sets", default="", help="data sets, comma-separated (all)")
    parser.add_argument("--limit", default="0", help="original pages at most (0: all)")
    parser.add_argument("--port", default="8099", help="the world's port; ids depend on it")
    parser.add_argument("--keep", type=Path, help="leave the stores in this folder")
    args, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as made:
        folder = args.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        sets = ["--sets", args.sets] if args.sets else []
        with world(Path(made), *sets, "--limit", args.limit, "--port", args.port) as note:
            truth = folder / "truth.jsonl"
            urllib.request.urlretrieve(str(note["truth"]), truth)
            started = time.monotonic()
            report = call(
                NEWSBEAM, "run", "--feeds", note["opml"], "--store", f"jsonl:{folder / 'ours'}", "--quiet",
                "--allow-address", f"127.0.0.0/8:{note['port']}", *options,
            )  # fmt: skip
            print(report, f"seconds {time.monotonic() - started:.1f}", sep="\n")
            print(score("world", folder / "ours", truth), flush=True)
            if args.naive:
                started = time.monotonic()
                yardstick = shared() / "eval" / "naive.py"
                call(sys.executable, yardstick, "run", "--feeds", note["opml"], "--store", f"jsonl:{folder / 'naive'}")
                print(f"naive: seconds {time.monotonic() - started:.1f}")
                print(score("world", folder / "naive", truth))


if __name__ == "__main__":
    main()
