"""The pool's hold on its zygote: starting it, ordering children, hearing what became of them."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from newsbeam.connectors.processes import zygote
from newsbeam.connectors.processes.frames import BUFFER, receive

_SINGLE_THREADED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
}
"""Environment of the zygote: a process with threads cannot be forked safely, and one task needs one heap."""

_GRACE = 5.0
SHIELDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Blocked in the zygote and its children: a terminal's Ctrl-C reaches the whole group, but the pool's owner decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What the zygote says. kind: ready, born (value: pid), gone (value: wait status, or -errno), ended (text: why)."""

    kind: str
    number: int = 0
    value: int = 0
    peak_kib: int = 0
    text: str = ""


class Launcher:
    """A running zygote. To be made by a thread that lives as long as it shall: the kernel ends it with that thread."""

    def __init__(self, *, memory_mib: int, preload: Sequence[str]) -> None:
        self.control, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-c", zygote.COMMAND, json.dumps([os.path.abspath(part) for part in sys.path])]
        command += [str(theirs.fileno()), str(os.getpid()), str(memory_mib), json.dumps(list(preload))]
        old = signal.pthread_sigmask(signal.SIG_BLOCK, SHIELDED)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **_SINGLE_THREADED},
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, old)
            theirs.close()
        self._buffer = b""
        self.pid = self._process.pid

    def fork(self, number: int) -> socket.socket:
        """Order a child and return our end of its socket, which may be written to at once."""
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        with theirs:
            self._order(b"F", number, [theirs.fileno()])
        ours.setblocking(False)
        return ours

    def kill(self, number: int) -> None:
        """Have a child killed by the process that reaps it, so that its pid cannot be another's by then."""
        self._order(b"K", number, [])

    def news(self) -> list[News]:
        """What the zygote has said; to be called when `control` is readable."""
        self.control.setblocking(False)
        data, ended = receive(self.control)
        self.control.setblocking(True)
        self._buffer += data
        said = []
        size = zygote.NEWS.size
        while len(self._buffer) >= size and not self._buffer.startswith(b"E"):
            kind, number, value, peak = zygote.NEWS.unpack(self._buffer[:size])
            self._buffer = self._buffer[size:]
            name = {b"R": "ready", b"P": "born", b"X": "gone"}[kind]
            said.append(News(kind=name, number=number, value=value, peak_kib=peak))
        if ended:
            said.append(News(kind="ended", text=self._buffer[size:].decode("utf-8", "replace").strip()))
        return said

    def close(self) -> None:
        """End the zygote and with it every child."""
        self.control.close()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _order(self, kind: bytes, number: int, descriptors: list[int]) -> None:
        try:
            socket.send_fds(self.control, [zygote.ORDER.pack(kind, number)], descriptors)
        except ConnectionError:
            return  # the zygote has ended: news() tells
