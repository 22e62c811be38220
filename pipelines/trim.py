"""Giving memory back between turns and windows: what one of them needed must not weigh on the next."""

import ctypes
import gc
import sys
import time

_EVERY = 30.0
_last = [0.0]


def give_back() -> None:
    """Collect what a finished pipeline left in cycles, and hand freed memory back to the system (glibc).

    A pipeline's objects refer to each other, so that only the collector frees them; and glibc keeps what was freed
    beneath a younger block, which over many slices looks like a leak.
    """
    gc.collect()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):
            libc.malloc_trim(0)


def now_and_then() -> None:
    """Give memory back where that was last done half a minute ago or more: what is done a window at a time calls it."""
    now = time.monotonic()
    if now - _last[0] >= _EVERY:
        _last[0] = now
        give_back()
