"""Payloads: records as the state keeps them, and back. Strict: what is not exactly this version's form is an error.

A payload is one byte of version, then JSON; where the first byte has its high bit set, the JSON is compressed (zstd).
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeVar

import orjson
import zstandard

from newsbeam.connectors.state.errors import PayloadError
from newsbeam.records import Attribution, Document, Entry, Origin, Rejected, Removed, Sketch
from newsbeam.text import printable

VERSION = 1
_COMPRESSED = 0x80
_LEVEL = 3
_MAX_SIZE = 256 * 1024 * 1024

_LATER: Mapping[str, Any] = {"reserved": ()}
_LATER_SKETCH: Mapping[str, Any] = {"told": None}
"""Fields that documents and sketches got later, and what stands for them in a payload that was written before."""

Kept = Document | Entry | Rejected | Sketch
T = TypeVar("T", Document, Entry, Rejected, Sketch)


class _Codecs:
    """zstd contexts, each used by one thread at a time.

    A context grows with the largest record that it has seen, to half a megabyte and more. So there are as many as are
    used at once, and not one for each of the dozens of threads that an engine has.
    """

    def __init__(self) -> None:
        self._free: list[tuple[zstandard.ZstdCompressor, zstandard.ZstdDecompressor]] = []

    def compress(self, data: bytes) -> bytes:
        """The data, compressed."""
        with self._one() as (compressor, _):
            return compressor.compress(data)

    def decompress(self, data: bytes) -> bytes:
        """The data as it was; raises ZstdError, beyond the largest size too."""
        with self._one() as (_, decompressor):
            return decompressor.decompress(data, max_output_size=_MAX_SIZE)

    @contextlib.contextmanager
    def _one(self) -> Iterator[tuple[zstandard.ZstdCompressor, zstandard.ZstdDecompressor]]:
        try:
            one = self._free.pop()
        except IndexError:
            one = zstandard.ZstdCompressor(level=_LEVEL), zstandard.ZstdDecompressor()
        try:
            yield one
        finally:
            self._free.append(one)


_codecs = _Codecs()


def encode(record: Kept) -> bytes:
    """The record's payload. Documents and entries, which hold long texts, are compressed."""
    if isinstance(record, Document | Entry):
        return bytes((VERSION | _COMPRESSED,)) + _codecs.compress(text(record))
    return bytes((VERSION,)) + text(record)


def text(record: Kept) -> bytes:
    """The record as JSON, without version and compression."""
    try:
        return orjson.dumps(record)
    except TypeError:  # a lone surrogate, which has no UTF-8
        return orjson.dumps(_plain(record))


def document(payload: bytes) -> Document:
    """The document of a payload.

    Raises:
        PayloadError: the payload is not exactly what this version writes.
    """
    values = _values(payload, Document, later=_LATER)
    values["removed"] = tuple(_made(Removed, one) for one in values["removed"])
    if values["attribution"] is not None:
        values["attribution"] = _made(Attribution, values["attribution"])
    values["origin"] = _made(Origin, values["origin"])
    return _tupled(Document, values, ("authors", "comments", "based_on", "tags", "reserved"))


def entry(payload: bytes) -> Entry:
    """The entry of a payload; raises PayloadError."""
    return _tupled(Entry, _values(payload, Entry), ("authors", "tags"))


def rejected(payload: bytes) -> Rejected:
    """The rejected row of a payload; raises PayloadError."""
    values = _values(payload, Rejected)
    values["origin"] = _made(Origin, values["origin"])
    return _tupled(Rejected, values, ())


def sketch(payload: bytes) -> Sketch:
    """The sketch of a payload; raises PayloadError."""
    return _tupled(Sketch, _values(payload, Sketch, later=_LATER_SKETCH), ("based_on",))


def entry_or_rejected(payload: bytes) -> Entry | Rejected:
    """What waits in the frontier: entries are compressed, rejected rows are not."""
    return entry(payload) if payload and payload[0] & _COMPRESSED else rejected(payload)


def date(text: str) -> bytes:
    """What stays of an entry that is settled: the date of its update."""
    return bytes((VERSION,)) + orjson.dumps(text)


def is_whole(payload: bytes | None) -> bool:
    """Whether a payload of the frontier is that of an entry or a rejected row, and not only the date of one."""
    return bool(payload and (payload[0] & _COMPRESSED or payload[1:2] == b"{"))


def date_of(payload: bytes | None) -> str | None:
    """The date of an entry's update, of which all or the date alone stayed; None without one. Raises PayloadError."""
    if not payload:
        return None
    if is_whole(payload):
        one = entry_or_rejected(payload)
        return one.updated if isinstance(one, Entry) else None
    try:
        found = orjson.loads(payload[1:]) if payload[0] == VERSION else None
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, str):
        raise PayloadError(f"a settled entry has the payload version {payload[0]}, not the date of version {VERSION}")
    return found


def _plain(record: Any) -> Any:
    """The record as mappings and lists, every string printable."""
    if hasattr(record, "__dataclass_fields__"):
        return {one.name: _plain(getattr(record, one.name)) for one in fields(record)}
    if isinstance(record, tuple):
        return [_plain(one) for one in record]
    return printable(record) if isinstance(record, str) else record


def _values(payload: bytes, wanted: type[Any], *, later: Mapping[str, Any] | None = None) -> dict[str, Any]:
    if not payload or payload[0] & ~_COMPRESSED != VERSION:
        found = payload[0] & ~_COMPRESSED if payload else "none"
        raise PayloadError(f"a stored {wanted.__name__} has the payload version {found}, not {VERSION}")
    try:
        json = payload[1:]
        if payload[0] & _COMPRESSED:
            json = _codecs.decompress(json)
        values = orjson.loads(json)
    except (zstandard.ZstdError, orjson.JSONDecodeError) as error:
        raise PayloadError(f"a stored {wanted.__name__} cannot be read: {error}") from error
    if later and isinstance(values, dict):
        values = {**later, **values}
    return _checked(wanted, values)


def _checked(wanted: type[Any], values: Any) -> dict[str, Any]:
    names = {one.name for one in fields(wanted)}
    if not isinstance(values, dict) or values.keys() != names:
        raise PayloadError(f"a stored {wanted.__name__} does not have the fields {', '.join(sorted(names))}")
    return values


def _made(wanted: type[Any], values: Any) -> Any:
    return wanted(**_checked(wanted, values))


def _tupled(wanted: type[T], values: dict[str, Any], names: tuple[str, ...]) -> T:
    for name in names:
        values[name] = tuple(values[name])
    try:
        return wanted(**values)
    except ValueError as error:
        raise PayloadError(f"a stored {wanted.__name__} holds what this version does not know: {error}") from error
