"""What every store is to the commit: a place that takes prepared changes, publishes them, and tells what it holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from newsbeam.connectors.state.manifest import HeldFile, Part, Segment
from newsbeam.connectors.stores.rows import Row
from newsbeam.records import Collection


class StoreError(Exception):
    """A store cannot be used. The message starts with its address and says what to do."""


class StoreAway(StoreError):
    """A store's server cannot be reached, or is busy, for a while: the same may succeed later."""


class UnknownStore(StoreError):
    """An address that is of no known form, or that has no place for the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a commit changes in every store.

    rows: new and changed rows. gone: ids that leave the collection; a row that moves leaves one and comes into another.
    segments: finished parts of archives, each for the archive that it names.
    """

    rows: Mapping[Collection, Sequence[Row]] = field(default_factory=dict)
    gone: Mapping[Collection, Sequence[str]] = field(default_factory=dict)
    segments: Sequence[Segment] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that something happens to."""
        written = (str(row["id"]) for rows in self.rows.values() for row in rows)
        return tuple(sorted({*written, *(one for gone in self.gone.values() for one in gone)}))


class Files(Protocol):
    """What the manifest knows of a store's files."""

    @property
    def files(self) -> Sequence[HeldFile]:
        """The files, by number."""

    @property
    def next_number(self) -> int:
        """The next number that no file ever had."""

    def places(self, ids: Sequence[str]) -> Mapping[str, int]:
        """The number of the file that holds each id."""


class Store(Protocol):
    """A store. Every method but `close` raises StoreError when the store cannot.

    url: its address without secrets and without options, by which the state knows it. shows_early: what is prepared is
    seen by readers at once (databases, topics), so that it is undone by `restore`; False where it waits for `publish`.
    delivered: the store takes nothing in `prepare`; the driver hands settled records on to it from the state's outbox.

    The commit calls plan, prepare and publish, in this order, and settles the state between the last two. After a
    failure `discard` undoes what was prepared and `publish` finishes what was settled; each may be called again.
    """

    url: str
    shows_early: bool
    delivered: bool

    def present(self) -> bool:
        """Whether there is such a store; nothing is made. True where that cannot be told."""

    def check(self) -> None:
        """Make sure that the store can be written, and make it, or bring it to today's form, where it needs to be."""

    def hold(self, state_id: str, epoch: int) -> None:
        """Take the store for a state and an epoch of its lease: from now on earlier epochs write no more.

        Raises:
            StoreError: the store belongs to another state.
            LeaseLost: a later epoch has taken it.
        """

    def verify(self, expected: Mapping[Collection, int], files: Sequence[HeldFile]) -> None:
        """Make sure that the store holds what the state says it does, as far as can be told at once."""

    def sweep(self) -> None:
        """Remove what earlier processes left under temporary names. No commit is under way."""

    def plan(self, changes: Changes, held: Files, *, epoch: int, now: str) -> tuple[Part, ...]:
        """The files that the changes will write or rewrite; none for a database. now: ISO 8601, UTC."""

    def prepare(self, changes: Changes, parts: Sequence[Part], *, epoch: int) -> tuple[Part, ...]:
        """Write the changes so that they outlive a power cut: rows in their tables, files under temporary names.

        Raises:
            LeaseLost: a later epoch has taken the store.
        """

    def publish(self, parts: Sequence[Part]) -> None:
        """Give prepared files their names."""

    def discard(self, parts: Sequence[Part]) -> None:
        """Remove files that were prepared and never settled."""

    def restore(self, changes: Changes, *, epoch: int) -> None:
        """Make rows what they were before a commit that was never settled, where preparing has shown them."""

    def count(self) -> dict[Collection, int]:
        """How many rows each collection holds."""

    def rows(self, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        """The rows of a collection as plain mappings, in no order. since: those with `updated_at` at or after it."""

    def close(self) -> None:
        """Let go of files and connections."""
