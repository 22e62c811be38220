"""The endless graph on Prism: over a world that grows, every announced article is stored once; then a clean stop."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from newsbeam.pipelines.demo.server import DemoServer
from tests.slow import running
from tests.slow.worlds import QUICK, allowed, free_port

pytestmark = pytest.mark.slow

SHARED = Path(os.environ.get("NEWSBEAM_SHARED", running.ROOT.parent / "shared"))
HURRIED = (*QUICK, "--set", "stream.poll=5", "--set", "stream.window=2", "--set", "fetch.host_delay=0")
_GROWS = 60.0
_STOPS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Growing:
    """A world whose feeds grow by two articles a second."""

    port: int
    opml: str
    truth: str

    def announced(self) -> set[str]:
        """The addresses of every article announced so far."""
        with urllib.request.urlopen(self.truth) as answer:
            return {json.loads(line)["url"] for line in answer.read().splitlines() if line.strip()}


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    program = SHARED / "newsworld" / "newsworld.py"
    if not program.exists():
        pytest.skip(f"no world that grows: {program} is not there")
    announce, port = tmp_path / "world.json", free_port()
    options = ["--publish", "2", "--until", "110", "--sets", "fundus", "--limit", "60", "--port", str(port)]
    server = subprocess.Popen([sys.executable, program, "--announce", announce, *options], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while not announce.exists() or not announce.read_text():
            assert time.monotonic() < until, "the world did not start"
            assert server.poll() is None, "the world ended"
            time.sleep(0.2)
        note = json.loads(announce.read_text())
        yield Growing(port=port, opml=note["opml"], truth=note["truth"])
    finally:
        server.terminate()
        server.wait(10)


def addresses(database: Path) -> list[str]:
    """The addresses in all collections of a SQLite store, as often as they stand there; empty before it is made."""
    if not database.exists():
        return []
    with sqlite3.connect(database, timeout=30) as one:
        if not one.execute("select 1 from sqlite_master where name = 'rejected'").fetchone():
            return []
        return [row[0] for kind in running.COLLECTIONS for row in one.execute(f"select url from {kind}")]


def stop(stream: running.Run) -> float:
    """SIGTERM to the command alone, as a service manager sends it; the seconds until it and its engine were gone."""
    asked = time.monotonic()
    os.kill(stream.process.pid, signal.SIGTERM)
    stream.end(30)
    assert stream.left(1) == []
    return time.monotonic() - asked


def test_every_announced_article_is_stored_once(tmp_path: Path, growing: Growing, prism_binary: str) -> None:
    database = tmp_path / "news.db"
    stream = running.start(
        tmp_path / "run", "stream", "--feeds", growing.opml, "--store", f"sqlite:///{database}",
        f"--prism_location={prism_binary}", *allowed(growing.port), *HURRIED,
    )  # fmt: skip
    try:
        grown = time.monotonic() + _GROWS
        stream.until(lambda: time.monotonic() > grown, seconds=_GROWS + 30)
        stream.until(lambda: growing.announced() <= set(addresses(database)), seconds=60)
        assert len(growing.announced()) >= 100
        seconds = stop(stream)
    finally:
        if stream.process.poll() is None:
            stream.kill()
    assert seconds <= _STOPS, stream.said
    assert any("prism" in name for name in stream.names), "the engine was Prism"
    stored = addresses(database)
    assert set(stored) >= growing.announced()
    with sqlite3.connect(database) as one:
        ids = [row[0] for kind in running.COLLECTIONS for row in one.execute(f"select id from {kind}")]
    assert len(ids) == len(set(ids)), "each id stands once, in one collection"


def test_a_stream_ends_with_the_records_of_a_batch(tmp_path: Path, world: DemoServer, prism_binary: str) -> None:
    sources = ("--feeds", world.opml_url, *allowed(world.port))
    batch = running.Stores(tmp_path / "batch")
    running.run(tmp_path / "b", "run", *sources, *batch.options, *QUICK)
    wanted = batch.rows()
    endless = running.Stores(tmp_path / "stream")
    settled = sum(len(rows) for rows in wanted.values())
    stream = running.start(
        tmp_path / "s", "stream", *sources, *endless.options, f"--prism_location={prism_binary}", *HURRIED
    )
    try:
        stream.until(lambda: endless.count() >= settled, seconds=90)
        seconds = stop(stream)
    finally:
        if stream.process.poll() is None:
            stream.kill()
    assert seconds <= _STOPS, stream.said
    running.same(wanted, endless.rows(), "batch and stream")
    endless.check()
