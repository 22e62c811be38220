"""The compressed blocks of a WARC file: gzip members one after another, or one plain block."""

import io
import zlib
from typing import BinaryIO

_GZIP = b"\x1f\x8b\x08"
_STEP = 65_536


class Frame(io.RawIOBase):
    """The bytes of one block as a stream, from its start; a gzip member's are decompressed as they are asked for.

    start: offset of the block in the file. When all is read: end, the offset behind it; cut, whether the file ended
    inside of it; broken, why it could not be decompressed further, empty when it could.
    """

    def __init__(self, file: BinaryIO, start: int) -> None:
        super().__init__()
        self._file = file
        self.start = self.end = start
        self.cut = False
        self.broken = ""
        self.done = False
        file.seek(start)
        mark = file.read(len(_GZIP))
        self.packed = bool(mark) and _GZIP.startswith(mark)
        file.seek(start)
        self._inflater = zlib.decompressobj(wbits=31)
        self._ahead = b""

    def readable(self) -> bool:
        """True: RawIOBase asks."""
        return True

    def tell(self) -> int:
        """0: offsets in the stream are counted from where reading began."""
        return 0

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; none at the end of the block."""
        size = _STEP if size is None or size < 0 else size
        if self.done or not size:
            return b""
        return self._inflated(size) if self.packed else self._plain(size)

    def drain(self) -> None:
        """Read to the end of the block, for `end`, `cut` and `broken`."""
        while not self.done:
            self.read(_STEP)

    def _plain(self, size: int) -> bytes:
        data = self._file.read(size)
        self.end += len(data)
        self.done = not data
        return data

    def _inflated(self, size: int) -> bytes:
        while True:
            given = self._ahead or self._file.read(_STEP)
            if not given:
                self.cut = self.done = True
                return b""
            try:
                data = self._inflater.decompress(given, size)
            except zlib.error as error:
                self.broken, self.done = str(error), True
                return b""
            self._ahead = self._inflater.unconsumed_tail
            if self._inflater.eof:
                self.done = True
                self.end = self._file.tell() - len(self._inflater.unused_data)
                return data
            self.end = self._file.tell() - len(self._ahead)
            if data:
                return data


def next_member(file: BinaryIO, after: int) -> int | None:
    """The offset of the first gzip member at or behind `after` that holds a WARC record; None without one."""
    offset, tail = after, b""
    while True:
        file.seek(offset)
        data = tail + file.read(_STEP)
        if len(data) <= len(tail):
            return None
        at = data.find(_GZIP)
        while at >= 0:
            candidate = offset - len(tail) + at
            if _starts_a_record(file, candidate):
                return candidate
            at = data.find(_GZIP, at + 1)
        offset += len(data) - len(tail)
        tail = data[-2:]


def _starts_a_record(file: BinaryIO, offset: int) -> bool:
    return Frame(file, offset).read(16)[:5] == b"WARC/"
