"""Killable processes for untrusted bytes: a task over its time or memory costs itself, never its neighbours."""

from newsbeam.connectors.processes.errors import TaskCrashed, TaskFailed, TaskMemory, TaskTimeout
from newsbeam.connectors.processes.pool import Pool, shared_pool

__all__ = ["Pool", "TaskCrashed", "TaskFailed", "TaskMemory", "TaskTimeout", "shared_pool"]
