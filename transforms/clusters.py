"""Clusters: which documents tell one story's text, decided anew as a whole for each component of verified edges.

A chain must not drift (A near B, B near C, A not near C), so a cluster is never more than one kept copy and documents
that are related to it directly. An excerpt joins one larger text and joins no two of them.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from newsbeam.records import Decision, Edge, Sketch
from newsbeam.transforms.evidence import Nearness, rank
from newsbeam.transforms.fingerprints import parse
from newsbeam.transforms.relations import Thresholds, mirrored, relate
from newsbeam.transforms.wordings import Wordings

Key = TypeVar("Key", bound=Hashable)

TEXTS = 64
"""Different texts of one cluster that are compared each with each, to find the one that most are near to."""


def components(members: Iterable[Key], pairs: Iterable[tuple[Key, Key]]) -> list[list[Key]]:
    """The connected components, members in the order given; pairs that name others than the members do not count."""
    parent = {one: one for one in members}

    def root(one: Key) -> Key:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for a, b in pairs:
        if a in parent and b in parent:
            parent[root(a)] = root(b)
    groups: dict[Key, list[Key]] = {}
    for one in parent:
        groups.setdefault(root(one), []).append(one)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Cluster:
    """A kept copy, why it is kept, and all members, itself among them."""

    kept: str
    reasons: tuple[str, ...]
    members: tuple[str, ...]


class _Relations:
    """The edges between documents: those found, and those to a kept copy that no band in common had brought up."""

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
        pair = (min(one, other), max(one, other))
        if pair not in self.edges:
            a, b = (self.sketches[one] for one in pair)
            self.edges[pair] = relate(a, b, self.thresholds, self.wordings)
        return self.edges[pair]

    def strong(self, one: str, other: str) -> bool:
        edge = self.between(one, other)
        return edge is not None and edge.strong

    def similarity(self, one: str, other: str) -> float:
        edge = self.between(one, other)
        return 0.0 if edge is None else edge.similarity

    def size(self, one: str) -> int:
        return parse(self.sketches[one].fingerprint).shingles

    def holds(self, larger: str, other: str) -> bool:
        """Whether `other` is a copy of `larger`, or an excerpt of it; never that it is a larger text that holds it."""
        edge = self.between(larger, other)
        return edge is not None and (edge.strong or self.size(other) <= self.size(larger))

    def excerpt(self, larger: str, other: str) -> bool:
        edge = self.between(larger, other)
        return edge is not None and not edge.strong and self.size(other) <= self.size(larger)

    def best(self, members: Iterable[str], among: Iterable[str] | None = None) -> tuple[str, tuple[str, ...]]:
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
            one = Nearness(copies=copies + len(same) - 1, similarity=round(similarity + len(same) - 1, 3))
            found |= dict.fromkeys(same, one)
        return found


def decide(
    sketches: Collection[Sketch],
    edges: Collection[Edge],
    thresholds: Thresholds | None = None,
    wordings: Wordings | None = None,
) -> list[Decision]:
    """A decision for every document, by id.

    The documents must be whole components of the edges, and the edges all that are known among them. An edge between a
    kept copy and another member that is not among them is sought as in relations.relate, to which wordings go.
    """
    known = {one.id: one for one in sorted(sketches, key=lambda one: one.id)}
    inner = sorted((edge for edge in edges if edge.a in known and edge.b in known), key=lambda edge: (edge.a, edge.b))
    relations = _Relations(known, inner, thresholds or Thresholds(), wordings)
    strong = [(edge.a, edge.b) for edge in inner if edge.strong]
    clusters = [cluster for whole in components(known, strong) for cluster in _settled(whole, strong, relations)]
    decisions = [
        one for cluster in _with_excerpts(clusters, inner, relations) for one in _decisions(cluster, relations)
    ]
    return sorted(decisions, key=lambda one: one.id)


def _settled(whole: list[str], strong: list[tuple[str, str]], relations: _Relations) -> list[_Cluster]:
    """A component cut into clusters: those not strongly related to the kept copy are clustered among themselves.

    With one that is put out go those that are nearer to it than to the kept copy: else a text just above the threshold
    would be torn from its own copies just below it. An excerpt of the kept copy takes nobody along: it comes back.
    """
    settled, waiting = [], [whole]
    while waiting:
        group = waiting.pop()
        kept, reasons = relations.best(group)
        inside = {one for one in group if one == kept or relations.strong(kept, one)}
        leaving = [one for one in group if one not in inside and not relations.excerpt(kept, one)]
        while leaving:
            nearer = {
                other
                for one in leaving
                for other in relations.strongly[one] & inside - {kept}
                if relations.similarity(one, other) > relations.similarity(kept, other)
            }
            inside -= nearer
            leaving = sorted(nearer)
        settled.append(_Cluster(kept, reasons, tuple(sorted(inside))))
        waiting.extend(components([one for one in group if one not in inside], strong))
    return settled


def _with_excerpts(clusters: list[_Cluster], edges: list[Edge], relations: _Relations) -> list[_Cluster]:
    """The clusters, those of excerpts put to the larger text that they were taken from.

    The longest come first and stay. A cluster goes to one other at most, and only when one text there is related to
    every member of both: so two texts that quote a third are not joined by it.
    """
    neighbours: dict[str, set[str]] = {}
    for edge in edges:
        neighbours.setdefault(edge.a, set()).add(edge.b)
        neighbours.setdefault(edge.b, set()).add(edge.a)
    fixed: list[_Cluster] = []
    place: dict[str, int] = {}
    for cluster in sorted(clusters, key=lambda one: (-max(map(relations.size, one.members)), one.members)):
        near = {place[other] for one in cluster.members for other in neighbours.get(one, ()) if other in place}
        joined = [(at, union) for at in sorted(near) if (union := _union(fixed[at], cluster, relations)) is not None]
        if joined:
            at, union = max(joined, key=lambda one: (_closeness(fixed[one[0]], cluster, relations), -one[0]))
            fixed[at] = union
        else:
            at = len(fixed)
            fixed.append(cluster)
        place |= dict.fromkeys(cluster.members, at)
    return fixed


def _closeness(host: _Cluster, cluster: _Cluster, relations: _Relations) -> tuple[float, float]:
    found = [edge for one in cluster.members if (edge := relations.between(host.kept, one)) is not None]
    return max(((edge.containment, edge.similarity) for edge in found), default=(0.0, 0.0))


def _union(host: _Cluster, cluster: _Cluster, relations: _Relations) -> _Cluster | None:
    """Both clusters as one; None when no text of the host holds all members of both, one as its excerpt."""
    longest = max(host.members, key=lambda one: (relations.size(one), one))
    members = tuple(sorted(host.members + cluster.members))
    if not any(
        any(relations.excerpt(hub, one) for one in cluster.members)
        and all(relations.holds(hub, one) for one in members if one != hub)
        for hub in (host.kept, longest)
    ):
        return None
    eligible = [
        one
        for one in sorted({host.kept, cluster.kept, longest})
        if all(relations.between(one, other) is not None for other in members if other != one)
    ]
    kept, reasons = relations.best(members, eligible)
    return _Cluster(kept, reasons, members)


def _decisions(cluster: _Cluster, relations: _Relations) -> list[Decision]:
    name = min(cluster.members)
    decisions = [Decision(id=cluster.kept, cluster_id=name, kept_because=cluster.reasons)]
    for one in cluster.members:
        if one == cluster.kept:
            continue
        edge = relations.between(cluster.kept, one)
        if edge is None:
            raise AssertionError(f"{one} is not related to {cluster.kept}, which is kept for it")
        relation = edge.relation if edge.a == cluster.kept else mirrored(edge.relation)
        decisions.append(
            Decision(id=one, cluster_id=name, duplicate_of=cluster.kept, relation=relation, similarity=edge.similarity)
        )
    return decisions
