"""The file store: a folder for each collection, in it whole files that appear and change at once.

A file keeps its name. When rows in it change or leave, it is written anew beside itself under a temporary name and put
in place by one step, which every reader sees as before or as after. Which files are written is decided in file_plan.py;
what is in them is up to their form (lines.py, columns.py); where they lie, to the folder (folders.py, remote.py).
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from newsbeam.connectors.state.errors import LeaseLost
from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores import file_plan
from newsbeam.connectors.stores.compaction import is_merged
from newsbeam.connectors.stores.file_plan import Layout
from newsbeam.connectors.stores.folders import Folder
from newsbeam.connectors.stores.forms import Edit, form_of
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import Changes, Files, StoreAway, StoreError
from newsbeam.records import COLLECTIONS, Collection


class FileStore:
    """Files of one form or several. suffixes: of the files that are the store's, whatever form new ones have."""

    shows_early = False
    delivered = False

    def __init__(self, *, form: str, folder: Folder, layout: Layout, suffixes: Iterable[str]) -> None:
        self.url = f"{form}:{folder.address}"
        self.folder = folder
        self._layout = layout
        self._suffixes = tuple(suffixes)

    def present(self) -> bool:
        with self._said("cannot be read"):
            return any(self.folder.exists(one) or self.folder.sizes(one) for one in COLLECTIONS)

    def check(self) -> None:
        with self._said("cannot be written"):
            for collection in COLLECTIONS:
                self.folder.make(collection)

    def hold(self, state_id: str, epoch: int) -> None:
        """Nothing: temporary names tell the epoch, and what was not settled gets no other name."""

    def sweep(self) -> None:
        with self._said("cannot be cleaned up"):
            for collection in COLLECTIONS:
                strays = [name for name in self.folder.sizes(collection) if _is_temporary(name)]
                for name in strays:
                    self.folder.remove(name)
                self.folder.prune(strays)

    def verify(self, expected: Mapping[Collection, int], files: Sequence[HeldFile]) -> None:
        known = {_name(one): one for one in files}
        with self._said("cannot be read"):
            present = {name: size for collection in COLLECTIONS for name, size in self._present(collection).items()}
        strange = sorted(present.keys() - known.keys())
        if strange:
            raise StoreError(
                f"{self.url}: the state in use did not write {strange[0]} (and {len(strange) - 1} more): "
                "give the state that belongs to this folder (--state), or another folder"
            )
        lost = sorted(name for name, one in known.items() if present.get(name) != one.bytes)
        if lost:
            raise StoreError(
                f"{self.url}: {lost[0]} (and {len(lost) - 1} more) is gone or changed, but the state says "
                f"that the folder holds {sum(expected.values())} records: restore it, or delete the state too"
            )

    def plan(self, changes: Changes, held: Files, *, epoch: int, now: str) -> tuple[Part, ...]:
        places = held.places(changes.ids)
        return file_plan.plan(changes, held.files, places, held.next_number, self._layout, epoch=epoch, now=now)

    def prepare(self, changes: Changes, parts: Sequence[Part], *, epoch: int) -> tuple[Part, ...]:
        rows = {name: {str(row["id"]): row for row in changed} for name, changed in changes.rows.items()}
        coming = {one for part in parts for one in part.added}
        staying = {name: {one: row for one, row in mine.items() if one not in coming} for name, mine in rows.items()}
        done = []
        with self._said("cannot be written"):
            for part in parts:
                assert part.collection != "pages"  # those are an archive's
                mine, changed = rows.get(part.collection, {}), staying.get(part.collection, {})
                edit = Edit(gone=frozenset(part.gone), changed=changed, added=[mine[one] for one in part.added])
                done.append(self._written(part, [part.name] if part.rewrites else [], edit) if part.rows else part)
            self.folder.sync(map(_name, parts))
        return tuple(done)

    def merge(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """Write the rows of all parts that go into the one that comes, under its temporary name; see compaction.py."""
        sources = [part.name for part in parts if part.rewrites]
        with self._said("cannot be written"):
            done = tuple(part if part.rewrites else self._written(part, sources, Edit()) for part in parts)
            self.folder.sync(map(_name, parts))
        return done

    def listed(self, collection: Collection) -> dict[str, int]:
        """The bytes of each of a collection's files, by its name below the collection's folder."""
        with self._said("cannot be read"):
            return {name.removeprefix(f"{collection}/"): size for name, size in self._present(collection).items()}

    def ids(self, file: HeldFile) -> list[str]:
        """The ids of a file's rows."""
        with self._said("cannot be read"), self.folder.open(_name(file)) as source:
            return form_of(file.name).ids(source)

    def publish(self, parts: Sequence[Part]) -> None:
        # Old files first: what moved away is gone from them before the file that it moved to appears.
        with self._said("a written file cannot be given its name"):
            for part in sorted(parts, key=lambda part: (not part.rewrites, part.number)):
                if not part.rows:
                    self.folder.remove(_name(part))
                elif self.folder.exists(_temporary(part)):
                    self.folder.rename(_temporary(part), _name(part))
                elif not self.folder.exists(_name(part)):
                    raise StoreError(
                        f"{self.url}: {_name(part)} is gone, but the state says that it was written: "
                        "restore the folder, or delete the state too"
                    )
            self.folder.sync(map(_name, parts))
            self.folder.prune(_name(part) for part in parts if not part.rows)

    def discard(self, parts: Sequence[Part]) -> None:
        with self._said("cannot be cleaned up"):
            for part in parts:
                self.folder.remove(_temporary(part))
            self.folder.prune(map(_name, parts))

    def restore(self, changes: Changes, *, epoch: int) -> None:
        """Nothing: a file under a temporary name has shown nothing to anyone."""

    def count(self) -> dict[Collection, int]:
        counts: dict[Collection, int] = {}
        with self._said("cannot be read"):
            for collection in COLLECTIONS:
                counts[collection] = 0
                for name in self._present(collection):
                    with self.folder.open(name) as source:
                        counts[collection] += form_of(name).count(source)
        return counts

    def rows(self, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        with self._said("cannot be read"):
            listed = self._present(collection)
            # The newest file first, since rows only ever move to newer ones: so none is met twice while a run writes.
            for name in sorted(listed, key=_number, reverse=True):
                try:
                    with self.folder.open(name) as source:
                        yield from form_of(name).rows(source, collection, since=since)
                except FileNotFoundError:
                    self._check_left(name, listed)

    def close(self) -> None:
        """Nothing is kept open."""

    def _present(self, collection: Collection) -> dict[str, int]:
        """The collection's files under their final names, with their sizes."""
        found = self.folder.sizes(collection).items()
        return {name: size for name, size in found if name.endswith(self._suffixes) and not _is_temporary(name)}

    def _check_left(self, name: str, listed: Container[str]) -> None:
        """Nothing is missed of a file whose rows have left it one by one, but all of one that was merged."""
        for one in self.folder.sizes(name.rpartition("/")[0]):
            if one not in listed and is_merged(one):
                raise StoreError(f"{self.url}: {name} was merged into another file while it was read: read it again")

    def _written(self, part: Part, sources: Sequence[str], edit: Edit) -> Part:
        """Write a part under its temporary name; the part with its size."""
        assert part.collection != "pages"
        with ExitStack() as opened:
            streams = [opened.enter_context(self.folder.open(f"{part.collection}/{name}")) for name in sources]
            with self.folder.create(_temporary(part)) as out:
                written = form_of(part.name).write(out, part.collection, streams, edit)
                size = out.tell()
        if written != part.rows:
            raise StoreError(
                f"{self.url}: {_name(part)} does not hold the {part.rows} rows that the state knows: "
                "something else has changed it; restore it, or delete the folder and the state"
            )
        return replace(part, bytes=size)

    @contextmanager
    def _said(self, what: str) -> Iterator[None]:
        """Say every failure of the folder or of a file in it as the store's."""
        failures: tuple[type[Exception], ...] = (*self.folder.failures, ValueError, EOFError)
        try:
            yield
        except (StoreError, LeaseLost):
            raise
        except failures as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            name = getattr(error, "filename", None) or self.folder.address
            kind = StoreAway if self.folder.is_away(error) else StoreError
            raise kind(f"{self.url}: {what}: {name}: {reason}") from error


def _name(one: HeldFile | Part) -> str:
    return f"{one.collection}/{one.name}"


def _number(name: str) -> tuple[str, str]:
    """What files were begun by, one after the other: `part-EPOCH-NUMBER`, whatever folder they are in."""
    return name.rpartition("/")[2], name


def _temporary(part: Part) -> str:
    """A name that no reader of *.jsonl or *.parquet takes for a file of the store."""
    folder, _, name = _name(part).rpartition("/")
    epoch = f".{part.epoch}" if part.epoch else ""
    return f"{folder}/.{name.partition('.')[0]}{epoch}.tmp"


def _is_temporary(name: str) -> bool:
    own = name.rpartition("/")[2]
    return own.startswith(".") and own.endswith(".tmp")
