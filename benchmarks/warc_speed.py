"""Speed over an archive, side by side with the yardstick in one sitting: `make bench`."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from corpus import mixed_warc
from measure import Cost, measure, records
from places import NEWSBEAM, shared


def main() -> None:
    """Run both in turn over the same archive and print what each round cost, and the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    naive = shared() / "eval" / "naive.py"
    commands: dict[str, list[object]] = {"naive": [sys.executable, naive], "newsbeam": [NEWSBEAM]}
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    written: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as made:
        archive, out = Path(made) / "mixed.warc.gz", Path(made) / "out"
        print(f"{mixed_warc(archive, args.pages)} pages, {archive.stat().st_size / 1e6:.0f} MB of WARC", flush=True)
        print(f"{'':10} {'wall s':>8} {'cpu s':>8} {'ms/record':>10} {'peak MiB':>9} {'records':>8}", flush=True)
        for _ in range(args.rounds):
            for name, command in commands.items():
                cost = measure([*command, "run", "--warc", archive, "--store", f"jsonl:{out}"])
                costs[name].append(cost)
                written[name] = records(out)
                shutil.rmtree(out)
                print(_row(name, cost, written[name]), flush=True)
    print(_ratios(costs, written))


def _row(name: str, cost: Cost, count: int) -> str:
    each = 1000 * cost.cpu / max(1, count)
    return f"{name:10} {cost.wall:8.1f} {cost.cpu:8.1f} {each:10.1f} {cost.peak:9.0f} {count:8}"


def _ratios(costs: dict[str, list[Cost]], written: dict[str, int]) -> str:
    ours, theirs = costs["newsbeam"], costs["naive"]
    wall = median(one.wall for one in ours) / median(one.wall for one in theirs)
    cpu = median(one.cpu for one in ours) / median(one.cpu for one in theirs)
    cpu *= written["naive"] / max(1, written["newsbeam"])
    peak = max(one.peak for one in ours) / max(one.peak for one in theirs)
    return f"newsbeam / naive: wall {wall:.2f}, cpu per record {cpu:.2f}, peak memory {peak:.2f}"


if __name__ == "__main__":
    main()
