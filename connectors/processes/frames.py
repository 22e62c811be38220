"""The wire between the pool and its children: a length of 8 bytes, then that many bytes."""

import socket
import struct

_LENGTH = struct.Struct("<Q")
_CHUNK = 1 << 18
BUFFER = 1 << 20
"""Bytes asked of the kernel for a socket, so that an ordinary page crosses in one call."""


def encode(body: bytes) -> bytes:
    """The bytes that stand for `body` on the wire."""
    return _LENGTH.pack(len(body)) + body


class Decoder:
    """Collects what arrives and hands out whole frames."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes, in order."""
        self._bytes += data
        whole = []
        start = 0
        while len(self._bytes) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._bytes, start)
            end = start + _LENGTH.size + length
            if len(self._bytes) < end:
                break
            whole.append(bytes(memoryview(self._bytes)[start + _LENGTH.size : end]))
            start = end
        del self._bytes[:start]
        return whole


def receive(sock: socket.socket) -> tuple[bytes, bool]:
    """All that a non-blocking socket holds now, and whether its other end is closed."""
    parts: list[bytes] = []
    while True:
        try:
            part = sock.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return b"".join(parts), False
        except ConnectionError:
            return b"".join(parts), True
        if not part:
            return b"".join(parts), True
        parts.append(part)


def read(sock: socket.socket) -> bytes | None:
    """The next frame of a blocking socket; None when the other end has closed it."""
    header = _exactly(sock, _LENGTH.size)
    return None if header is None else _exactly(sock, _LENGTH.unpack(header)[0])


def _exactly(sock: socket.socket, count: int) -> bytes | None:
    buffer = bytearray(count)
    view = memoryview(buffer)
    while view:
        got = sock.recv_into(view)
        if not got:
            return None
        view = view[got:]
    return bytes(buffer)
