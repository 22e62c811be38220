"""WARC archives (ISO 28500), in slices: every HTML response is a page; broken records harm only themselves.

What newsbeam's own archives say about a page stands in front of it (descriptions.py), and the two are one item: its
position is that of the description, so that no slice parts them.
"""

import contextlib
import datetime
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from newsbeam import times
from newsbeam.connectors.sources.blocks import Block, Found, Item
from newsbeam.connectors.sources.files import url_of
from newsbeam.connectors.sources.frames import Frame, next_member
from newsbeam.connectors.sources.responses import Judge
from newsbeam.connectors.sources.slices import Reached
from newsbeam.records import Rejected, digest

_SKIP_BITS = 24


def read_warc(
    path: str, *, start: int = 0, limit: int, now: datetime.datetime | None = None, max_body: int = 10_000_000
) -> Iterator[Item | Reached]:
    """At most `limit` pages, skips and rejected rows of an archive, then one `Reached`.

    start: 0, or the position that the slice before reached. Slices of any size give the same items in the same order.
    Responses that are not HTML or not status 200 are skips; records of other types are not counted. max_body: bytes
    of a decoded body. An archive that ends inside of a record gives what stands before, and one rejected row.
    """
    seen = times.utc(now or datetime.datetime.now(datetime.UTC))
    judge = Judge(path=path, seen=seen, max_body=max_body)
    count = 0
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(Path(path).open("rb"))
        except OSError as error:
            yield judge.rejected("unreadable_file", error.strerror or str(error), key=digest("warc", path))
            yield Reached(position=None, records=1)
            return
        for position, item in _Archive(judge, file).items(start):
            if count == limit:
                yield Reached(position=position, records=count, offset=position >> _SKIP_BITS)
                return
            yield item
            count += 1
        yield Reached(position=None, records=count, offset=os.fstat(file.fileno()).st_size)


@dataclass(frozen=True, slots=True)
class _Archive:
    """An open file. A position is the offset of a block, and how many records of it are done."""

    judge: Judge
    file: BinaryIO

    def items(self, start: int) -> Iterator[tuple[int, Item]]:
        """What is counted, each with the position from which reading can go on with it."""
        said: tuple[int, Found] | None = None
        for position, found in self._records(start):
            if isinstance(found, Found) and found.description is not None:
                said = position, found
                continue
            item = self.judge.joined(found, said[1] if said else None) if isinstance(found, Found) else found
            if item is not None:
                described = said is not None and isinstance(found, Found) and said[1].about == found.id
                yield said[0] if said is not None and described else position, item
                said = None

    def _records(self, start: int) -> Iterator[tuple[int, Found | Rejected]]:
        """Every record and every broken place, with its position."""
        offset, skip = start >> _SKIP_BITS, start & ((1 << _SKIP_BITS) - 1)
        if not Frame(self.file, 0).packed:
            yield from self._plain(offset)
            return
        size = os.fstat(self.file.fileno()).st_size
        following: int | None = offset
        while following is not None and following < size:
            if Frame(self.file, following).packed:
                following = yield from self._member(following, skip)
            else:
                following = yield from self._gap(following)
            skip = 0

    def _plain(self, offset: int) -> Iterator[tuple[int, Found | Rejected]]:
        block = Block(self.file, offset, self.judge.judge)
        for found in block.records():
            position = _position(offset + found.at, 0)
            yield position, self._judged(found, position) if found.whole else self._cut(position)
        if block.left:
            position = _position(offset + block.end, 0)
            yield position, self._cut(position)

    def _member(self, offset: int, skip: int) -> Generator[tuple[int, Found | Rejected], None, int | None]:
        """The records of a gzip member; returns the offset behind it, None where nothing can follow.

        A record is held back until its member has passed its checksum, or the next record has begun.
        """
        block = Block(self.file, offset, self.judge.judge)
        number, held = -1, None
        for number, found in enumerate(block.records()):
            if held is not None and number > skip:
                position = _position(offset, number - 1)
                yield position, self._judged(held, position)
            held = found
        frame = block.frame
        frame.drain()
        if held is None:
            number = 0
        elif held.whole and not frame.broken:
            if number >= skip:
                position = _position(offset, number)
                yield position, self._judged(held, position)
            number += 1
        at = _position(offset, number)
        if frame.broken:
            yield at, self._broken(at, f"the compressed block is broken: {frame.broken}")
            return next_member(self.file, offset + 1)
        if frame.cut:
            yield at, self._cut(at)
            return None
        if block.left or (held is not None and not held.whole):
            yield at, self._broken(at, "the record is shorter than its Content-Length")
        return frame.end

    def _gap(self, offset: int) -> Generator[tuple[int, Found | Rejected], None, int | None]:
        """What lies between gzip members: padding or garbage; returns the offset of the next one."""
        following = next_member(self.file, offset)
        self.file.seek(offset)
        between = self.file.read(4096 if following is None else min(4096, following - offset))
        if between.strip(b"\0\r\n \t"):
            at = _position(offset, 0)
            yield at, self._broken(at, "bytes between the records that are none")
        return following

    def _judged(self, found: Found, position: int) -> Found | Rejected:
        return self._broken(position, found.broken) if found.broken else found

    def _cut(self, position: int) -> Rejected:
        return self._row("truncated_archive", position, "the archive ends inside of a record")

    def _broken(self, position: int, why: str) -> Rejected:
        return self._row("bad_record", position, why)

    def _row(self, reason: str, position: int, detail: str) -> Rejected:
        """A row for what has no address of its own: it has the archive's, and the place in it."""
        offset, path = position >> _SKIP_BITS, self.judge.path
        key = digest("warc", path, str(position))
        return self.judge.rejected(reason, f"{detail}, at byte {offset:,}", key=key, url=f"{url_of(path)}#{offset}")


def _position(offset: int, number: int) -> int:
    return offset << _SKIP_BITS | number
