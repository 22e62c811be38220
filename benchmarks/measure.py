"""What a command costs, its whole process tree counted: wall time, processor time, peak memory."""

import contextlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY = 0.1
_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """wall, cpu: seconds, cpu being user and system of the tree. peak: MiB of the tree, shared pages counted once."""

    wall: float
    cpu: float
    peak: float


def measure(command: Sequence[object]) -> Cost:
    """Run a command to its end. A failure ends this program with the command's own words."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    peak = 0.0
    with tempfile.TemporaryFile("w+") as talk:
        running = subprocess.Popen([str(one) for one in command], stdout=talk, stderr=talk)
        tree = psutil.Process(running.pid)
        while running.poll() is None:
            peak = max(peak, _held(tree))
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(_EVERY)
        wall = time.perf_counter() - started
        talk.seek(0)
        if running.returncode:
            sys.exit(f"{command}: exit status {running.returncode}\n{talk.read()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall=wall, cpu=cpu, peak=peak)


def _held(tree: psutil.Process) -> float:
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in [tree, *tree.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += one.memory_full_info().pss
    return total / _MIB


def records(folder: Path) -> int:
    """Articles and duplicates in a jsonl store."""
    files = [file for kind in ("articles", "duplicates") for file in folder.rglob("*.jsonl") if _of(file, folder, kind)]
    return sum(file.read_bytes().count(b"\n") for file in files)


def _of(file: Path, folder: Path, kind: str) -> bool:
    return file.name.startswith(kind) or kind in file.relative_to(folder).parts
