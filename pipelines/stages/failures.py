"""How a failure in a child process is named on a rejected row."""

from newsbeam.connectors.processes import TaskCrashed, TaskFailed, TaskMemory, TaskTimeout

PARSE_REASONS: dict[type[BaseException], str] = {
    TaskTimeout: "parse_timeout",
    TaskMemory: "parse_memory",
    TaskCrashed: "parse_failed",
    TaskFailed: "parse_failed",
}
