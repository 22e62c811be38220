"""The records of one block of a WARC file (ISO 28500), found again behind bytes that are none."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord

from newsbeam.connectors.sources.descriptions import Description
from newsbeam.connectors.sources.frames import Frame
from newsbeam.records import Page, Rejected, SavedEntry, Skipped

Item = Page | SavedEntry | Skipped | Rejected

_HEAD = 65_536
_MAX_BREAKS = 100
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_RECORD = re.compile(rb"\nWARC/[01]\.")
_LENGTH = re.compile(rb"\ncontent-length:\s*(\d{1,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A record and its offset in the block. item: None for one that is not counted. whole: all its bytes were there.

    broken: why no record begins at the offset; empty where one does. id: the record's own. description: what the record
    says about another one, whose id is `about`. content, moment: of an entry without a page, which is one only beside
    its description.
    """

    at: int
    item: Item | None
    whole: bool
    broken: str = ""
    id: str = ""
    description: Description | None = None
    about: str = ""
    content: str | None = None
    moment: str = ""


class Block:
    """The records of the frame at an offset of a file. judge: what a record at an offset of the frame is.

    When all are read: frame, the stream they came from; end, offset in the frame behind the last whole record; left,
    whether something stands behind it (told of plain files only: a gzip member says itself whether it is cut).
    """

    def __init__(self, file: BinaryIO, offset: int, judge: Callable[[WarcRecord, int], Found]) -> None:
        self._file = file
        self._offset = offset
        self._judge = judge
        self.frame = Frame(file, offset)
        self.end = 0
        self.left = False

    def records(self) -> Iterator[Found]:
        """Each record, and each place where a record was due and none began; an unfinished one can be the last only."""
        start: int | None = 0
        breaks = 0
        while start is not None:
            self.frame = self._opened(start)
            lost, last, partial = "", None, None
            try:
                archive = ArchiveIterator(self.frame, parse_http=False, stream_detect=False, max_header_len=_HEAD)
                for record in archive:
                    if partial is not None:
                        yield _broken(partial.at, "a record's head is broken")
                    last = self._judge(record, start + record.stream_pos)
                    partial = None if last.whole else last
                    if last.whole:
                        yield last
            except OSError as error:
                lost = str(error)
            if not lost and (partial is not None or self.frame.packed):
                yield from [partial] if partial else []
                return
            self.end = partial.at if partial else self._end_of(last.at) if last else start
            if partial is None and self._nothing_more(lost):
                return
            breaks += 1
            given_up = self.frame.packed and breaks >= _MAX_BREAKS
            yield _broken(self.end, f"no record: {lost}" + ("; the rest of the block is left out" if given_up else ""))
            start = None if given_up else self._next_after(self.end)

    def _nothing_more(self, lost: str) -> bool:
        """Whether the last record was the last one: what stands behind it is nothing, or the head of a cut one."""
        behind = self._opened(self.end).read(_HEAD)
        self.end += len(behind) - len(behind.lstrip(b"\r\n"))
        if lost and not _begins_a_head(behind):
            return False
        self.left = bool(behind.strip())
        return True

    def _opened(self, at: int) -> Frame:
        if not Frame(self._file, self._offset).packed:
            return Frame(self._file, self._offset + at)
        frame = Frame(self._file, self._offset)
        while at > 0 and (data := frame.read(min(at, _HEAD))):
            at -= len(data)
        return frame

    def _end_of(self, at: int) -> int:
        """The offset behind the record that begins at `at`, by its own Content-Length."""
        head = self._opened(at).read(_HEAD)
        found = _END_OF_HEAD.search(head)
        length = _LENGTH.search(head, 0, found.end()) if found else None
        return at + (found.end() if found else 0) + (int(length.group(1)) if length else 0)

    def _next_after(self, at: int) -> int | None:
        """The offset of the next line that can begin a record; None without one."""
        stream, base, data = self._opened(at), at, b""
        while piece := stream.read(_HEAD):
            data += piece
            if found := _RECORD.search(data):
                return base + found.start() + 1
            base += max(0, len(data) - 16)
            data = data[-16:]
        return None


def _broken(at: int, why: str) -> Found:
    return Found(at=at, item=None, whole=True, broken=why)


def _begins_a_head(data: bytes) -> bool:
    """Whether the bytes, the last of a stream, are a record's head without its end."""
    data = data.lstrip(b"\r\n")
    named = data.startswith(b"WARC/") or (bool(data) and b"WARC/".startswith(data))
    return named and len(data) < _HEAD and _END_OF_HEAD.search(data) is None
