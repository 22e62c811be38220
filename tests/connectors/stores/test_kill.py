"""SIGKILL at random moments, again and again: the stores end as if nothing had happened."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newsbeam.connectors.stores.urls import open_store
from tests.connectors.stores import committing
from tests.connectors.stores.fakes import contents

ROOT = Path(__file__).parents[3]


def start(folder: Path) -> "subprocess.Popen[bytes]":
    """A process that goes on with the sequence."""
    return subprocess.Popen([sys.executable, "-m", "tests.connectors.stores.committing", str(folder)], cwd=ROOT)


@pytest.mark.slow
def test_sigkill_at_random_moments(tmp_path: Path) -> None:
    (undisturbed := tmp_path / "undisturbed").mkdir()
    (killed := tmp_path / "killed").mkdir()
    begun = time.monotonic()
    committing.main(undisturbed)
    whole, chance, kills = time.monotonic() - begun, random.Random(4), 0
    for _ in range(20):
        process = start(killed)
        try:
            process.wait(timeout=0.5 + chance.uniform(0.0, whole / 4))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    assert start(killed).wait() == 0
    assert kills > 3
    for url in ("jsonl:{}/out", "sqlite:///{}/news.db"):
        assert contents(open_store(url.format(killed))) == contents(open_store(url.format(undisturbed)))
    assert [path.name for path in (killed / "out").rglob("*") if path.is_file() and path.suffix != ".jsonl"] == []
    for name in ("state.db", "news.db"):
        with sqlite3.connect(killed / name) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
