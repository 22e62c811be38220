"""A run that failed, said to a person: what failed, and that nothing is lost."""

import logging
import re

from newsbeam.connectors.state.errors import CommitUndone, StateAway
from newsbeam.connectors.stores.store import StoreAway

_PASSING = (StoreAway.__name__, StateAway.__name__, CommitUndone.__name__)
_SAID = ("StoreError", "StateError", "StateHeld", "LeaseLost", *_PASSING)
"""Errors whose message is written for the person who runs newsbeam; any other is our bug and needs its traceback."""

_NAMED = re.compile(r"^(?:[\w.]+\.)?([A-Z]\w*(?:Error|Exception|Held|Lost|Away|Undone|Timeout)\w*): (.+)$")
_PANIC = re.compile(r"\bpanic in [^:]+: ([^,\n]+)")
"""How Prism, which is a Go program, tells of its own bugs."""

_log = logging.getLogger(__name__)


class Failed(Exception):
    """The run could not be done. The message names the store, state or stage; the next run goes on from there.

    passing: a server is away, or busy, for a while: the same may succeed later.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing

    @property
    def cause(self) -> str:
        """What failed, without what to do about it."""
        return str(self).partition("; nothing is lost")[0]


def passes(error: BaseException) -> bool:
    """Whether an error is of a server that is away for a while."""
    return isinstance(error, StoreAway | StateAway)


def of_connector(error: Exception) -> Failed:
    """The failure of a store or of the state, whose messages are written for people."""
    return Failed(f"{error}; nothing is lost: run it again once that is mended", passing=passes(error))


def of_pipeline(error: BaseException) -> Failed:
    """The failure behind an error that a runner raised.

    Runners hand on a worker's exception as text, with its traceback: the last line that names an exception is the
    cause.
    """
    if isinstance(error, Failed):
        return error
    broke = _PANIC.search(str(error))
    if broke:
        said = f"the engine broke by itself ({broke[1]}); nothing is lost: the next run goes on from here"
        return Failed(said, passing=True)
    named = [found for line in str(error).splitlines() if (found := _NAMED.match(line.strip()))]
    name, message = (named[-1].group(1), named[-1].group(2)) if named else (type(error).__name__, str(error))
    message = message.split(" [while running", 1)[0]
    if name in _SAID:
        return Failed(f"{message}; nothing is lost: run it again once that is mended", passing=name in _PASSING)
    _log.error("a stage broke", exc_info=error)
    return Failed(f"{message} ({name}); nothing is lost: the next run goes on from here")
