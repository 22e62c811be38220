"""The pool: tasks in from any thread, results out as futures."""

import atexit
import os
import pickle
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from newsbeam.connectors.processes.children import Task
from newsbeam.connectors.processes.dispatcher import Dispatcher
from newsbeam.connectors.processes.frames import encode


class Pool:
    """A fixed number of processes, forked from one that has imported `preload`; none of them is the caller's fork.

    size: processes. memory_mib: address space of a task, beyond what the preloaded modules take. recycle: tasks after
    which a process is replaced by a fresh one. preload: modules, or "package.module:function" to have it called once,
    so that what it loads is shared; none may start a thread.
    """

    def __init__(self, *, size: int, memory_mib: int, recycle: int, preload: Sequence[str]) -> None:
        if size < 1 or memory_mib < 1 or recycle < 1:
            raise ValueError("size, memory_mib and recycle must be at least 1")
        self._owner = os.getpid()
        self._dispatcher = Dispatcher(size=size, memory_mib=memory_mib, recycle=recycle, preload=preload)

    def submit(
        self, target: str, argument: object, *, deadline: float, raises: Sequence[type[BaseException]] = ()
    ) -> Future[Any]:
        """Run "package.module:function" on `argument` in a child. deadline: seconds from the task's start there.

        The future gives the result, or raises TaskTimeout, TaskMemory, TaskCrashed or TaskFailed; an exception whose
        type is one of `raises` comes as itself. Only the child imports the target's module.
        Raises RuntimeError when the pool is closed or its modules cannot be imported.
        """
        names = frozenset(f"{kind.__module__}:{kind.__qualname__}" for kind in raises)
        task = Task(encode(pickle.dumps((target, names, argument), 5)), deadline)
        self._dispatcher.post(task)
        return task.future

    def close(self) -> None:
        """End every process. Tasks that wait are cancelled, those that had begun fail with TaskCrashed."""
        if os.getpid() == self._owner:  # in a fork of the owner the processes are not its own
            self._dispatcher.stop()

    @property
    def pids(self) -> list[int]:
        """The living children, as far as known; the process they are forked from is not among them."""
        return self._dispatcher.pids


_shared: dict[tuple[object, ...], Pool] = {}
_shared_lock = threading.Lock()


def shared_pool(*, size: int, memory_mib: int, recycle: int, preload: Sequence[str]) -> Pool:
    """The process's pool for these settings: made at first use, shared by all threads, closed at exit."""
    key = (os.getpid(), size, memory_mib, recycle, tuple(preload))
    with _shared_lock:
        pool = _shared.get(key)
        if pool is None:
            pool = _shared[key] = Pool(size=size, memory_mib=memory_mib, recycle=recycle, preload=preload)
            atexit.register(pool.close)
        return pool
