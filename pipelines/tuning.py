"""Tuning: the pairs of a store about which its thresholds barely decide, to be marked by a person.

The rows of the store are read twice: for their sketches, which are kept in memory, and for the texts of the few pairs
that are nearest to a threshold by these, which are then measured on the texts, as a run does it. Nothing is written to
the store.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from newsbeam import urls
from newsbeam.connectors.stores.records import STORIES
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import Store, StoreError
from newsbeam.pipelines.recalled import is_earlier_text
from newsbeam.records import Sketch
from newsbeam.transforms.borders import Measure, Measured, measured, nearest
from newsbeam.transforms.candidates import candidates
from newsbeam.transforms.fingerprints import parse
from newsbeam.transforms.passages import Differences, differing
from newsbeam.transforms.relations import Thresholds, mirrored
from newsbeam.transforms.wordings import Wordings

_SPARE = 2
"""So many times the pairs that are wanted are measured on their texts: of some it is not the threshold that decides."""

CLUSTER = "same_cluster"
"""What is said of two copies of a third."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A record as far as choosing pairs needs it: its sketch, and what was decided about its copies."""

    sketch: Sketch
    cluster_id: str
    duplicate_of: str | None
    relation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a person is told of one document of a pair."""

    id: str
    url: str
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A pair to be marked. border: the threshold that decides on it. distance: how far above that it is.

    relation: what b is to a, as decided when they were stored; None: they stand in two clusters.
    """

    pair: Measured
    border: Measure
    distance: float
    relation: str | None
    a: Told
    b: Told
    differences: Differences


def sample(
    store: Store, thresholds: Thresholds, *, bucket: int, count: int, only: Collection[str] | None = None
) -> list[Sampled]:
    """At most `count` pairs nearest to the thresholds, on both sides of both, the nearest first.

    The same for the same rows, in whatever order a store gives them. only: ids of the documents that count; None: all.

    Raises:
        StoreError: the store cannot be read, or a row of it is no record.
    """
    stories = {one.sketch.id: one for one in _stories(store) if only is None or one.sketch.id in only}
    found = candidates([one.sketch for one in stories.values()], bucket)
    pairs = (measured(stories[a].sketch, stories[b].sketch, thresholds) for a, b in found)
    sites = {one: urls.site(story.sketch.url) or story.sketch.url for one, story in stories.items()}
    near = nearest((one for one in pairs if one is not None), thresholds, sites, _SPARE * count)
    rows = _rows(store, {end for pair, _, _ in near for end in (pair.a, pair.b)})
    wordings = Wordings({one: row["body"] for one, row in rows.items()})
    exact = (measured(stories[pair.a].sketch, stories[pair.b].sketch, thresholds, wordings) for pair, _, _ in near)
    chosen = nearest((one for one in exact if one is not None), thresholds, sites, count)
    return [
        Sampled(
            pair=pair,
            border=border,
            distance=round(distance, 4),
            relation=decided(stories[pair.a], stories[pair.b]),
            a=_told(rows[pair.a]),
            b=_told(rows[pair.b]),
            differences=differing(rows[pair.a]["body"], rows[pair.b]["body"]),
        )
        for pair, border, distance in chosen
        if pair.a in rows and pair.b in rows  # a run may have removed one meanwhile
    ]


def decided(a: Story, b: Story) -> str | None:
    """What b was decided to be to a: a relation, CLUSTER where both are copies of a third, None for two clusters."""
    if b.duplicate_of == a.sketch.id:
        return b.relation
    if a.duplicate_of == b.sketch.id and a.relation is not None:
        return mirrored(a.relation)  # type: ignore[arg-type]
    return CLUSTER if a.cluster_id == b.cluster_id else None


def _stories(store: Store) -> Iterator[Story]:
    for name in STORIES:
        for row in store.rows(name):
            if not is_earlier_text(row):
                yield _story(store, row)


def _story(store: Store, row: Row) -> Story:
    try:
        parse(row["fingerprint"])
        credit = row["attribution"] or {}
        one = Sketch(
            id=str(row["id"]),
            url=row["url"],
            canonical_url=row["canonical_url"],
            site=row["site"],
            fingerprint=row["fingerprint"],
            fetched_at=row["fetched_at"],
            published=row["published"],
            words=row["word_count"],
            credit=credit.get("source"),
            credit_kind=credit.get("kind"),
        )
        return Story(
            sketch=one,
            cluster_id=row["cluster_id"],
            duplicate_of=row["duplicate_of"],
            relation=row.get("relation"),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise StoreError(f"{store.url}: the row {row.get('id')} is no record that can be compared: {error}") from error


def _rows(store: Store, wanted: Collection[str]) -> dict[str, Row]:
    return {str(row["id"]): row for name in STORIES for row in store.rows(name) if row["id"] in wanted}


def _told(row: Row) -> Told:
    return Told(id=str(row["id"]), url=row["url"], title=row["title"])
