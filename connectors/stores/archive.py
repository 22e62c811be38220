"""An archive: a folder of WARC files with every page that was fetched and settled, each once (docs/archive.md).

The extract stage writes segments under temporary names; a commit joins those that it settles to the files of their day
and gives them their names. Records of articles do not come here: they are made again from the pages.
"""

import datetime
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from newsbeam.connectors.sources.errors import SourceError
from newsbeam.connectors.state.manifest import HeldFile, Part, Segment
from newsbeam.connectors.stores.archive_removal import without
from newsbeam.connectors.stores.archive_rolling import BOUND, FLOOR, Heap, rolled
from newsbeam.connectors.stores.archive_segment import SUFFIX, SegmentWriter, temporary
from newsbeam.connectors.stores.folders import sync_folder
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import Changes, Files, StoreError
from newsbeam.records import COLLECTIONS, Collection, digest

FORM = "warc"


class WarcStore:
    """A folder of WARC files. folder: made, with its parents, when there is none. floor, bound: bytes, of rolling."""

    shows_early = False
    delivered = False

    def __init__(self, folder: Path, *, floor: int = FLOOR, bound: int = BOUND) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.url = f"{FORM}:{self.folder}"
        self._pages = self.folder / "pages"
        self._floor, self._bound = floor, bound

    def segment(self, *, epoch: int, head: bytes, now: datetime.datetime) -> SegmentWriter:
        """A new part, to be settled by its Segment. head: what the file begins with. Raises StoreError."""
        return SegmentWriter(store=self.url, folder=self._pages, epoch=epoch, head=head, now=now)

    def present(self) -> bool:
        return self._pages.is_dir()

    def check(self) -> None:
        with self._said("cannot be written"):
            self._pages.mkdir(parents=True, exist_ok=True)
            probe = self._pages / ".probe.tmp"
            probe.write_bytes(b"")
            probe.unlink()

    def hold(self, state_id: str, epoch: int) -> None:
        """Nothing: temporary names tell the epoch, and what was not settled gets no other name."""

    def sweep(self) -> None:
        with self._said("cannot be cleaned up"):
            for path in sorted(self._pages.rglob(".*.tmp")):
                path.unlink(missing_ok=True)

    def verify(self, expected: Mapping[Collection, int], files: Sequence[HeldFile]) -> None:
        known = {one.name: one.bytes for one in files}
        with self._said("cannot be read"):
            present = {
                path.relative_to(self._pages).as_posix(): path.stat().st_size
                for path in self._pages.rglob(f"*{SUFFIX}")
            }
        strange = sorted(present.keys() - known.keys())
        if strange:
            raise StoreError(
                f"{self.url}: the state in use did not write pages/{strange[0]} (and {len(strange) - 1} more): "
                "give the state that belongs to this archive (--state), or another folder"
            )
        lost = sorted(name for name, size in known.items() if present.get(name) != size)
        if lost:
            raise StoreError(
                f"{self.url}: pages/{lost[0]} (and {len(lost) - 1} more) is gone or changed, but the state says that "
                f"the archive holds {sum(one.rows for one in files)} pages: restore it, or delete the state too"
            )

    def plan(self, changes: Changes, held: Files, *, epoch: int, now: str) -> tuple[Part, ...]:
        mine = {_id(one): one for one in changes.segments if one.store == self.url}
        # A bundle that an engine runs again after its commit brings segments that are settled: the state knows them.
        settled = held.places(sorted(mine))
        new = sorted((one for id_, one in mine.items() if id_ not in settled), key=lambda one: one.name)
        parts: list[Part] = []
        number = held.next_number
        for day in sorted({_folder(one.name) for one in new}):
            files = [one for one in held.files if _folder(one.name) == day]
            segments = [one for one in new if _folder(one.name) == day]
            for heap in rolled(files, segments, floor=self._floor, bound=self._bound):
                parts += _parts(heap, number=number, day=day, epoch=epoch, now=now)
                number += 0 if heap.files else 1
        return tuple(parts)

    def prepare(self, changes: Changes, parts: Sequence[Part], *, epoch: int) -> tuple[Part, ...]:
        mine = {_id(one): one for one in changes.segments if one.store == self.url}
        with self._said("cannot be written"):
            for part in parts:
                if part.rows:
                    segments = [temporary(self._pages, mine[one].name, epoch) for one in part.added]
                    self._join(part, [*self._joined_files(part, parts), *segments], segments)
            for part in parts:
                sync_folder(self._path(part).parent)
        return tuple(parts)

    def publish(self, parts: Sequence[Part]) -> None:
        # A joined file appears before those that went into it go: no settled page is missing at any moment.
        with self._said("a written file cannot be given its name"):
            for part in sorted(parts, key=lambda part: (not part.rows, part.number)):
                path, prepared = self._path(part), temporary(self._pages, part.name, part.epoch)
                if not part.rows:
                    path.unlink(missing_ok=True)
                elif prepared.exists():
                    os.replace(prepared, path)
                elif not path.exists():
                    raise StoreError(
                        f"{self.url}: pages/{part.name} is gone, but the state says that it was written: "
                        "restore the archive, or delete the state too"
                    )
            for folder in sorted({self._path(part).parent for part in parts}):
                sync_folder(folder)

    def discard(self, parts: Sequence[Part]) -> None:
        with self._said("cannot be cleaned up"):
            for part in parts:
                temporary(self._pages, part.name, part.epoch).unlink(missing_ok=True)

    def restore(self, changes: Changes, *, epoch: int) -> None:
        """Nothing: a file under a temporary name has shown nothing to anyone."""

    def forget(self, drop: Callable[[str], bool], files: Sequence[HeldFile], *, epoch: int) -> Sequence[Part]:
        """Write each file that holds a page whose target is to be dropped anew, without it (see pages.Archive)."""
        with self._said("cannot be written"):
            parts = without(self._pages, drop, files, epoch=epoch)
            for folder in sorted({self._path(part).parent for part in parts}):
                sync_folder(folder)
        return parts

    def count(self) -> dict[Collection, int]:
        return dict.fromkeys(COLLECTIONS, 0)

    def rows(self, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        raise StoreError(
            f"{self.url}: an archive holds pages, no records: make them again with "
            f"newsbeam run --warc '{self.folder}/**/*{SUFFIX}' --store …"
        )

    def close(self) -> None:
        """Nothing is kept open."""

    def _path(self, part: Part) -> Path:
        return self._pages / part.name

    def _joined_files(self, part: Part, parts: Sequence[Part]) -> list[Path]:
        """The files that stand already and come into a part: its own, and those of its day that go."""
        if not part.rewrites:
            return []
        gone = [one for one in parts if not one.rows and _folder(one.name) == _folder(part.name)]
        return [self._path(part), *(self._path(one) for one in sorted(gone, key=lambda one: one.number))]

    def _join(self, part: Part, sources: Sequence[Path], segments: Sequence[Path]) -> None:
        """Make a part's temporary file of finished ones; the segments among them go. A single one is only renamed."""
        target = temporary(self._pages, part.name, part.epoch)
        lost = [path for path in sources if not path.exists()]
        if not lost and list(sources) == list(segments[:1]):
            os.replace(segments[0], target)
        elif not lost:
            with target.open("wb") as out:
                for path in sources:
                    with path.open("rb") as source:
                        shutil.copyfileobj(source, out, 1024 * 1024)
                out.flush()
                os.fsync(out.fileno())
            for path in segments:
                path.unlink()
        if lost or target.stat().st_size != part.bytes:
            what = lost[0] if lost else f"what came into pages/{part.name}"
            raise StoreError(
                f"{self.url}: {what} is gone or changed before it was settled: nothing is lost, run again; "
                "all workers must see the archive's folder"
            )

    @contextmanager
    def _said(self, what: str) -> Iterator[None]:
        try:
            yield
        except SourceError as error:
            raise StoreError(f"{self.url}: {error}") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreError(f"{self.url}: {what}: {error.filename or self.folder}: {reason}") from error


def _parts(heap: Heap, *, number: int, day: str, epoch: int, now: str) -> list[Part]:
    """What becomes of one heap: its oldest file takes all of it, the others go; without files there is a new one."""
    oldest = heap.files[0] if heap.files else None
    whole = Part(
        number=oldest.number if oldest else number,
        collection="pages",
        name=oldest.name if oldest else f"{day}/pages-{epoch:05d}-{number:06d}{SUFFIX}",
        rows=heap.pages,
        rewrites=oldest is not None,
        bytes=heap.bytes,
        added=tuple(_id(one) for one in heap.segments),
        opened=oldest.opened if oldest else now,
        epoch=epoch,
    )
    gone = [
        Part(number=one.number, collection="pages", name=one.name, rows=0, rewrites=True, epoch=epoch)
        for one in heap.files[1:]
    ]
    return [whole, *gone]


def _id(segment: Segment) -> str:
    """What the state calls a segment that it has settled."""
    return digest("segment", segment.name)


def _folder(name: str) -> str:
    return name.rpartition("/")[0]
