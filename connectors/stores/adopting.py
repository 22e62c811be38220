"""What a store itself tells of the state that wrote it: whose it is, in which epoch, and which files it has.

A database says so in a table of its own. In a folder the names of the files tell the epoch and the number of each.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores.catalogue import Catalogue
from newsbeam.connectors.stores.database import DatabaseStore
from newsbeam.connectors.stores.files import FileStore
from newsbeam.connectors.stores.filling import COPY
from newsbeam.connectors.stores.pages import tells_records
from newsbeam.connectors.stores.store import Store, StoreError
from newsbeam.records import COLLECTIONS, Collection

_NAME = re.compile(r"part-(\d+)-(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What stores tell of their state. state_id: None where no store tells. epoch: the last one that wrote to any."""

    state_id: str | None
    epoch: int


def traces(stores: Sequence[Store]) -> Traces:
    """What the stores tell together.

    Raises:
        StoreError: a store cannot be read back, was never a run's, or was written by another state than the others.
    """
    owner: tuple[str, str] | None = None
    epoch = 0
    for store in stores:
        if not tells_records(store):
            raise StoreError(f"{store.url}: it cannot be asked for its records: name a store that can be read back")
        found = store.owner() if isinstance(store, DatabaseStore) else None
        if found is not None:
            owner = _same_owner(owner, store.url, found[0])
            epoch = max(epoch, found[1])
        if isinstance(store, FileStore):
            epoch = max([epoch, *(_order(name)[0] for each in COLLECTIONS for name in store.listed(each))])
    return Traces(state_id=owner[1] if owner else None, epoch=epoch)


def ensure_same(stores: Sequence[Store]) -> None:
    """Make sure that all stores hold the same rows as the first; raises StoreError."""
    if len(stores) == 1:
        return
    with Catalogue() as catalogue:
        catalogue.enter(0, stores[0])
        for number, store in enumerate(stores[1:], 1):
            catalogue.enter(number, store)
            lacking, (more, _) = catalogue.lacking(number, of=0), catalogue.strange(number, to=0)
            if lacking or more:
                raise StoreError(
                    f"{store.url}: it lacks {lacking:,} rows of {stores[0].url} and holds {more:,} others: leave it "
                    "out, and fill an empty store with `newsbeam export` afterwards"
                )


def parts(store: Store) -> Iterator[Part]:
    """Each file that a store has, as the commit that wrote it would have noted it; none of a database.

    Files keep the order in which they were begun; the numbers of their names, too, where no two have the same.
    """
    if not isinstance(store, FileStore):
        return
    files: list[tuple[Collection, str, int]] = [
        (each, name, size) for each in COLLECTIONS for name, size in store.listed(each).items()
    ]
    number = 0
    for collection, name, size in sorted(files, key=lambda one: (_order(one[1])[1], one)):
        number = max(number + 1, _order(name)[1])
        ids = store.ids(HeldFile(number=number, collection=collection, name=name, rows=0, bytes=size))
        yield Part(
            number=number,
            collection=collection,
            name=name,
            rows=len(ids),
            rewrites=False,
            bytes=size,
            added=tuple(ids),
        )


def _order(name: str) -> tuple[int, int]:
    """(epoch, number) of a file's name; zeros where it tells none."""
    found = _NAME.match(name.rpartition("/")[2])
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _same_owner(known: tuple[str, str] | None, url: str, state_id: str) -> tuple[str, str]:
    if state_id == COPY:
        raise StoreError(
            f"{url}: it is a copy that no run goes on with: name the store itself, or copy it to jsonl:DIR"
        )
    if known is not None and known[1] != state_id:
        raise StoreError(f"{url}: another state wrote it than {known[0]}: rebuild a state for each of them")
    return known or (url, state_id)
