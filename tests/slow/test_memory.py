"""Memory does not grow with the input: the whole process tree at its peak, over a quarter of the pages and over all."""

import contextlib
import re
import time
from pathlib import Path

import psutil
import pytest

from tests.slow.running import Run, Stores, start
from tests.slow.worlds import page, prose, warc_record, write_warc

pytestmark = [pytest.mark.slow, pytest.mark.alone]

MIB = 1 << 20
PAGES = 4000


def archive(folder: Path, pages: int) -> str:
    """An archive of that many stories of some 14 KB, no two alike."""
    return write_warc(
        folder / f"{pages}.warc.gz",
        (
            warc_record(
                f"https://site{number % 40}.example/story/{number}",
                page(f"Story number {number}", prose(number, paragraphs=12, sentences=8)),
                f"2026-11-{10 + number % 10}T08:00:00Z",
            )
            for number in range(pages)
        ),
    )


class Peak:
    """The most memory that a run needed so far, in MiB.

    Of the run's own process as the kernel has noted it, which misses no moment; of the others together as sampled, what
    they share counted once.
    """

    def __init__(self, begun: Run) -> None:
        self._begun = begun
        self._own = self._others = 0

    def look(self) -> float:
        held = 0
        for one in self._begun.look():
            with contextlib.suppress(psutil.Error, OSError):
                if one.pid == self._begun.process.pid:
                    self._own = max(self._own, high_water(one.pid))
                else:
                    held += one.memory_full_info().pss
        self._others = max(self._others, held)
        return (self._own + self._others) / MIB


def high_water(pid: int) -> int:
    """The most memory that a process ever had resident, in bytes (proc(5), VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


def test_four_times_the_pages_need_no_more_memory(tmp_path: Path) -> None:
    """Of one run: what a process keeps from its first slices, its warm-up, is no growth."""
    stores = Stores(tmp_path / "stores")
    begun = start(tmp_path, "run", "--warc", archive(tmp_path, PAGES), *stores.options)
    peak = Peak(begun)
    few = many = 0.0
    while begun.process.poll() is None:
        many = peak.look()
        if stores.count() <= PAGES // 4:
            few = many
        time.sleep(0.1)
    assert begun.process.returncode == 0, begun.said
    assert stores.count() == PAGES, begun.said
    said = f"{PAGES // 4} pages: {few:.0f} MiB, {PAGES}: {many:.0f} MiB"
    print(said)
    assert many <= few * 1.15, said
