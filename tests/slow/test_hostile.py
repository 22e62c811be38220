"""A run over 151 hostile and broken cases, judged by their own judge; they are no part of newsbeam."""

import contextlib
import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.slow.newsworld import SHARED
from tests.slow.running import start
from tests.slow.test_memory import MIB, high_water

pytestmark = [pytest.mark.slow, pytest.mark.alone]

SERVER, JUDGE = SHARED / "hostile" / "hostile_server.py", SHARED / "hostile" / "check.py"
SETTINGS = """
[fetch]
deadline = 8.0

{hosts}

[hosts."127.0.0.6"]
delay = 0.1
"""
QUICK_HOST = '[hosts."127.0.0.{number}"]\ndelay = 0.0\nconnections = 16\n'
SECONDS, OF_THE_RUN, OF_A_CHILD = 120, 400 * MIB, 512 * MIB


@contextmanager
def hostile(folder: Path) -> Iterator[tuple[Path, str]]:
    """The server for as long as the block lasts: (the file in which it says where it is, its address)."""
    if not SERVER.exists():
        pytest.skip(f"no hostile server in {SHARED}: set NEWSBEAM_SHARED to its folder")
    announce = folder / "announce.json"
    command = [sys.executable, str(SERVER), "--port", "0", "--announce", str(announce)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 20
            while not announce.exists():
                assert process.poll() is None, "the server has ended"
                assert time.monotonic() < until, "the server did not start"
                time.sleep(0.05)
            yield announce, json.loads(announce.read_text("utf-8"))["base"]
        finally:
            process.terminate()


def test_every_case_ends_as_it_should_in_time_and_within_its_memory(tmp_path: Path) -> None:
    with hostile(tmp_path) as (announce, base):
        feeds, settings, store = tmp_path / "feeds.txt", tmp_path / "own.toml", tmp_path / "out"
        feeds.write_bytes(urllib.request.urlopen(f"{base}/feeds.txt", timeout=30).read())
        settings.write_text(SETTINGS.format(hosts="\n".join(QUICK_HOST.format(number=one) for one in range(1, 6))))
        port = base.rpartition(":")[2]
        allowed = [part for one in range(1, 7) for part in ("--allow-address", f"127.0.0.{one}/32:{port}")]
        begun = start(
            tmp_path, "run", "--feeds", str(feeds), "--store", f"jsonl:{store}", "--config", str(settings), *allowed
        )
        most: dict[bool, int] = {True: 0, False: 0}
        while begun.process.poll() is None:
            assert time.monotonic() < begun.started + SECONDS, f"no end within {SECONDS} s:\n{begun.said}"
            for one in begun.look():
                with contextlib.suppress(psutil.Error, OSError, AttributeError):
                    own = one.pid == begun.process.pid
                    most[own] = max(most[own], high_water(one.pid))
            time.sleep(0.1)
        assert begun.process.returncode == 0, begun.said
        assert "difference 0, pending 0" in begun.said, begun.said
        command = [sys.executable, str(JUDGE), str(announce), str(store)]
        judged = subprocess.run(command, capture_output=True, text=True, check=False)
        assert judged.returncode == 0, judged.stdout + judged.stderr
        found = re.search(r"scenarios_ok (\d+)/(\d+)", judged.stdout)
        assert found is not None, judged.stdout
        assert int(found[1]) == int(found[2]) >= 151, judged.stdout
        assert re.search(r"canary_hits 0$", judged.stdout, re.M), judged.stdout
        assert most[True] < OF_THE_RUN, f"{most[True] / MIB:.0f} MiB in the main process"
        assert 0 < most[False] < OF_A_CHILD, f"{most[False] / MIB:.0f} MiB in a child"
        assert begun.left() == []
