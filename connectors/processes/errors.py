"""How a task can end without a result."""


class TaskTimeout(Exception):
    """The task took longer than its deadline; its process was killed."""


class TaskMemory(Exception):
    """The task needed more memory than the limit."""


class TaskCrashed(Exception):
    """The task's process died, by a signal or by an exit of its own."""


class TaskFailed(Exception):
    """The task raised. kind: name of the exception's type; message: its text."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind
