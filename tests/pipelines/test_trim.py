"""Memory is given back now and then, not after every window."""

import ctypes
import subprocess
import sys

import pytest

from newsbeam.pipelines import trim


def test_it_is_given_back_once_in_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    clock = [1000.0]
    monkeypatch.setattr(trim, "give_back", lambda: given.append(clock[0]))
    monkeypatch.setattr(trim.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(trim, "_last", [0.0])
    for second in range(90):
        clock[0] = 1000.0 + second
        trim.now_and_then()
    assert given == [1000.0, 1030.0, 1060.0]


ARENAS = """
import ctypes, sys, threading
from newsbeam.pipelines import trim
if sys.argv[1] == "few":
    trim.few_arenas()
met = threading.Barrier(12)
def allocate():
    held = [bytes(2_000) for _ in range(100)]
    met.wait()
threads = [threading.Thread(target=allocate) for _ in range(12)]
for one in threads:
    one.start()
for one in threads:
    one.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="needs glibc")
def test_threads_share_two_arenas() -> None:
    def arenas(how: str) -> int:
        told = subprocess.run([sys.executable, "-c", ARENAS, how], capture_output=True, text=True, check=True)
        return told.stdout.count("<heap nr=")

    assert arenas("few") <= 2 < arenas("as it is")
