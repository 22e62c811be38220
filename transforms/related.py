"""The edges among the documents of one component: those found, and those that are sought when they are asked for."""

from collections.abc import Iterable, Mapping

from newsbeam.records import Edge, Sketch
from newsbeam.transforms.evidence import Nearness, rank
from newsbeam.transforms.fingerprints import parse
from newsbeam.transforms.relations import Thresholds, relate
from newsbeam.transforms.wordings import Wordings

TEXTS = 64
"""Different texts of one cluster that are compared each with each, to find the one that most are near to."""


class Related:
    """The edges between documents: those found, and those to a kept copy that no band in common had brought up.

    sketches: of the documents, by id. edges: those found. wordings: as in relations.relate.
    """

    def __init__(
        self,
        sketches: Mapping[str, Sketch],
        edges: Iterable[Edge],
        thresholds: Thresholds,
        wordings: Wordings | None,
    ) -> None:
        self.sketches = sketches
        self.thresholds = thresholds
        self.wordings = wordings
        self.edges: dict[tuple[str, str], Edge | None] = {(edge.a, edge.b): edge for edge in edges}
        self.strongly: dict[str, set[str]] = {one: set() for one in sketches}
        for (a, b), edge in self.edges.items():
            if edge is not None and edge.strong:
                self.strongly[a].add(b)
                self.strongly[b].add(a)

    def between(self, one: str, other: str) -> Edge | None:
        """The edge of two documents, whichever is named first; None where they are not related."""
        pair = (min(one, other), max(one, other))
        if pair not in self.edges:
            a, b = (self.sketches[one] for one in pair)
            self.edges[pair] = relate(a, b, self.thresholds, self.wordings)
        return self.edges[pair]

    def strong(self, one: str, other: str) -> bool:
        """Whether the two may stand in one cluster by their edge alone."""
        edge = self.between(one, other)
        return edge is not None and edge.strong

    def similarity(self, one: str, other: str) -> float:
        """The similarity on their edge, 0 without one."""
        edge = self.between(one, other)
        return 0.0 if edge is None else edge.similarity

    def size(self, one: str) -> int:
        """How many different shingles a document has."""
        return parse(self.sketches[one].fingerprint).shingles

    def holds(self, larger: str, other: str) -> bool:
        """Whether `other` is a copy of `larger`, or an excerpt of it; never that it is a larger text that holds it."""
        edge = self.between(larger, other)
        return edge is not None and (edge.strong or self.size(other) <= self.size(larger))

    def excerpt(self, larger: str, other: str) -> bool:
        """Whether `other` is related to `larger` as an excerpt of it alone."""
        edge = self.between(larger, other)
        return edge is not None and not edge.strong and self.size(other) <= self.size(larger)

    def best(self, members: Iterable[str], among: Iterable[str] | None = None) -> tuple[str, tuple[str, ...]]:
        """The kept one of these members, of those in `among` where it is given, and why; as evidence.rank tells."""
        everyone = sorted(members)
        eligible = None if among is None else [self.sketches[one] for one in among]
        kept, reasons = rank([self.sketches[one] for one in everyone], eligible, lambda: self.nearness(everyone))
        return kept.id, reasons

    def nearness(self, members: list[str]) -> dict[str, Nearness]:
        """How each member stands to the others; nothing where that would be more than TEXTS texts to compare.

        The same text is compared once, however many have it.
        """
        texts: dict[str, list[str]] = {}
        for one in members:
            texts.setdefault(self.sketches[one].fingerprint, []).append(one)
        if len(texts) > TEXTS:
            return {}
        found: dict[str, Nearness] = {}
        for same in texts.values():
            edges = [(self.between(same[0], other[0]), len(other)) for other in texts.values() if other is not same]
            copies = sum(count for edge, count in edges if edge is not None and edge.strong)
            similarity = sum(edge.similarity * count for edge, count in edges if edge is not None)
            own = Nearness(copies=copies + len(same) - 1, similarity=round(similarity + len(same) - 1, 3))
            found |= dict.fromkeys(same, own)
        return found
