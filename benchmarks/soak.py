"""A stream at twenty articles a second for an hour: does it keep up, and does anything in it grow?

SOAK_MINUTES=60 .venv/bin/python -m benchmarks.soak [--minutes M] [--rate R] [--csv FILE] [STREAM OPTIONS]

A newsworld publishes at a steady rate for so many minutes; then the stream goes on until all of it is in the stores.
Prints the figures and the verdict as Markdown. Exit status: 0 where every claim holds, else 1.
"""

import argparse
import csv
import os
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import psutil

from benchmarks import soak_verdict
from benchmarks.soak_verdict import Check, Role, Sample, Soak
from tests.slow.arrivals import Watcher
from tests.slow.newsworld import NewsWorld, served
from tests.slow.running import Run, Stores, start
from tests.slow.worlds import allowed, free_port

PACE = ("--set", "stream.poll=8", "--set", "stream.window=4", "--set", "fetch.host_delay=0")
"""Each of 122 feeds has a new story every six seconds: asked more often, they would mostly cost."""

_SAMPLES = 60
_EVERY = 10.0
_DRAIN = 120.0
_MIB = 1 << 20


def main() -> int:
    """Soak and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("SOAK_MINUTES") or 60))
    parser.add_argument("--rate", type=float, default=20.0, help="articles a second")
    parser.add_argument("--sets", default="fundus", help="data sets whose sites publish, comma-separated")
    parser.add_argument("--csv", type=Path, help="write every sample to this file")
    args, options = parser.parse_known_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the stream and the world are ended too
    seconds = args.minutes * 60
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        publish = ("--publish", args.rate, "--until", int(seconds * args.rate), "--sets", args.sets)
        with served(folder, *map(str, publish), "--port", str(free_port())) as world:
            stores = Stores(folder / "stores")
            given = ("--feeds", world.opml, *stores.options, *allowed(world.port), *PACE)
            begun = start(folder, "stream", *given, *options)
            try:
                soak = soaked(begun, world, stores, seconds=seconds, rate=args.rate)
            finally:
                begun.process.terminate()
            status = begun.end(30)
            left = begun.left()
        if status:
            print(begun.said, file=sys.stderr)
        ended = Check(claim="stops when asked", found=f"exit status {status}, left: {left}", holds=not (status or left))
    if args.csv:
        write(args.csv, soak.samples)
    checks = [*soak_verdict.checks(soak), ended]
    print(soak_verdict.told(soak, checks))
    return 0 if all(check.holds for check in checks) else 1


def soaked(begun: Run, world: NewsWorld, stores: Stores, *, seconds: float, rate: float) -> Soak:
    """The samples of the time in which the world publishes, and how long each story took."""
    samples: list[Sample] = []
    every = min(_EVERY, seconds / _SAMPLES)
    announced: dict[str, float] = {}
    started = time.monotonic()
    begun.until(lambda: stores.count() > 0)
    with Watcher(stores.addresses) as watcher:
        while (passed := time.monotonic() - started) < seconds:
            samples.append(sampled(begun, world, stores, at=passed, seen=len(watcher.seen)))
            print(samples[-1], file=sys.stderr, flush=True)
            if begun.process.poll() is not None:
                raise SystemExit(f"the stream has ended by itself:\n{begun.said}")
            time.sleep(max(0.0, every - (time.monotonic() - started - passed)))
        announced = world.announced()
        until = time.monotonic() + _DRAIN
        while time.monotonic() < until and (stores.pending() or not announced.keys() <= watcher.seen.keys()):
            time.sleep(1)
        drained = time.monotonic() - started - seconds
    return Soak(
        seconds=seconds,
        rate=rate,
        samples=tuple(samples),
        lags=tuple(watcher.lags(announced)),
        announced=len(announced),
        missing=len(announced.keys() - watcher.seen.keys()),
        pending=stores.pending(),
        drained=drained,
    )


def sampled(begun: Run, world: NewsWorld, stores: Stores, *, at: float, seen: int) -> Sample:
    """What the stream's processes hold now, by role, and how far it is."""
    memory, files, paths, count = (Counter[str]() for _ in range(4))
    cpu = defaultdict[str, float](float)
    for one in begun.look():
        try:
            name = role(begun, one)
            held, spent = one.memory_info().rss, one.cpu_times()
            opened, with_path = one.num_fds(), len(one.open_files())
        except psutil.Error:
            continue
        count[name] += 1
        memory[name] = max(memory[name], held)
        files[name] += opened
        cpu[name] += spent.user + spent.system + spent.children_user + spent.children_system
        paths[name] += with_path
    roles = {
        name: Role(count=count[name], memory=memory[name] / _MIB, files=files[name], paths=paths[name], cpu=cpu[name])
        for name in count
    }
    return Sample(at=at, announced=world.count(), seen=seen, pending=stores.pending(), roles=roles)


def role(begun: Run, process: psutil.Process) -> str:
    """What a process is for: the stream's own one, Prism, the one that forks parsers, a parser."""
    if process.pid == begun.process.pid:
        return "newsbeam"
    if "prism" in process.name():
        return "prism"
    return "zygote" if process.ppid() == begun.process.pid else "parser"


def write(path: Path, samples: tuple[Sample, ...]) -> None:
    """One line a sample and role."""
    with path.open("w", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(
            ("seconds", "announced", "seen", "pending", "role", "processes", "rss_mib", "files", "paths", "cpu")
        )
        for one in samples:
            for name, held in sorted(one.roles.items()):
                progress = (f"{one.at:.0f}", one.announced, one.seen, one.pending)
                lines.writerow((*progress, name, held.count, f"{held.memory:.1f}", held.files, held.paths, held.cpu))


if __name__ == "__main__":
    sys.exit(main())
