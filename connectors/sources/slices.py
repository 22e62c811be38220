"""How a long source is read in slices, and where the next one goes on."""

import hashlib
import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The end of a slice.

    position: what to give as `start` of the next slice; None: the file is done. Opaque, at most 63 bits.
    records: how many pages, texts, rejected rows and skips the slice gave. offset: bytes of the file that are done.
    """

    position: int | None
    records: int
    offset: int = 0


def fingerprint_of(path: str) -> str:
    """32 hex digits of a file's size and time of change: another value means that it must be read again."""
    found = os.stat(path)
    return hashlib.blake2b(f"{found.st_size} {found.st_mtime_ns}".encode(), digest_size=16).hexdigest()
