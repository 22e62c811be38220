"""A disk that is full or read-only, made of memory; tests that need one are skipped where it cannot be mounted."""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest


class SmallDisk:
    """A tmpfs at a folder, for as long as the block lasts."""

    def __init__(self, folder: Path, *, kilobytes: int) -> None:
        self.folder, self._size = folder, kilobytes

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        if not self._mount("-t", "tmpfs", "-o", f"size={self._size}k", "tmpfs"):
            pytest.skip("no tmpfs can be mounted here (it takes root)")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=False, capture_output=True)

    def grow(self, kilobytes: int) -> None:
        """Make it larger, what it holds kept."""
        assert self._mount("-o", f"remount,size={kilobytes}k")

    def read_only(self, on: bool) -> None:
        """Let nobody write to it, or let everybody."""
        assert self._mount("-o", f"remount,{'ro' if on else 'rw'}")

    def _mount(self, *options: str) -> bool:
        done = subprocess.run(["mount", *options, self.folder], check=False, capture_output=True)
        return done.returncode == 0
