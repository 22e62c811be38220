"""Copying a WARC file without some of its pages."""

import gzip
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from newsbeam.connectors.sources.errors import SourceError
from newsbeam.connectors.sources.frames import Frame

_STEP = 1024 * 1024
_PAGES = (WarcRecordType.response, WarcRecordType.resource)


def rewrite_without(path_in: Path, path_out: Path, drop: Callable[[str], bool]) -> int:
    """Copy an archive without the records whose target URI is to be dropped; how many of them were pages.

    Records about a dropped one go with it, such as a description of the same target, or a request that names its id.
    Pages are `response` and `resource` records. Members that keep all their records are copied byte for byte; the copy
    is on the disk when this returns. A gzip member is held in memory as a whole.

    Raises:
        SourceError: a record cannot be read; the copy is of no use.
        OSError: a file cannot be read or written.
    """
    choice = _Choice(drop=drop)
    with path_in.open("rb") as file, path_out.open("wb") as out:
        size = os.fstat(file.fileno()).st_size
        if size and not Frame(file, 0).packed:
            _copy_plain(file, out, choice, path_in)
        else:
            offset = 0
            while offset < size:
                offset = _copy_member(file, out, offset, choice, path_in)
        out.flush()
        os.fsync(out.fileno())
    return choice.pages


@dataclass(slots=True)
class _Choice:
    """Which records go. ids: of those that went. pages: how many of them were pages."""

    drop: Callable[[str], bool]
    ids: set[str] = field(default_factory=set)
    pages: int = 0

    def keeps(self, record: WarcRecord) -> bool:
        """Whether a record stays."""
        headers = record.headers
        target = _bare(headers.get("WARC-Target-URI"))
        related = {_bare(headers.get(name)) for name in ("WARC-Concurrent-To", "WARC-Refers-To")}
        is_page = record.record_type in _PAGES
        if not (target and self.drop(target)) and (is_page or self.ids.isdisjoint(related - {""})):
            return True
        self.ids.add(_bare(headers.get("WARC-Record-ID")))
        self.pages += is_page
        return False


def _copy_member(file: BinaryIO, out: BinaryIO, offset: int, choice: _Choice, path: Path) -> int:
    """Copy what stays of the gzip member at an offset; the offset behind it."""
    frame = Frame(file, offset)
    data = b""
    if frame.packed:
        data = b"".join(iter(lambda: frame.read(_STEP), b""))
    if not frame.packed or frame.cut or frame.broken:
        raise SourceError(f"{path}: it is broken at byte {offset:,}: nothing was taken out of it")
    ranges = _ranges(io.BytesIO(data), choice, size=len(data), where=f"{path}, byte {offset:,}")
    if all(kept for _, _, kept in ranges):
        file.seek(offset)
        _copy(file, out, frame.end - offset)
    elif kept := b"".join(data[start:end] for start, end, stays in ranges if stays):
        out.write(gzip.compress(kept, mtime=0))
    return frame.end


def _copy_plain(file: BinaryIO, out: BinaryIO, choice: _Choice, path: Path) -> None:
    file.seek(0)
    size = os.fstat(file.fileno()).st_size
    ranges = _ranges(file, choice, size=size, where=str(path))
    for start, end, kept in ranges:
        if kept:
            file.seek(start)
            _copy(file, out, end - start)


def _ranges(stream: BinaryIO, choice: _Choice, *, size: int, where: str) -> list[tuple[int, int, bool]]:
    """(start, end, whether it stays) of every record of a plain stream, which they fill."""
    found: list[tuple[int, bool]] = []
    try:
        for record in ArchiveIterator(stream, parse_http=False, stream_detect=False):
            found.append((record.stream_pos if found else 0, choice.keeps(record)))
            record.reader.consume()
    except OSError as error:
        if error.errno is not None:  # the disk's; what fastwarc itself says has no number
            raise
        raise SourceError(f"{where}: no WARC record ({error}): nothing was taken out of it") from error
    if not found:
        raise SourceError(f"{where}: no WARC record: nothing was taken out of it")
    ends = [*(start for start, _ in found[1:]), size]
    return [(start, end, kept) for (start, kept), end in zip(found, ends, strict=True)]


def _copy(source: BinaryIO, out: BinaryIO, size: int) -> None:
    while size > 0 and (data := source.read(min(size, _STEP))):
        out.write(data)
        size -= len(data)


def _bare(written: str | None) -> str:
    """A header's address or id, without the angle brackets that it may be written in."""
    bare = (written or "").strip()
    return bare[1:].removesuffix(">") if bare.startswith("<") else bare
