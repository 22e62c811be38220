"""A short soak: three minutes of eight articles a second, which a busy machine keeps up with, too.

`make soak` does an hour of twenty.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.slow.newsworld import PROGRAM
from tests.slow.running import ROOT

_MINUTES = float(os.environ.get("SOAK_MINUTES") or 3)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.usefixtures("prism_binary")
def test_a_stream_keeps_up_and_nothing_in_it_grows(tmp_path: Path) -> None:
    if not PROGRAM.exists():
        pytest.skip(f"no evaluation data at {PROGRAM}: set NEWSBEAM_SHARED to its folder")
    soak = ("--minutes", str(_MINUTES), "--rate", "8", "--csv", str(tmp_path / "soak.csv"))
    command = [sys.executable, "-m", "benchmarks.soak", *soak]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=_MINUTES * 60 + 400)
    print(done.stdout)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
