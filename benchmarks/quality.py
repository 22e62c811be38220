"""Quality of text and fields, set by set, beside trafilatura's own defaults: `make eval`."""

import argparse
import tempfile
from pathlib import Path

from places import NEWSBEAM, call, score, shared, warc


def main() -> None:
    """Extract each set from a WARC and print the scorer's figures."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("sets", nargs="*", default=["fundus", "scrapinghub"])
    parser.add_argument("--no-baseline", action="store_true", help="leave out trafilatura's own figures")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        for name in args.sets:
            folder = Path(made)
            archive = warc(folder, name)
            out = folder / f"out-{name}"
            call(NEWSBEAM, "run", "--warc", archive, "--store", f"jsonl:{out}", "--quiet")
            print(f"== {name}")
            baseline = [] if args.no_baseline else ["--baseline"]
            print(score("bodies", out, shared() / "data" / name, f"{archive}.urls.jsonl", *baseline), flush=True)


if __name__ == "__main__":
    main()
