"""What Beam's workers print of an error is dropped: the driver says what failed, with a trace where it is our bug."""

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO, cast

from apache_beam.utils.thread_pool_executor import _Worker


@contextlib.contextmanager
def workers() -> Iterator[None]:
    """Drop what worker threads of Beam print to stderr, and what an engine tells of a failed bundle.

    Beam prints and logs the traceback of each bundle that fails (sdk_worker.py, portable_runner.py, Beam 2.77), some
    hundred lines for a server that is away. What else goes through logging stays.
    """
    before, handlers = sys.stderr, for_good()
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(_is_no_message)
        sys.stderr = before


def for_good() -> list[logging.Handler]:
    """Drop it until the process ends: a worker may have a bundle in hand when the command is done. The handlers of the
    log that now do so."""
    handlers = list(logging.getLogger().handlers)
    sys.stderr = cast(TextIO, _Stderr(sys.stderr))
    for handler in handlers:
        handler.addFilter(_is_no_message)
    return handlers


def _is_no_message(record: logging.LogRecord) -> bool:
    """Whether a record is not of the root logger, to which Beam hands an engine's messages."""
    return record.name != "root"


class _Stderr:
    """Standard error for everybody but Beam's workers."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or say that all of it was written."""
        if isinstance(threading.current_thread(), _Worker):
            return len(text)
        written: int = self._stream.write(text)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
