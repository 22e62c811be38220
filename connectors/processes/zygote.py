"""The process that children are forked from: it imports the parsers once, has one thread, and does nothing else.

Orders on its control socket, 9 bytes each: F number (with a child's socket as SCM_RIGHTS) forks a child, K number
kills one. News to the pool, 25 bytes each: R ready, P number pid, X number wait-status peak-RSS-in-KiB; E and a text
are its last words when a module could not be imported. End of file on the control socket ends it and all children.
"""

import gc
import importlib
import json
import logging
import os
import selectors
import signal
import socket
import struct
import sys
import traceback

from newsbeam.connectors.processes.child import die_with_parent, live

ORDER = struct.Struct("<cQ")
NEWS = struct.Struct("<cQqq")

COMMAND = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from newsbeam.connectors.processes.zygote import main; main(sys.argv[2:])"
)
"""Program text for `python -c`: no module is run as __main__, so nothing of the parent's is imported again."""


def main(arguments: list[str]) -> None:
    """Serve on the inherited socket. arguments: file descriptor, pid of the parent, memory in MiB, modules (JSON)."""
    descriptor, parent, memory_mib, preload = arguments
    die_with_parent(int(parent))
    control = socket.socket(fileno=int(descriptor))
    logging.getLogger().addHandler(logging.NullHandler())  # parsers' warnings about bad pages are not for the terminal
    try:
        for name in json.loads(preload):
            _preload(name)
    except Exception:
        control.sendall(NEWS.pack(b"E", 0, 0, 0) + traceback.format_exc(limit=-1).encode("utf-8", "replace"))
        sys.exit(1)
    gc.collect()
    gc.freeze()
    _Zygote(control, int(memory_mib)).serve()


def _preload(name: str) -> None:
    """Import a module; of "package.module:function" call the function too, so that children inherit what it loads."""
    module, _, function = name.partition(":")
    imported = importlib.import_module(module)
    if function:
        getattr(imported, function)()


class _Zygote:
    def __init__(self, control: socket.socket, memory_mib: int) -> None:
        self._control = control
        self._memory_mib = memory_mib
        self._pids: dict[int, int] = {}
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)

    def serve(self) -> None:
        """Follow orders until the control socket ends."""
        signal.set_wakeup_fd(self._wake_in.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        selector = selectors.DefaultSelector()
        selector.register(self._control, selectors.EVENT_READ)
        selector.register(self._wake_out, selectors.EVENT_READ)
        try:
            self._tell(b"R", 0)
            while self._step(selector):
                pass
        except ConnectionError:  # the pool has gone, and with it the reader of our news
            pass
        for pid in self._pids.values():
            os.kill(pid, signal.SIGKILL)
        for pid in self._pids.values():
            os.waitpid(pid, 0)

    def _step(self, selector: selectors.BaseSelector) -> bool:
        for key, _ in selector.select():
            if key.fileobj is self._wake_out:
                self._wake_out.recv(4096)
                self._reap()
            elif not self._obey(selector):
                return False
        return True

    def _obey(self, selector: selectors.BaseSelector) -> bool:
        order, descriptors, _, _ = socket.recv_fds(self._control, ORDER.size, 1)
        if not order:
            return False
        while len(order) < ORDER.size:
            order += self._control.recv(ORDER.size - len(order))
        kind, number = ORDER.unpack(order)
        if kind == b"F":
            self._fork(number, descriptors[0], selector)
        elif number in self._pids:
            os.kill(self._pids[number], signal.SIGKILL)
        return True

    def _fork(self, number: int, descriptor: int, selector: selectors.BaseSelector) -> None:
        zygote = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(descriptor)
            self._tell(b"X", number, -(error.errno or 1))
            return
        if pid:
            os.close(descriptor)
            self._pids[number] = pid
            self._tell(b"P", number, pid)
            return
        try:
            die_with_parent(zygote)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            selector.close()
            for sock in (self._control, self._wake_in, self._wake_out):
                sock.close()
            with open("/dev/null", "rb") as nothing:
                os.dup2(nothing.fileno(), 0)
            live(socket.socket(fileno=descriptor), memory_mib=self._memory_mib)
        except (ConnectionError, BrokenPipeError):
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
        os._exit(0)

    def _reap(self) -> None:
        for number, pid in list(self._pids.items()):
            found, status, usage = os.wait4(pid, os.WNOHANG)
            if found:
                del self._pids[number]
                self._tell(b"X", number, status, usage.ru_maxrss)

    def _tell(self, kind: bytes, number: int, first: int = 0, second: int = 0) -> None:
        self._control.sendall(NEWS.pack(kind, number, first, second))
