"""How a failure in a child process is named on a rejected row."""

from newsbeam.connectors.processes import TaskCrashed, TaskFailed, TaskMemory, TaskTimeout

_REASONS: dict[type[BaseException], str] = {
    TaskTimeout: "parse_timeout",
    TaskMemory: "parse_memory",
    TaskCrashed: "parse_failed",
    TaskFailed: "parse_failed",
}

_OURS = ("ImportError", "ModuleNotFoundError", "FileNotFoundError", "PicklingError", "NameError")
"""What no document can bring about: a broken installation or our own bug, which must fail the run."""


def parse_reason(error: BaseException | None) -> str | None:
    """The reason that a child's failure is rejected with; None for no error, and for one that is ours to raise."""
    if error is None or (isinstance(error, TaskFailed) and error.kind in _OURS):
        return None
    return _REASONS.get(type(error))
