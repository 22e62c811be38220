"""The pool of killable parsers: which modules its processes are forked with, and how many there are."""

import os

from newsbeam.config.tables import Extract
from newsbeam.connectors.processes import Pool, shared_pool

PRELOADED = ("newsbeam.connectors.sources.feed", "newsbeam.transforms.documents:warm")


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pool(extract: Extract, detector: str = "langdetect") -> Pool:
    """The process's pool for these settings; asked for early, it loads its modules while the caller loads Beam."""
    preload = (*PRELOADED, f"newsbeam.transforms.detectors:{detector}")
    return shared_pool(size=workers(extract), memory_mib=extract.memory, recycle=extract.recycle, preload=preload)


def workers(extract: Extract) -> int:
    """Parser processes of each worker process."""
    return extract.workers or cores()
