"""The body of an archived HTTP response: transfer and content encoding undone within a limit.

Crawlers keep headers and undo encodings as they like, so an encoding is undone only where the bytes have it.
"""

import io
import re
import zlib
from collections.abc import Callable

from fastwarc.stream_io import BrotliReader, ZstdReader

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r?\n")
_PAGE = re.compile(
    rb"\s*+(?:(?><!--.{0,2000}?-->)\s*+|<\?xml[^>]{0,200}+>\s*+)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
"""Atomic: a comment that could be taken to reach to the end of a later one takes minutes where there are thirty."""


class BadPayload(Exception):
    """A body that cannot be had. reason: of records.REASONS."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


def looks_like_html(body: bytes) -> bool:
    """Whether a body of unknown type starts as a web page does."""
    start = body[:4096]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start.replace(b"\0", b"")[2:]
    return bool(_PAGE.match(start.removeprefix(b"\xef\xbb\xbf")))


def decoded(body: bytes, *, transfer: str, content: str, limit: int, may_be_cut: bool) -> bytes:
    """The body as its author wrote it. transfer, content: the header fields. may_be_cut: the crawler said that it cut.

    Raises:
        BadPayload: longer than `limit` bytes, cut without being said so, or in an unknown, nested or broken encoding.
    """
    if "chunked" in transfer.lower():
        body = _unchunked(body, may_be_cut=may_be_cut)
    encodings = [one for one in re.split(r"[\s,]+", content.lower()) if one and one != "identity"]
    if len(encodings) > 1:
        raise BadPayload("bad_encoding", f"nested encodings: {content[:100]}")
    if encodings and not looks_like_html(body):
        body = _unpacked(body, encodings[0], limit=limit, may_be_cut=may_be_cut)
    if len(body) > limit:
        raise BadPayload("too_large", f"the body is longer than {limit:,} bytes")
    return body


def _unchunked(body: bytes, *, may_be_cut: bool) -> bytes:
    """The data of a chunked body (RFC 9112, section 7.1); a body without a first chunk line is not chunked."""
    pieces: list[bytes] = []
    at = 0
    while found := _CHUNK.match(body, at):
        size = int(found.group(1), 16)
        if size == 0:
            return b"".join(pieces)
        piece = body[found.end() : found.end() + size]
        pieces.append(piece)
        at = found.end() + size
        if len(piece) < size:
            break
        at += 2 if body[at : at + 2] == b"\r\n" else 1 if body[at : at + 1] == b"\n" else 0
    if not pieces:
        return body
    if may_be_cut:
        return b"".join(pieces)
    raise BadPayload("truncated", "the chunked body has no last chunk")


def _unpacked(body: bytes, encoding: str, *, limit: int, may_be_cut: bool) -> bytes:
    if encoding in ("gzip", "x-gzip"):
        return _inflated(body, 31, limit, may_be_cut) if body.startswith(b"\x1f\x8b") else body
    if encoding == "deflate":
        has_header = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
        return _inflated(body, 15 if has_header else -15, limit, may_be_cut)
    readers: dict[str, Callable[[io.BytesIO], BrotliReader | ZstdReader]] = {"br": BrotliReader, "zstd": ZstdReader}
    reader = readers.get(encoding)
    if reader is None:
        raise BadPayload("bad_encoding", f"unknown encoding: {encoding[:100]}")
    try:
        return bytes(reader(io.BytesIO(body)).read(limit + 1))
    except OSError as error:
        raise BadPayload("bad_encoding", f"{encoding}: {error}") from None


def _inflated(body: bytes, wbits: int, limit: int, may_be_cut: bool) -> bytes:
    inflater = zlib.decompressobj(wbits=wbits)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise BadPayload("bad_encoding", str(error)) from None
    if len(plain) <= limit and not inflater.eof and not may_be_cut:
        raise BadPayload("truncated", "the compressed body ends too early")
    return plain
