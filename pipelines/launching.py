"""Programs that run beside us: in a session of their own, and gone with this process however that ends."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import IO

from newsbeam.pipelines import stopping

_LAUNCH = (
    "import json, os, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from newsbeam.connectors.processes.child import die_with_parent; "
    "die_with_parent(int(sys.argv[2])); os.execv(sys.argv[3], sys.argv[3:])"
)
"""Program text for `python -c`: the kernel's promise to end a process with its parent outlives the exec."""


def launched(command: Sequence[str], said: int | IO[bytes] | None) -> "subprocess.Popen[bytes]":
    """A program that was started; the first word of the command is its path. said: where its output goes.

    It has a session of its own: a Ctrl-C reaches a terminal's whole group, but a job has to stop before its engine.
    """
    where = json.dumps([os.path.abspath(part) for part in sys.path])
    whole = [sys.executable, "-P", "-c", _LAUNCH, where, str(os.getpid()), *command]
    return subprocess.Popen(whole, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)


def listens(process: "subprocess.Popen[bytes]", port: int, *, seconds: float) -> bool:
    """Wait until something listens at the port of this host; False where the program ended, or the time did."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None and not stopping.requested():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.05)
    return False
