"""How a failure in a child process is named on a rejected row."""

from newsbeam.connectors.processes import TaskCrashed, TaskFailed, TaskMemory, TaskTimeout

_REASONS: dict[type[BaseException], str] = {
    TaskTimeout: "parse_timeout",
    TaskMemory: "parse_memory",
    TaskCrashed: "parse_failed",
    TaskFailed: "parse_failed",
}


def parse_reason(error: BaseException | None) -> str | None:
    """The reason that a child's failure is rejected with; None for no error, and for one that is ours to raise."""
    return _REASONS.get(type(error)) if error is not None else None
