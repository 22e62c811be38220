"""The life of one child: read a task, run it, answer, until the pool hangs up.

A task is a pickled triple: "package.module:function", names of the exceptions that pass as themselves, argument.
An answer is a pickled triple (outcome, …): ("done", result, None), ("memory", message, None) or
("raised", (type's name, message), the pickled exception or None). An empty frame comes first: the child is ready.
"""

import contextlib
import ctypes
import importlib
import os
import pickle
import resource
import signal
import socket
import sys
from collections.abc import Callable

from newsbeam.connectors.processes.frames import encode, read

_PR_SET_PDEATHSIG = 1
_TRIM_EVERY = 32
_MIB = 1 << 20

_libc = ctypes.CDLL(None)
_functions: dict[str, Callable[[object], object]] = {}


def die_with_parent(parent: int) -> None:
    """Ask the kernel (Linux) for SIGKILL when the parent ends; it means the thread that started this process."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)


def live(sock: socket.socket, *, memory_mib: int) -> None:
    """Serve tasks from `sock` until it is closed; the caller ends the process then."""
    _limit(memory_mib)
    sock.sendall(encode(b""))
    served = 0
    while True:
        frame = read(sock)
        if frame is None:
            return
        answer, sound = _run(frame)
        del frame
        sock.sendall(encode(answer))
        if not sound:
            return
        served += 1
        if served % _TRIM_EVERY == 0:
            _trim()


def _run(frame: bytes) -> tuple[bytes, bool]:
    """The answer to a task, and whether this process may take another one."""
    target, passing, argument = pickle.loads(frame)
    try:
        result = _function(target)(argument)
        return pickle.dumps(("done", result, None), 5), True
    except BaseException as error:  # a task that calls sys.exit has failed like any other
        if _is_memory(error):
            _unlimit()
            return pickle.dumps(("memory", str(error), None), 5), False
        return _raised(error, passing), True


def _raised(error: BaseException, passing: frozenset[str]) -> bytes:
    kind = type(error)
    whole = None
    if f"{kind.__module__}:{kind.__qualname__}" in passing:
        with contextlib.suppress(Exception):  # an exception that cannot be pickled still has its name and text
            whole = pickle.dumps(error, 5)
    return pickle.dumps(("raised", (kind.__name__, str(error)), whole), 5)


def _function(target: str) -> Callable[[object], object]:
    found = _functions.get(target)
    if found is None:
        module, _, name = target.partition(":")
        found = _functions[target] = getattr(importlib.import_module(module), name)
    return found


def _is_memory(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _limit(memory_mib: int) -> None:
    """Limit the address space to what is in use now (the preloaded modules) plus `memory_mib`."""
    _, hard_core = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard_core))
    if sys.platform != "linux":
        return
    with open("/proc/self/statm", encoding="ascii") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = used + memory_mib * _MIB
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _unlimit() -> None:
    """Make room for the answer that says that there was none."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _trim() -> None:
    """Give freed memory back to the system (glibc): one huge page must not weigh for the rest of the child's life."""
    if sys.platform == "linux" and hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
