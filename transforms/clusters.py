"""Clusters: which documents tell one story's text, decided anew as a whole for each component of verified edges.

A chain must not drift (A near B, B near C, A not near C), so a cluster is never more than one kept copy and documents
that are related to it directly. An excerpt joins one larger text and joins no two of them.
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from newsbeam.records import Decision, Edge, Sketch
from newsbeam.transforms.related import Related
from newsbeam.transforms.relations import Thresholds, mirrored
from newsbeam.transforms.wordings import Wordings

Key = TypeVar("Key", bound=Hashable)


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
    relations = Related(known, inner, thresholds or Thresholds(), wordings)
    strong = [(edge.a, edge.b) for edge in inner if edge.strong]
    clusters = [cluster for whole in components(known, strong) for cluster in _settled(whole, strong, relations)]
    decisions = [
        one for cluster in _with_excerpts(clusters, inner, relations) for one in _decisions(cluster, relations)
    ]
    return sorted(decisions, key=lambda one: one.id)


def _settled(whole: list[str], strong: list[tuple[str, str]], relations: Related) -> list[_Cluster]:
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


def _with_excerpts(clusters: list[_Cluster], edges: list[Edge], relations: Related) -> list[_Cluster]:
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


def _closeness(host: _Cluster, cluster: _Cluster, relations: Related) -> tuple[float, float]:
    found = [edge for one in cluster.members if (edge := relations.between(host.kept, one)) is not None]
    return max(((edge.containment, edge.similarity) for edge in found), default=(0.0, 0.0))


def _union(host: _Cluster, cluster: _Cluster, relations: Related) -> _Cluster | None:
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


def _decisions(cluster: _Cluster, relations: Related) -> list[Decision]:
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
