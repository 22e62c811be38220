"""A world of real pages on loopback, where the evaluation data lies beside the checkout; it is no part of newsbeam."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("NEWSBEAM_SHARED", ROOT.parent / "shared"))
PROGRAM = SHARED / "newsworld" / "newsworld.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsWorld:
    """Where it is served. opml: the list of its feeds."""

    port: int
    opml: str


@contextmanager
def served(folder: Path, *options: str) -> Iterator[NewsWorld]:
    """The world, for as long as the block lasts; skips the test where there is none."""
    if not PROGRAM.exists():
        pytest.skip(f"no evaluation data in {SHARED}: set NEWSBEAM_SHARED to its folder")
    announce = folder / "world.json"
    command = [sys.executable, PROGRAM, "--data", SHARED / "data", "--announce", announce, *options]
    with subprocess.Popen([str(one) for one in command], stdout=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 120
            while not announce.exists():
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.1)
            said = json.loads(announce.read_text("utf-8"))
            yield NewsWorld(port=said["port"], opml=said["opml"])
        finally:
            process.terminate()
