"""What an answer, or the death of a child, means for its task."""

import os
import pickle
import signal
from typing import Any

from newsbeam.connectors.processes.errors import TaskCrashed, TaskFailed, TaskMemory
from newsbeam.connectors.processes.launcher import News

_NEAR_LIMIT = 0.8
_KIB_PER_MIB = 1024


def of_answer(frame: bytes) -> tuple[Any, BaseException | None]:
    """The task's result, or the error that stands for it."""
    try:
        outcome, value, whole = pickle.loads(frame)
        if outcome == "done":
            return value, None
        if outcome == "memory":
            return None, TaskMemory(value or "out of memory")
        error = None if whole is None else pickle.loads(whole)
    except Exception as problem:  # a result whose class cannot be built here is the task's failure
        return None, TaskFailed(type(problem).__name__, str(problem))
    return None, error if isinstance(error, BaseException) else TaskFailed(*value)


def of_death(news: News, memory_mib: int) -> Exception:
    """Why a child died: aborted near its limit, memory; else as its wait status says."""
    if news.value < 0:
        return TaskCrashed(f"no process could be forked: {os.strerror(-news.value)}")
    code = os.waitstatus_to_exitcode(news.value)
    if code >= 0:
        return TaskCrashed(f"ended with status {code}")
    name = signal.Signals(-code).name
    aborted = -code in (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS)
    if aborted and news.peak_kib >= _NEAR_LIMIT * memory_mib * _KIB_PER_MIB:
        return TaskMemory(f"died by {name} with {news.peak_kib // _KIB_PER_MIB} MiB in use")
    return TaskCrashed(f"died by {name}")
