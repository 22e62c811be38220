"""Folders: where a file store's files lie, on this machine. A name is a path below the store's folder, with slashes."""

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol


class Folder(Protocol):
    """A place for files. address: without secrets. failures: what its calls raise when it cannot be used."""

    address: str
    failures: tuple[type[Exception], ...]

    def make(self, name: str) -> None:
        """Make sure that files can be written into the folder `name`."""

    def sizes(self, name: str) -> dict[str, int]:
        """The bytes of every file at any depth below the folder `name`, by name; temporary files too."""

    def open(self, name: str) -> BinaryIO:
        """The file, to be read at any place."""

    def create(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file to be written; it outlives a power cut once the `with` block is left without an error."""

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""

    def rename(self, old: str, new: str) -> None:
        """Give a file another name at once, in the place of the file that has it. Raises FileNotFoundError."""

    def remove(self, name: str) -> None:
        """Remove the file; one that is not there is no error."""

    def prune(self, names: Iterable[str]) -> None:
        """Remove the folders that these files were in, where they are empty and lie below a collection's folder."""

    def sync(self, names: Iterable[str]) -> None:
        """Make what happened to the names of these files outlive a power cut."""

    def is_away(self, error: BaseException) -> bool:
        """Whether a failure is of a server that is away for a while, so that the same may succeed later."""


class LocalFolder:
    """A folder of this machine's disks. It is made, with its parents, when there is none."""

    failures: tuple[type[Exception], ...] = (OSError,)

    def __init__(self, path: str) -> None:
        self.path = Path(os.path.abspath(path))
        self.address = str(self.path)

    def make(self, name: str) -> None:
        _make(self.path / name)
        probe = self.path / name / ".probe.tmp"
        probe.write_bytes(b"")
        probe.unlink()

    def sizes(self, name: str) -> dict[str, int]:
        found = {}
        for folder, _, files in os.walk(self.path / name, onerror=_raise):
            for file in files:
                path = Path(folder, file)
                with suppress(FileNotFoundError):  # it has been renamed since
                    found[path.relative_to(self.path).as_posix()] = path.stat().st_size
        return found

    def open(self, name: str) -> BinaryIO:
        return (self.path / name).open("rb")

    @contextmanager
    def create(self, name: str) -> Iterator[BinaryIO]:
        path = self.path / name
        _make(path.parent)
        with path.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())

    def exists(self, name: str) -> bool:
        return (self.path / name).exists()

    def rename(self, old: str, new: str) -> None:
        os.replace(self.path / old, self.path / new)

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def prune(self, names: Iterable[str]) -> None:
        for name in names:
            for folder in list(Path(name).parents)[:-2]:
                with suppress(
                    OSError
                ):  # it is not empty, gone already, or not ours to remove: an empty folder is no harm
                    (self.path / folder).rmdir()

    def sync(self, names: Iterable[str]) -> None:
        for folder in sorted({(self.path / name).parent for name in names}):
            if folder.exists():
                sync_folder(folder)

    def is_away(self, error: BaseException) -> bool:
        """Never: a disk that fails is for a person to see to."""
        return False


def _make(folder: Path) -> None:
    """Make a folder and its parents, each of them to the disk."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring the folder's names to the disk, which writing its files does not do."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
