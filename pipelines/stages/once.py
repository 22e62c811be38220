"""Each entry is settled once: an outcome that comes to the store stage when its entry has a fate goes no further.

An engine may run a bundle again, or replay what an earlier one had begun; a worker that was taken to be gone may come
back with an entry that another has taken up. The frontier tells: whoever settles an entry first gives it its fate.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from newsbeam.connectors.state.frontier import Known
from newsbeam.connectors.state.inputs import Progress
from newsbeam.connectors.state.manifest import Segment
from newsbeam.pipelines.stages.anew import is_decided
from newsbeam.records import Captured, Document, Origin, Reached, Rejected, Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """What is still to be settled of a window. undecided: documents went, so that the rest is to be decided anew."""

    items: Sequence[Any]
    undecided: bool


def keys(items: Iterable[Any]) -> set[str]:
    """The keys of the entries of feeds whose outcome is among the items."""
    return {one.key for item in items for one in _origins(item) if one.kind == "feed"}


def unsettled(items: Sequence[Any], known: Mapping[str, Known]) -> Unsettled:
    """The items without those of entries that have their fate, and of every other entry one outcome only.

    known: entries that the frontier holds, by key; what is no entry of it (polls, archives) passes. Of several outcomes
    of an entry in one window a document comes first, the earliest capture of them. Parts of an archive go where nothing
    that was fetched is settled with them.
    """
    came = keys(items) & known.keys()
    taken = {key for key in came if not known[key].pending}
    captures, lost = _first_captures(items, known, taken)
    kept: list[Any] = []
    for item in items:
        if isinstance(item, Captured) or (not is_decided(item) and _is_taken(item, known, taken)):
            continue
        kept.append(item)
    if came and all(not known[key].pending for key in came):
        kept = [item for item in kept if not isinstance(item, Segment)]
    return Unsettled(items=[*kept, *captures], undecided=lost)


def is_noted(reached: Reached, progress: Progress | None) -> bool:
    """Whether the reading of a span was settled before: the file was read from its start on, and at least as far."""
    if progress is None or reached.position is None or progress.done:
        return progress is not None and progress.done
    return progress.position >= reached.position and progress.position > reached.span.start


def _origins(item: Any) -> Iterator[Origin]:
    if isinstance(item, Captured):
        yield from (one.origin for one in item.documents)
    elif isinstance(item, (Rejected, Skipped)):
        yield item.origin


def _first_captures(items: Iterable[Any], known: Mapping[str, Known], taken: set[str]) -> tuple[list[Captured], bool]:
    """What came in of entries that are not taken, each of which then is; and whether a document went."""
    captures = [one for one in items if isinstance(one, Captured)]
    entries = [one for each in captures for one in each.documents if one.origin.key in known]
    first: dict[str, Document] = {}
    for one in sorted(entries, key=lambda one: (one.fetched_at, one.id)):
        if one.origin.key not in taken:
            first.setdefault(one.origin.key, one)
    taken.update(first)
    kept, lost = [], False
    for each in captures:
        documents = []
        for one in each.documents:
            if one.origin.key not in known:
                documents.append(one)
            elif first.get(one.origin.key) is one:
                documents.append(first.pop(one.origin.key))
        lost = lost or len(documents) < len(each.documents)
        if documents:
            kept.append(replace(each, documents=tuple(documents)))
    return kept, lost


def _is_taken(item: Any, known: Mapping[str, Known], taken: set[str]) -> bool:
    """Whether the entry of a row or a skip has another outcome; if not, it has this one from now on."""
    for origin in _origins(item):
        if origin.key in taken:
            return True
        if origin.key in known:
            taken.add(origin.key)
    return False
