"""From a row of a store back to the document: for texts that the state no longer keeps."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

from newsbeam.connectors.state.held import HeldDocument
from newsbeam.connectors.stores.pages import tells_records
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import Store
from newsbeam.records import Attribution, Collection, Document, Removed

STORIES: tuple[Collection, ...] = ("articles", "duplicates")
_LISTS = ("authors", "comments", "tags", "reserved")
_ELSEWHERE = {"origin", "revision_of", "fetched_at", "based_on"}


def document(row: Row, held: HeldDocument) -> Document:
    """The document of a row. based_on, which no row holds, is empty; origin and last capture are the state's."""
    values: dict[str, Any] = {name: row[name] for name in Document.__dataclass_fields__ if name not in _ELSEWHERE}
    values |= {name: tuple(values[name] or ()) for name in _LISTS}
    values["removed"] = removed(row)
    credit = values["attribution"]
    values["attribution"] = credit and Attribution(
        source=credit["source"], kind=credit["kind"], evidence=credit["evidence"]
    )
    return Document(**values, origin=held.origin, revision_of=held.revision_of, fetched_at=held.fetched_at, based_on=())


def removed(row: Row) -> tuple[Removed, ...]:
    """What was taken out of the text of a row."""
    return tuple(Removed(kind=one["kind"], text=one["text"], position=one["position"]) for one in row["removed"] or ())


def found_in(stores: Iterable[Store], wanted: Mapping[str, HeldDocument]) -> dict[str, Document]:
    """The documents with these ids that the stores hold; a store that only hands records on cannot be asked."""
    found: dict[str, Document] = {}
    for store in stores:
        missing = wanted.keys() - found.keys()
        if not missing or not tells_records(store):
            continue
        found |= {str(row["id"]): document(row, wanted[str(row["id"])]) for row in _rows(store) if row["id"] in missing}
    return found


def counted(store: Store, ids: Set[str]) -> dict[Collection, int]:
    """How many rows with these ids each collection of the store holds."""
    names: tuple[Collection, ...] = (*STORIES, "rejected")
    return {name: sum(row["id"] in ids for row in store.rows(name)) for name in names}


def _rows(store: Store) -> Iterable[Row]:
    for name in STORIES:
        yield from store.rows(name)
