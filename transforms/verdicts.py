"""Verdicts: what becomes of the components that new documents touch, with what is known from earlier."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from newsbeam.records import Decision, Edge, Sketch
from newsbeam.transforms.bands import Pair, bands
from newsbeam.transforms.clusters import components, decide
from newsbeam.transforms.relations import Thresholds, relate
from newsbeam.transforms.wordings import Wordings


class History(Protocol):
    """What is known of the documents of earlier slices, windows and runs."""

    def candidates(
        self, bands: Mapping[str, Sequence[int]], *, limit: int, without: Collection[str]
    ) -> Mapping[str, Sequence[Sketch]]:
        """The earlier documents that share a band with each new one; never the new one's own id, nor those `without`.

        limit: of one new document's, those with most bands in common.
        """

    def component(self, ids: Collection[str]) -> tuple[list[Sketch], list[Edge]]:
        """Every earlier document that stored edges connect with one of these ids, these included, and those edges."""

    def texts(self, ids: Collection[str]) -> Mapping[str, str]:
        """The bodies of these earlier documents; those that are held no longer are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided about one component.

    decisions: one for each of its documents, new and earlier. edges: those verified now; an edge stored earlier for one
    of the new documents is void. bucket_cut: how often a document was beyond a band bucket's limit, in one verdict of
    the window.
    """

    decisions: tuple[Decision, ...]
    edges: tuple[Edge, ...] = ()
    bucket_cut: int = 0


def judge(
    sketches: Iterable[Sketch],
    pairs: Iterable[Pair],
    history: History | None,
    thresholds: Thresholds,
    bucket: int,
    bodies: Mapping[str, str] | None = None,
) -> list[Verdict]:
    """The verdicts on all components that the new documents touch, by their smallest id.

    pairs: candidates among the new ones. bucket: earlier candidates that are compared with one new document, those with
    most bands in common first. bodies: the texts of the new ones, by id. A new document replaces an earlier one of
    its id: the rest of the old component is decided anew as well.
    """
    new: dict[str, Sketch] = {}
    for one in sketches:
        held = new.setdefault(one.id, one)
        if (one.fetched_at, one.fingerprint, one.url) > (held.fetched_at, held.fingerprint, held.url):
            new[one.id] = one
    members = dict(new)
    wordings = Wordings(bodies, history.texts if history is not None else None)
    fresh = [relate(new[a], new[b], thresholds, wordings) for a, b in sorted(set(pairs))]
    stored: list[Edge] = []
    if history is not None:
        keys = {one.id: bands(one.fingerprint) for one in new.values()}
        for own, found in history.candidates(keys, limit=bucket, without=new).items():
            for other in found:
                edge = relate(new[own], other, thresholds, wordings)
                if edge is not None:
                    fresh.append(edge)
                    members[other.id] = other
        earlier, known = history.component(sorted(members))
        members |= {one.id: one for one in earlier if one.id not in new}
        stored = [edge for edge in known if edge.a not in new and edge.b not in new]
    return _verdicts(members, [edge for edge in fresh if edge is not None], stored, thresholds, wordings)


def remaining(
    staying: Iterable[Sketch],
    gone: Collection[str],
    history: History,
    thresholds: Thresholds,
    apart: Mapping[str, Collection[str]],
    bodies: Mapping[str, str],
) -> list[Verdict]:
    """The verdicts on what is left of the components of documents that go.

    staying: the others of their clusters. apart: those of them whose edges the history has dropped, with the others of
    their cluster, with which they are compared anew. bodies: the texts of those that stay, by id.
    """
    members = {one.id: one for one in staying}
    earlier, known = history.component(sorted({*gone, *members}))
    members |= {one.id: one for one in earlier if one.id not in gone}
    stored = [edge for edge in known if edge.a in members and edge.b in members]
    pairs = {(min(a, b), max(a, b)) for a, others in apart.items() for b in others if a != b}
    pairs -= {(edge.a, edge.b) for edge in stored}
    wordings = Wordings(bodies, history.texts)
    edges = (relate(members[a], members[b], thresholds, wordings) for a, b in sorted(pairs))
    return _verdicts(members, [edge for edge in edges if edge is not None], stored, thresholds, wordings)


def _verdicts(
    members: Mapping[str, Sketch],
    fresh: Sequence[Edge],
    stored: Sequence[Edge],
    thresholds: Thresholds,
    wordings: Wordings,
) -> list[Verdict]:
    groups = components(sorted(members), [(edge.a, edge.b) for edge in (*fresh, *stored)])
    place = {one: at for at, group in enumerate(groups) for one in group}
    new_edges: list[list[Edge]] = [[] for _ in groups]
    all_edges: list[list[Edge]] = [[] for _ in groups]
    for edge in fresh:
        new_edges[place[edge.a]].append(edge)
    for edge in (*fresh, *stored):
        all_edges[place[edge.a]].append(edge)
    return [
        Verdict(
            decisions=tuple(decide([members[one] for one in group], edges, thresholds, wordings)),
            edges=tuple(sorted(added, key=lambda edge: (edge.a, edge.b))),
        )
        for group, added, edges in zip(groups, new_edges, all_edges, strict=True)
    ]
