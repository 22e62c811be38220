"""JSON lines, plain or compressed as a whole: one row a line."""

import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, cast

import orjson
import zstandard

from newsbeam.connectors.stores.forms import Edit
from newsbeam.connectors.stores.rows import Row, completed
from newsbeam.records import Collection

_ID = b'{"id":"'
_CHUNK = 1 << 20
_GZIP_LEVEL, _ZSTD_LEVEL = 6, 3


class Lines:
    """JSON lines. compression: `none`, `zstd` or `gzip`."""

    def __init__(self, compression: str = "none") -> None:
        self._compression = compression

    def write(self, out: BinaryIO, collection: Collection, sources: Sequence[BinaryIO], edit: Edit) -> int:
        written = 0
        with self._packing(out) as packed:
            for source in sources:
                with self._unpacked(source) as lines:
                    whole = not edit.gone and not edit.changed
                    written += _copy(lines, packed) if whole else _edited(lines, packed, edit)
            for row in edit.added:
                packed.write(_line(row))
        return written + len(edit.added)

    def rows(self, source: BinaryIO, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        with self._unpacked(source) as lines:
            for line in lines:
                row = orjson.loads(line)
                if since is None or row["updated_at"] >= since:
                    yield completed(collection, row)

    def ids(self, source: BinaryIO) -> list[str]:
        with self._unpacked(source) as lines:
            return [_line_id(line) for line in lines]

    def count(self, source: BinaryIO) -> int:
        with self._unpacked(source) as lines:
            return sum(1 for _ in lines)

    @contextlib.contextmanager
    def _packing(self, out: BinaryIO) -> Iterator[BinaryIO]:
        if self._compression == "zstd":
            with zstandard.ZstdCompressor(level=_ZSTD_LEVEL).stream_writer(out, closefd=False) as packed:
                yield cast(BinaryIO, packed)
        elif self._compression == "gzip":
            # Neither a name nor a time in it: equal rows make equal files.
            with gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0) as zipped:
                yield cast(BinaryIO, zipped)
        else:
            yield out

    @contextlib.contextmanager
    def _unpacked(self, source: BinaryIO) -> Iterator[BinaryIO]:
        try:
            if self._compression == "zstd":
                reader = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True, closefd=False)
                yield cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, reader), _CHUNK))
            elif self._compression == "gzip":
                with gzip.GzipFile(fileobj=source, mode="rb") as unzipped:
                    yield cast(BinaryIO, unzipped)
            else:
                yield source
        except (zstandard.ZstdError, zlib.error, EOFError) as error:
            raise ValueError(f"its compression is broken ({error})") from error


def _copy(lines: BinaryIO, out: BinaryIO) -> int:
    """Copy whole chunks; how many lines they were."""
    count = 0
    while chunk := lines.read(_CHUNK):
        out.write(chunk)
        count += chunk.count(b"\n")
    return count


def _edited(lines: BinaryIO, out: BinaryIO, edit: Edit) -> int:
    """Copy lines, changed ones as they are now, without those that leave; how many."""
    kept = 0
    changed: Mapping[str, Row] = edit.changed
    for line in lines:
        own = _line_id(line)
        if own in edit.gone:
            continue
        out.write(_line(changed[own]) if own in changed else line)
        kept += 1
    return kept


def _line(row: Row) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _line_id(line: bytes) -> str:
    """The id of a line that this store wrote: it stands first, and is made of hex digits."""
    if line.startswith(_ID):
        return line[len(_ID) : line.index(b'"', len(_ID))].decode()
    return str(orjson.loads(line)["id"])
