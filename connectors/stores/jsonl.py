"""JSON lines: a folder for each collection, whole files that appear and change at once.

A file keeps its name. When rows in it change or leave, it is written anew beside itself and swapped by one rename,
which every reader sees as before or as after. A row that moves to another collection leaves its old file first and
comes into a new file, so that a reader that lists the folder and then reads never meets an id twice.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson

from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import Changes, Files, StoreError
from newsbeam.records import COLLECTIONS, Collection

FOLD_BYTES = 4 * 1024 * 1024
_ID = b'{"id":"'


class JsonlStore:
    """A folder of JSON lines. folder: made, with its parents, when there is none."""

    shows_early = False
    delivered = False

    def __init__(self, folder: Path, *, fold_bytes: int = FOLD_BYTES) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.url = f"jsonl:{self.folder}"
        self._fold_bytes = fold_bytes

    def check(self) -> None:
        with self._said("cannot be written"):
            for collection in COLLECTIONS:
                (self.folder / collection).mkdir(parents=True, exist_ok=True)
                probe = self.folder / collection / ".probe.tmp"
                probe.write_bytes(b"")
                probe.unlink()

    def hold(self, state_id: str, epoch: int) -> None:
        """Nothing: temporary names tell the epoch, and what was not settled gets no other name."""

    def sweep(self) -> None:
        with self._said("cannot be cleaned up"):
            for collection in COLLECTIONS:
                for path in (self.folder / collection).glob(".*.tmp"):
                    path.unlink(missing_ok=True)

    def verify(self, expected: Mapping[Collection, int], files: Sequence[HeldFile]) -> None:
        known = {(str(one.collection), one.name): one for one in files}
        with self._said("cannot be read"):
            present = {
                (str(name), path.name): path.stat().st_size for name in COLLECTIONS for path in self._paths(name)
            }
        strange = sorted(present.keys() - known.keys())
        if strange:
            raise StoreError(
                f"{self.url}: the state in use did not write {'/'.join(strange[0])} (and {len(strange) - 1} more): "
                "give the state that belongs to this folder (--state), or another folder"
            )
        lost = sorted(place for place, one in known.items() if present.get(place) != one.bytes)
        if lost:
            raise StoreError(
                f"{self.url}: {'/'.join(lost[0])} (and {len(lost) - 1} more) is gone or changed, but the state says "
                f"that the folder holds {sum(expected.values())} records: restore it, or delete the state too"
            )

    def plan(self, changes: Changes, held: Files, *, epoch: int, now: str) -> tuple[Part, ...]:
        files = {one.number: one for one in held.files}
        places = held.places(changes.ids)
        left: dict[int, list[str]] = {}
        for collection, ids in changes.gone.items():
            for one in ids:
                if one in places and files[places[one]].collection == collection:
                    left.setdefault(places[one], []).append(one)
        moving = {one for ids in left.values() for one in ids}
        parts, number = [], held.next_number
        for collection in COLLECTIONS:
            mine = [one for one in held.files if one.collection == collection]
            ids = [str(row["id"]) for row in changes.rows.get(collection, ())]
            added = tuple(one for one in ids if one not in places or files[places[one]].collection != collection)
            changed = {places[one] for one in ids if one in places}
            last = mine[-1] if mine and mine[-1].bytes < self._fold_bytes and moving.isdisjoint(added) else None
            for file in mine:
                gone, joins = tuple(left.get(file.number, ())), added if file is last else ()
                if gone or joins or file.number in changed:
                    parts.append(_part(file, gone, joins, epoch))
            if added and last is None:
                name = f"part-{epoch:05d}-{number:06d}.jsonl"
                rows = len(added)
                parts.append(
                    Part(
                        number=number,
                        collection=collection,
                        name=name,
                        rows=rows,
                        rewrites=False,
                        added=added,
                        opened=now,
                        epoch=epoch,
                    )
                )
                number += 1
        return tuple(parts)

    def prepare(self, changes: Changes, parts: Sequence[Part], *, epoch: int) -> tuple[Part, ...]:
        with self._said("cannot be written"):
            done = tuple(replace(part, bytes=self._write(part, changes)) if part.rows else part for part in parts)
            for collection in sorted({part.collection for part in parts}):
                _sync_folder(self.folder / collection)
        return done

    def publish(self, parts: Sequence[Part]) -> None:
        # Old files first: what moved away is gone from them before the file that it moved to appears.
        with self._said("a written file cannot be given its name"):
            for part in sorted(parts, key=lambda part: (not part.rewrites, part.number)):
                path, temporary = self._path(part), self._temporary(part)
                if not part.rows:
                    path.unlink(missing_ok=True)
                elif temporary.exists():
                    os.replace(temporary, path)
                elif not path.exists():
                    raise StoreError(
                        f"{self.url}: {part.collection}/{part.name} is gone, but the state says that it was written: "
                        "restore the folder, or delete the state too"
                    )
            for collection in sorted({part.collection for part in parts}):
                _sync_folder(self.folder / collection)

    def discard(self, parts: Sequence[Part]) -> None:
        with self._said("cannot be cleaned up"):
            for part in parts:
                self._temporary(part).unlink(missing_ok=True)

    def restore(self, changes: Changes, *, epoch: int) -> None:
        """Nothing: a file under a temporary name has shown nothing to anyone."""

    def count(self) -> dict[Collection, int]:
        return {collection: sum(1 for _ in self._lines(collection)) for collection in COLLECTIONS}

    def rows(self, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        for line in self._lines(collection):
            row = orjson.loads(line)
            if since is None or row["updated_at"] >= since:
                yield row

    def close(self) -> None:
        """Nothing is kept open."""

    def _lines(self, collection: Collection) -> Iterator[bytes]:
        # The newest file first, since rows only ever move to newer ones: so none is met twice while a run writes.
        for path in reversed(self._paths(collection)):
            with self._said("cannot be read"), contextlib.suppress(FileNotFoundError), path.open("rb") as lines:
                yield from lines

    def _paths(self, collection: Collection) -> list[Path]:
        return sorted((self.folder / collection).glob("*.jsonl"))

    def _path(self, part: Part) -> Path:
        return self.folder / part.collection / part.name

    def _temporary(self, part: Part) -> Path:
        """A name that no reader of *.jsonl takes for a file of the store."""
        epoch = f".{part.epoch}" if part.epoch else ""
        return self._path(part).with_name(f".{Path(part.name).stem}{epoch}.tmp")

    def _write(self, part: Part, changes: Changes) -> int:
        """Write a part under its temporary name, to the disk; its size."""
        assert part.collection != "pages"  # those are an archive's
        rows = {str(row["id"]): row for row in changes.rows.get(part.collection, ())}
        written = 0
        with self._temporary(part).open("wb") as out:
            if part.rewrites:
                written += self._copy(part, rows, out.write)
            for one in part.added:
                out.write(_line(rows[one]))
                written += 1
            out.flush()
            os.fsync(out.fileno())
            size = out.tell()
        if written != part.rows:
            raise StoreError(
                f"{self.url}: {part.collection}/{part.name} does not hold the {part.rows} rows that the state knows: "
                "something else has changed it; restore it, or delete the folder and the state"
            )
        return size

    def _copy(self, part: Part, rows: Mapping[str, Row], write: Callable[[bytes], int]) -> int:
        """Copy the file's lines, changed ones as they are now, without those that leave it; how many."""
        gone, kept = set(part.gone), 0
        with self._path(part).open("rb") as lines:
            for line in lines:
                own = _line_id(line)
                if own in gone:
                    continue
                write(_line(rows[own]) if own in rows else line)
                kept += 1
        return kept

    @contextmanager
    def _said(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreError(f"{self.url}: {what}: {error.filename or self.folder}: {reason}") from error


def _part(held: HeldFile, gone: tuple[str, ...], added: tuple[str, ...], epoch: int) -> Part:
    return Part(
        number=held.number,
        collection=held.collection,
        name=held.name,
        rows=held.rows - len(gone) + len(added),
        rewrites=True,
        gone=gone,
        added=added,
        opened=held.opened,
        epoch=epoch,
    )


def _line(row: Row) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _line_id(line: bytes) -> str:
    """The id of a line that this store wrote: it stands first, and is made of hex digits."""
    if line.startswith(_ID):
        return line[len(_ID) : line.index(b'"', len(_ID))].decode()
    return str(orjson.loads(line)["id"])


def _sync_folder(folder: Path) -> None:
    """Bring the folder's names to the disk, which writing its files does not do."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
