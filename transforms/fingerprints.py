"""Fingerprints: what of a text is kept so that it can be found and compared again without the text.

A fingerprint holds two samples. The sketch is a share of the text's short shingles (all of a short text's), chosen by
their hash alone, so that two sketches give the similarity and the containment of their texts (FracMinHash: Irber and
others, "Lightweight compositional analysis of metagenomes with FracMinHash and minimum metagenome covers", 2022). The
keys are the smallest hashes of longer runs of words (bottom-k: Cohen and Kaplan, "Summarizing data using bottom-k
sketches", PODC 2007): texts that share a passage share keys, and eight words in a row are seldom shared by chance.
"""

import base64
import binascii
import functools
import hashlib
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsbeam.transforms import shingles

VERSION = "nb1"
MIN_SHINGLES = 20
MAX_SKETCH = 1024
MIN_KEYS, MAX_KEYS = 32, 128
_KEY_BYTES, _SKETCH_BYTES = 5, 3
_KEY_MASK = np.uint64(2 ** (8 * _KEY_BYTES) - 1)
_ALL_KEPT, _HALF_KEPT = 320, 800
_HEADER = struct.Struct("<BIB")
_SHORT = 0xFF


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fingerprint:
    """A parsed fingerprint.

    shingles: how many different shingles the text has. scale: the sketch keeps one in 2**scale of them. sketch: their
    hashes, ascending, below 2**24 >> scale. keys: ascending, below 2**40. short: too short to be more than identical.
    """

    shingles: int
    scale: int
    sketch: NDArray[np.uint32]
    keys: tuple[int, ...]
    short: bool = False


def fingerprint(text: str) -> str:
    """The versioned fingerprint of a clean text: 1 to 2 KB of ASCII for most, the same for the same words everywhere.

    Case, punctuation, quotes, dashes, spacing and compatibility forms do not matter. Title and credits must not be in
    the text. With fewer than 20 shingles the fingerprint only tells whether two texts are the same.
    """
    words = shingles.tokens(text)
    short, long = shingles.hashed(words)
    if len(short) < MIN_SHINGLES:
        name = hashlib.blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=15).digest()
        return _written(bytes([_SHORT, min(len(words), 0xFF)]) + name)
    scale = _scale(len(short))
    sketch = short[: np.searchsorted(short, 1 << (shingles.BITS - scale))]
    keys = np.sort(long[: _keys(len(short))] & _KEY_MASK)
    head = _HEADER.pack(scale, len(short), len(keys))
    return _written(head + _packed(keys, _KEY_BYTES) + _packed(sketch, _SKETCH_BYTES))


@functools.lru_cache(maxsize=2048)
def parse(fingerprint: str) -> Fingerprint:
    """The parts of a fingerprint. ValueError when it is none of this version."""
    version, _, data = fingerprint.partition(":")
    try:
        if version != VERSION:
            raise ValueError("another version")
        return _parsed(base64.b64decode(data, validate=True))
    except (binascii.Error, struct.error, IndexError, ValueError) as error:
        raise ValueError(f"no fingerprint of version {VERSION}: {fingerprint[:40]!r}") from error


def _parsed(data: bytes) -> Fingerprint:
    if data[0] == _SHORT:
        key = int.from_bytes(data[2 : 2 + _KEY_BYTES], "little")
        return Fingerprint(shingles=data[1], scale=0, sketch=np.empty(0, np.uint32), keys=(key,), short=True)
    scale, count, keys = _HEADER.unpack_from(data)
    start = _HEADER.size + _KEY_BYTES * keys
    return Fingerprint(
        shingles=count,
        scale=scale,
        sketch=_unpacked(data[start:], _SKETCH_BYTES).astype(np.uint32),
        keys=tuple(_unpacked(data[_HEADER.size : start], _KEY_BYTES).tolist()),
    )


def _scale(count: int) -> int:
    """How often the kept share is halved: never for short texts, twice for most, more where it would grow long."""
    scale = 0 if count <= _ALL_KEPT else 1 if count <= _HALF_KEPT else 2
    while count >> scale > MAX_SKETCH:
        scale += 1
    return scale


def _keys(count: int) -> int:
    """How many keys a text gets: more for a long one, so that it still meets an excerpt of a few paragraphs."""
    return min(MAX_KEYS, max(MIN_KEYS, count // MIN_KEYS))


def _written(data: bytes) -> str:
    return f"{VERSION}:{base64.b64encode(data).decode()}"


def _packed(values: NDArray[Any], size: int) -> bytes:
    return values.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :size].tobytes()


def _unpacked(data: bytes, size: int) -> NDArray[np.uint64]:
    wide = np.zeros((len(data) // size, 8), np.uint8)
    wide[:, :size] = np.frombuffer(data, np.uint8).reshape(-1, size)
    values: NDArray[np.uint64] = wide.view("<u8").ravel()
    return values
