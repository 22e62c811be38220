"""A backfill in process, and on a Flink cluster with one TaskManager and with two, side by side.

.venv/bin/python -m benchmarks.flink_speed [--pages N] [--files N]

Needs the evaluation data, `make flink` and PostgreSQL's test server. Where all of it shares two cores, as in the
figures that are kept, what shows is what a cluster costs, not what more machines bring.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the other benchmarks are programs, not a package

from corpus import mixed_warc

from tests.postgres import Server
from tests.slow.cluster import cluster
from tests.slow.running import end_all, run

_LONG = 3600.0


def main() -> None:
    """Run each over the same archives and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2000, help="pages in all")
    parser.add_argument("--files", type=int, default=4, help="archives that they are in, copies of one another")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        pages = mixed_warc(folder / "one.warc.gz", args.pages // args.files) * args.files
        for number in range(args.files):
            os.link(folder / "one.warc.gz", folder / f"{number}.part.warc.gz")
        print(f"{pages} pages in {args.files} archives, load {os.getloadavg()[0]:.1f}", flush=True)
        for name, options in _places(folder):
            before, out = time.monotonic(), folder / name.replace(" ", "-")
            source = ("--warc", f"{folder}/*.part.warc.gz", "--store", f"parquet:{out}")
            run(folder, "run", *source, *options, seconds=_LONG)
            took = time.monotonic() - before
            print(f"{name:28} {took:7.1f} s {pages / took:7.1f} pages/s", flush=True)


def _places(folder: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name of each place, and the options that run a batch there."""
    yield "in process", ()
    server = Server()
    try:
        (home := folder / "flink-home").mkdir()
        with cluster(home) as found:
            for name, options in (("Flink, two TaskManagers", found.options), ("Flink, one", found.alone())):
                yield name, ("--state", server.database(), "--set", "run.shared_paths=true", *options)
    finally:
        end_all()
        server.close()


if __name__ == "__main__":
    main()
