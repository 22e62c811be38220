"""Content encodings undone in bounded steps, so that no answer inflates beyond its limit (RFC 9110 8.4).

At most one encoding. One step gives at most STEP bytes for zlib and brotli, some 16 MiB for the worst zstd input.
"""

import importlib
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import zstandard

from newsbeam.connectors.http.failures import final, passing

STEP = 262_144
_ZSTD_INPUT = 512
_ZSTD_WINDOW = 8 * 1024 * 1024  # RFC 9659: what a decoder of the zstd content encoding must support, and no more
_GZIP_MAGIC = b"\x1f\x8b\x08"


def _optional(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


brotli = _optional("brotli")


class Decoder(Protocol):
    """Undoes one encoding, incrementally."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decoded pieces that the data completes, each of bounded size."""

    def complete(self) -> bool:
        """Whether the encoded stream has come to its own end."""


class _Gzip:
    """gzip, with further members after the first (RFC 1952 2.2); other bytes after a member are ignored."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data and not self._ended:
            yield self._member.decompress(data, STEP)
            data = self._member.unconsumed_tail
            if self._member.eof:
                data = self._member.unused_data
                if data[:1] == _GZIP_MAGIC[:1]:
                    self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
                elif data:
                    self._ended = True

    def complete(self) -> bool:
        return self._member.eof


class _Deflate:
    """deflate with the zlib wrapper, as RFC 9110 says, or raw, as some servers send it."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None
        self._start = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            self._start += data
            if len(self._start) < 2:
                return
            data = self._start
            wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        while data and not self._stream.eof:
            yield self._stream.decompress(data, STEP)
            data = self._stream.unconsumed_tail

    def complete(self) -> bool:
        return self._stream is not None and self._stream.eof


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream.is_finished():
            return
        yield self._stream.process(data, output_buffer_limit=STEP)
        while not self._stream.can_accept_more_data():
            yield self._stream.process(b"", output_buffer_limit=STEP)

    def complete(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd:
    """zstd has no limit on a step's output, so the input goes in by small slices."""

    def __init__(self) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_INPUT):
            if self._stream.eof:
                return
            yield self._stream.decompress(data[start : start + _ZSTD_INPUT])

    def complete(self) -> bool:
        return bool(self._stream.eof)


_DECODERS: dict[str, Callable[[], Decoder]] = {"gzip": _Gzip, "x-gzip": _Gzip, "deflate": _Deflate, "zstd": _Zstd}
_BROKEN: tuple[type[Exception], ...] = (zlib.error, zstandard.ZstdError)
# Before 1.2 a step's output could not be bounded.
if brotli is not None and tuple(map(int, brotli.__version__.split(".")[:2])) >= (1, 2):
    _DECODERS["br"] = _Brotli
    _BROKEN += (brotli.error,)

ACCEPTED = ", ".join(name for name in ("gzip", "deflate", "br", "zstd") if name in _DECODERS)
"""What Accept-Encoding offers."""


def encoding(header: str | None) -> str | None:
    """The one encoding that a Content-Encoding header names; None for none.

    Raises:
        FetchFailed: `bad_encoding`, more than one or an unknown one.
    """
    if not header:
        return None
    names = [name.strip().lower() for name in header.split(",", 8)]
    names = [name for name in names if name and name != "identity"]
    if not names:
        return None
    if len(names) > 1:
        raise final("bad_encoding", f"more than one content encoding: {header[:100]!r}")
    if names[0] not in _DECODERS:
        raise final("bad_encoding", f"unknown content encoding {names[0][:100]!r}")
    return names[0]


class Body:
    """Collects a body as it arrives, decoded, and stops at the limit.

    limit: bytes, of what came over the wire and of what it decodes to alike. cut: keep the first `limit` bytes
    instead of failing.
    """

    def __init__(self, encoding: str | None, limit: int, *, cut: bool = False) -> None:
        self._name = encoding
        self._decoder: Decoder | None = _DECODERS[encoding]() if encoding else None
        self._limit = limit
        self._cut = cut
        self._pieces: list[bytes] = []
        self._size = 0
        self._wire = 0
        self.full = False

    def add(self, data: bytes) -> None:
        """Take what arrived. `full` is set once a body that may be cut has reached its limit.

        Raises:
            FetchFailed: `too_large`, `bad_encoding`.
        """
        self._wire += len(data)
        if self._wire > self._limit and not self._cut:
            raise final("too_large", f"more than {self._limit} bytes over the wire")
        try:
            for piece in self._decoder.feed(data) if self._decoder else (data,):
                self._pieces.append(piece)
                self._size += len(piece)
                if self._size > self._limit:
                    if not self._cut:
                        raise final("too_large", f"{self._wire} bytes decode to more than {self._limit}")
                    self.full = True
                    return
        except _BROKEN as error:
            raise final("bad_encoding", f"{self._name}: {str(error)[:200]}") from None
        self.full = self._cut and self._wire > self._limit

    def end(self) -> bytes:
        """The body, once all has arrived.

        Raises:
            FetchFailed: `truncated`, the compressed stream has no end.
        """
        if self._decoder and self._wire and not self.full and not self._decoder.complete():
            raise passing("truncated", f"the {self._name} stream ends before its end, after {self._wire} bytes")
        return b"".join(self._pieces)[: self._limit]


def unlabelled(body: bytes, limit: int) -> bytes:
    """A gzip file served as it lies (`sitemap.xml.gz`) unpacked; any other body as it is.

    Raises:
        FetchFailed: as Body.
    """
    if not body.startswith(_GZIP_MAGIC):
        return body
    unpacked = Body("gzip", limit)
    unpacked.add(body)
    return unpacked.end()
