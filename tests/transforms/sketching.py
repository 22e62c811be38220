"""Sketches of texts, short to write, and a history in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from newsbeam.records import Decision, Edge, Sketch
from newsbeam.transforms.bands import bands
from newsbeam.transforms.fingerprints import fingerprint
from newsbeam.transforms.verdicts import Verdict


def sketch(name: str, text: str | None = None, **fields: Any) -> Sketch:
    """A sketch of `text` at a site of its own, unless `fields` say otherwise."""
    url = fields.pop("url", f"https://{name}.example/story")
    known: dict[str, Any] = {
        "id": name,
        "url": url,
        "canonical_url": fields.pop("canonical_url", url),
        "site": f"{name}.example",
        "fingerprint": fingerprint(text if text is not None else name),
        "fetched_at": "2026-11-20T12:00:00Z",
        "published": None,
        "words": len((text or name).split()),
    }
    return Sketch(**(known | fields))


def given(history: "MemoryHistory | None") -> "MemoryHistory | None":
    """For functools.partial: a way to open a history that can be pickled."""
    return history


class MemoryHistory:
    """What the state keeps of copies, as dictionaries; `apply` is what a caller does with verdicts.

    bodies: the texts of documents, those included that are still to come, by id.
    """

    def __init__(self, bodies: Mapping[str, str] | None = None) -> None:
        self.bodies = bodies or {}
        self.sketches: dict[str, Sketch] = {}
        self.edges: dict[tuple[str, str], Edge] = {}
        self.decisions: dict[str, Decision] = {}
        self.asked: list[list[str]] = []

    def candidates(
        self, bands_of: Mapping[str, Sequence[int]], *, limit: int, without: Collection[str]
    ) -> Mapping[str, Sequence[Sketch]]:
        self.asked.append(sorted(bands_of))
        found = {}
        for one, keys in bands_of.items():
            shared = {
                other.id: len(set(keys).intersection(bands(other.fingerprint)))
                for other in self.sketches.values()
                if other.id != one and other.id not in without
            }
            nearest = sorted((-count, other) for other, count in shared.items() if count)[:limit]
            found[one] = [self.sketches[other] for _, other in nearest]
        return found

    def component(self, ids: Collection[str]) -> tuple[list[Sketch], list[Edge]]:
        reached = {one for one in ids if one in self.sketches}
        while True:
            further = {end for pair in self.edges if reached.intersection(pair) for end in pair} - reached
            if not further:
                break
            reached |= further
        inner = [edge for pair, edge in self.edges.items() if reached.issuperset(pair)]
        return [self.sketches[one] for one in sorted(reached)], inner

    def texts(self, ids: Collection[str]) -> Mapping[str, str]:
        return {one: self.bodies[one] for one in ids if one in self.sketches and one in self.bodies}

    def apply(self, new: Iterable[Sketch], verdicts: Iterable[Verdict]) -> None:
        for one in new:
            self.sketches[one.id] = one
            self.edges = {pair: edge for pair, edge in self.edges.items() if one.id not in pair}
        for verdict in verdicts:
            self.edges |= {(edge.a, edge.b): edge for edge in verdict.edges}
            self.decisions |= {decision.id: decision for decision in verdict.decisions}
