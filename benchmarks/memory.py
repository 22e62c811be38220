"""Peak memory of the whole process tree at two sizes of input: it must not grow with the number of pages."""

import argparse
import tempfile
from pathlib import Path

from corpus import mixed_warc
from measure import measure, records
from places import NEWSBEAM


def main() -> None:
    """Run newsbeam over archives of each size and print the peaks and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("sizes", nargs="*", type=int, default=[500, 2000])
    args = parser.parse_args()
    peaks = []
    with tempfile.TemporaryDirectory() as made:
        for size in args.sizes:
            archive, out = Path(made) / f"{size}.warc.gz", Path(made) / f"out{size}"
            pages = mixed_warc(archive, size)
            cost = measure([NEWSBEAM, "run", "--warc", archive, "--store", f"jsonl:{out}"])
            peaks.append(cost.peak)
            print(f"{pages} pages: {records(out)} records, peak {cost.peak:.0f} MiB, {cost.wall:.1f} s", flush=True)
    print(f"largest / smallest: {max(peaks) / min(peaks):.2f}")


if __name__ == "__main__":
    main()
