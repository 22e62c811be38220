"""Giving memory back between two turns: what one slice needed must not weigh on the next one."""

import ctypes
import gc
import sys


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
