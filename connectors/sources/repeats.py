"""What a feed repeats: entries that its last poll has brought already, told by a hash of each; and whether any at all.

A feed holds its newest fifty entries or so, and a stream asks it again when one of them is new. The others need not
come back from the process that parses, nor be looked up: they are what they were.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from newsbeam.records import Entry, Rejected

_SIZE = 12
"""Bytes of a hash: two of a feed's entries never share one by chance."""
_KEY = 6
_END = 500


def marks(entries: Sequence[Entry]) -> bytes:
    """The hashes of all that each entry says, one after the other."""
    return b"".join(_mark(one) for one in entries)


def without(entries: Sequence[Entry], own: bytes, seen: bytes) -> tuple[Entry, ...]:
    """The entries, whose marks are `own`, that the poll with the marks `seen` has not brought exactly so."""
    known = set(_each(seen))
    return tuple(one for one, mark in zip(entries, _each(own), strict=True) if mark not in known)


def keys(items: Iterable[Entry | Rejected]) -> bytes:
    """A short hash of each item's key, one after the other: what one poll and the next are compared by.

    Of more than 1,000 items the first 500 and the last 500: what stays from one poll to the next stands at an end.
    """
    found = [hashlib.blake2b(one.origin.key.encode(), digest_size=_KEY).digest() for one in items]
    return b"".join(found if len(found) <= 2 * _END else [*found[:_END], *found[-_END:]])


def share(before: bytes, after: bytes) -> bool:
    """Whether two polls, by their `keys`, have an item in common."""
    return not set(_each(before, _KEY)).isdisjoint(_each(after, _KEY))


def are_alike(one: bytes, other: bytes) -> bool:
    """Whether polls of two addresses, by their `keys`, can be of one feed: four fifths of the items are the same.

    Not all of them, because the two are never asked at the same moment.
    """
    first, second = set(_each(one, _KEY)), set(_each(other, _KEY))
    return bool(first) and 5 * len(first & second) >= 4 * max(len(first), len(second))


def _each(joined: bytes, size: int = _SIZE) -> list[bytes]:
    return [joined[start : start + size] for start in range(0, len(joined), size)]


def _mark(entry: Entry) -> bytes:
    said = repr(replace(entry, first_seen=None))  # the moment of the poll is no part of what a feed says
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()


class LastPolls:
    """The marks of each feed's last poll, of so many bytes in all; the feeds polled longest ago are let go of first.

    Usable from several threads.
    """

    def __init__(self, most: int = 64 * 1024 * 1024) -> None:
        self._most = most
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def marks(self, feed_url: str) -> bytes:
        """The marks of the feed's last poll; empty where they are not known."""
        return self._held.get(feed_url, b"")

    def note(self, feed_url: str, seen: bytes) -> None:
        """Keep the marks of a poll that the state has noted."""
        with self._lock:
            self._bytes += len(seen) - len(self._held.pop(feed_url, b""))
            self._held[feed_url] = seen
            while self._bytes > self._most:
                _, gone = self._held.popitem(last=False)
                self._bytes -= len(gone)
