"""Memory that is held for nothing: what one turn or window needed must not weigh on the next."""

import ctypes
import gc
import sys
import time

_EVERY = 30.0
_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's malloc.h."""
_ARENAS = 2
_last = [0.0]


def few_arenas() -> None:
    """Have glibc serve all threads from two arenas instead of eight a core. To be called before the first thread.

    Each arena keeps what its busiest moment needed: with a stream's 25 threads that is a quarter of its memory, and
    grows for as long as some thread has a busier moment than all before. Python's threads seldom allocate at a time.
    """
    libc = _libc()
    if libc is not None and hasattr(libc, "mallopt"):
        libc.mallopt(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Collect what a finished pipeline left in cycles, and hand freed memory back to the system (glibc).

    A pipeline's objects refer to each other, so that only the collector frees them; and glibc keeps what was freed
    beneath a younger block, which over many slices looks like a leak.
    """
    gc.collect()
    libc = _libc()
    if libc is not None and hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def now_and_then() -> None:
    """Give memory back where that was last done half a minute ago or more: what is done a window at a time calls it."""
    now = time.monotonic()
    if now - _last[0] >= _EVERY:
        _last[0] = now
        give_back()


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
