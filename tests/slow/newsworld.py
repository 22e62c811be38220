"""A world of real pages on loopback, where the evaluation data lies beside the checkout; it is no part of newsbeam."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("NEWSBEAM_SHARED", ROOT.parent / "shared"))
PROGRAM = SHARED / "newsworld" / "newsworld.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsWorld:
    """Where it is served. opml: the list of its feeds. pages: how many real ones it has."""

    port: int
    opml: str
    truth: str
    stats: str
    pages: int

    def announced(self) -> dict[str, float]:
        """When its feeds announced each address, where they grow: Unix seconds."""
        rows = map(json.loads, _text(self.truth).splitlines())
        return {row["url"]: row["announced_at"] for row in rows}

    def count(self) -> int:
        """How many stories its feeds have announced so far, where they grow."""
        found: int = json.loads(_text(self.stats)).get("announced", 0)
        return found


@contextmanager
def served(folder: Path, *options: str) -> Iterator[NewsWorld]:
    """The world, for as long as the block lasts; skips the test where there is none."""
    if not PROGRAM.exists():
        pytest.skip(f"no evaluation data in {SHARED}: set NEWSBEAM_SHARED to its folder")
    announce = folder / "world.json"
    command = [sys.executable, PROGRAM, "--data", SHARED / "data", "--announce", announce, *options]
    with subprocess.Popen([str(one) for one in command], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), "the world did not start"  # it says so once the file is written
            said = json.loads(announce.read_text("utf-8"))
            yield NewsWorld(**{one.name: said[one.name] for one in fields(NewsWorld)})
        finally:
            process.terminate()


def _text(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        text: str = answer.read().decode("utf-8")
        return text
