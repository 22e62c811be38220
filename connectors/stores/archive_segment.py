"""A part of an archive while it is written: under a temporary name, complete on the disk when it is finished."""

import datetime
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newsbeam.connectors.state.manifest import Segment
from newsbeam.connectors.stores.store import StoreError

SUFFIX = ".warc.gz"


def temporary(folder: Path, name: str, epoch: int) -> Path:
    """Where a file is until it is settled: a name that no reader of *.warc.gz takes for an archive."""
    path = folder / name
    return path.with_name(f".{path.name.removesuffix(SUFFIX)}.{epoch}.tmp")


class SegmentWriter:
    """Takes whole records. A segment that is never settled is removed when the store is next taken.

    store: the archive's address. folder: of its pages. head: what the file begins with. now: UTC, names its folder.
    """

    def __init__(self, *, store: str, folder: Path, epoch: int, head: bytes, now: datetime.datetime) -> None:
        self._store = store
        self._name = f"date={now:%Y-%m-%d}/{now:%H%M%S}-{uuid.uuid4().hex[:16]}{SUFFIX}"
        self._path = temporary(folder, self._name, epoch)
        self._records = 0
        with self._said():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb")
            self._file.write(head)

    def write(self, records: bytes) -> None:
        """Add the records of one page.

        Raises:
            StoreError: the disk does not take them.
        """
        with self._said():
            self._file.write(records)
        self._records += 1

    def finish(self) -> Segment:
        """Bring it to the disk. Raises StoreError."""
        with self._said():
            self._file.flush()
            os.fsync(self._file.fileno())
            size = self._file.tell()
            self._file.close()
        return Segment(store=self._store, name=self._name, records=self._records, bytes=size)

    def abandon(self) -> None:
        """Remove it: the work that it belonged to has failed."""
        with self._said():
            self._file.close()
            self._path.unlink(missing_ok=True)

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreError(f"{self._store}: a page cannot be archived: {self._path}: {reason}") from error
