"""Memory does not grow with the input: the whole process tree at its peak, over 500 pages and over 2,000."""

import contextlib
import re
import time
from pathlib import Path

import psutil
import pytest

from tests.slow.running import Stores, start
from tests.slow.worlds import page, prose, warc_record, write_warc

pytestmark = pytest.mark.slow

MIB = 1 << 20


def archive(folder: Path, pages: int) -> str:
    """An archive of that many stories of some 20 KB, no two alike."""
    return write_warc(
        folder / f"{pages}.warc.gz",
        (
            warc_record(
                f"https://site{number % 40}.example/story/{number}",
                page(f"Story number {number}", prose(number, paragraphs=24, sentences=8)),
                f"2026-11-{10 + number % 10}T08:00:00Z",
            )
            for number in range(pages)
        ),
    )


def peak(folder: Path, pages: int) -> float:
    """The most memory that a run needed, in MiB.

    Of the run's own process as the kernel has noted it, which misses no moment; of the others together as sampled, what
    they share counted once.
    """
    stores = Stores(folder / str(pages))
    begun = start(folder, "run", "--warc", archive(folder, pages), *stores.options)
    own = others = 0
    while begun.process.poll() is None:
        held = 0
        for one in begun.look():
            with contextlib.suppress(psutil.Error, OSError):
                if one.pid == begun.process.pid:
                    own = max(own, high_water(one.pid))
                else:
                    held += one.memory_full_info().pss
        others = max(others, held)
        time.sleep(0.1)
    assert begun.process.returncode == 0, begun.said
    assert stores.count() == pages, begun.said
    return (own + others) / MIB


def high_water(pid: int) -> int:
    """The most memory that a process ever had resident, in bytes (proc(5), VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


def test_four_times_the_pages_need_no_more_memory(tmp_path: Path) -> None:
    few, many = peak(tmp_path, 500), peak(tmp_path, 2000)
    print(f"500 pages: {few:.0f} MiB, 2,000 pages: {many:.0f} MiB")
    assert many <= few * 1.15, f"500 pages: {few:.0f} MiB, 2,000 pages: {many:.0f} MiB"
