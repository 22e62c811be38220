import random

import pytest

from newsbeam.records import Decision, Edge, Sketch
from newsbeam.transforms.clusters import components, decide
from newsbeam.transforms.relations import Thresholds, relate
from tests.transforms.relation_texts import copies, story, substituted
from tests.transforms.sketching import sketch

LINES = story("en", 21)
HAN = story("zh", 21)


def edges_of(sketches: list[Sketch]) -> list[Edge]:
    found = [relate(a, b, Thresholds()) for at, a in enumerate(sketches) for b in sketches[at + 1 :]]
    return [edge for edge in found if edge is not None]


def decided(sketches: list[Sketch]) -> dict[str, Decision]:
    """All decisions; the same for any order of documents and edges."""
    edges = edges_of(sketches)
    found = decide(sketches, edges)
    for seed in range(4):
        rng = random.Random(seed)
        assert decide(rng.sample(sketches, len(sketches)), rng.sample(edges, len(edges))) == found
    return {one.id: one for one in found}


def groups(decisions: dict[str, Decision]) -> list[list[str]]:
    """The clusters, the kept copy first."""
    names = sorted({one.cluster_id for one in decisions.values()})
    members = [[one for one in decisions.values() if one.cluster_id == name] for name in names]
    return [[one.id for one in sorted(own, key=lambda one: (one.duplicate_of is not None, one.id))] for own in members]


def test_components() -> None:
    assert components("abcdef", [("a", "c"), ("c", "e"), ("f", "x")]) == [["a", "c", "e"], ["b"], ["d"], ["f"]]


def test_a_lone_document_is_its_own_cluster() -> None:
    assert decide([sketch("b", "\n".join(LINES))], []) == [Decision(id="b", cluster_id="b")]


def test_copies_stand_in_one_cluster_named_by_its_smallest_id() -> None:
    texts = copies("en", LINES, random.Random(1))
    sketches = [sketch(f"m{at}", "\n".join(text), published="2026-11-20") for at, text in enumerate(texts.values())]
    sketches.append(sketch("original", "\n".join(LINES), published="2026-11-19"))
    found = decided(sketches)
    assert {one.cluster_id for one in found.values()} == {"m0"}
    assert found["original"].duplicate_of is None
    assert found["original"].kept_because == ("the earliest date: 2026-11-19",)
    assert {one.duplicate_of for one in found.values() if one.id != "original"} == {"original"}
    relations = {kind: found[f"m{at}"].relation for at, kind in enumerate(texts)}
    assert relations["identical"] == "identical"
    assert relations["cut to 30 %"] == "excerpt"
    assert relations["expanded"] == "expanded"
    assert found["m0"].similarity == 1


def test_a_chain_does_not_drift() -> None:
    """A near B near C, A not near C: C is not taken into A's cluster by way of B."""
    first = sketch("a", "\n".join(LINES[:8]), published="2026-11-18")
    middle = sketch("b", "\n".join(LINES[3:11]), published="2026-11-19")
    last = sketch("c", "\n".join([*LINES[6:], *story("en", 22)[:2]]), published="2026-11-20")
    assert [(edge.a, edge.b) for edge in edges_of([first, middle, last])] == [("a", "b"), ("b", "c")]
    assert groups(decided([first, middle, last])) == [["a", "b"], ["c"]]


def test_a_chain_of_many_steps_is_cut_into_related_clusters() -> None:
    long = story("en", 23, paragraphs=40)
    steps = [sketch(f"s{at:02}", "\n".join(long[at * 3 : at * 3 + 10]), published="2026-11-18") for at in range(10)]
    found = decided(steps)
    by_id = {one.id: one for one in steps}
    for one in found.values():
        if one.duplicate_of is not None:
            assert relate(by_id[one.id], by_id[one.duplicate_of], Thresholds()) is not None
    assert max(len(group) for group in groups(found)) <= 3
    assert len(groups(found)) < len(steps)


def test_what_is_put_out_takes_its_own_copies_along() -> None:
    """B is just near A; B's own copy C is just not: B goes with C and not with A."""
    kept = sketch("a", "\n".join([*LINES[:7], *story("en", 24)[:5]]), published="2026-11-18")
    near = sketch("b", "\n".join([*LINES[:7], *story("en", 25)[:4]]), published="2026-11-19")
    copy = sketch("c", "\n".join([*LINES[1:7], *story("en", 25)[:6]]), published="2026-11-20")
    edges = {(edge.a, edge.b): edge for edge in edges_of([kept, near, copy])}
    assert edges["a", "b"].strong
    assert edges["b", "c"].similarity > edges["a", "b"].similarity
    assert ("a", "c") not in edges
    assert groups(decided([kept, near, copy])) == [["a"], ["b", "c"]]


def test_two_texts_that_hold_one_excerpt_are_not_joined_by_it() -> None:
    shared = LINES[:4]
    first = sketch("a", "\n".join([*shared, *story("en", 26)[:8]]))
    second = sketch("b", "\n".join([*shared, *story("en", 27)[:9]]))
    excerpt = sketch("c", "\n".join(shared))
    assert [edge.strong for edge in edges_of([first, second, excerpt])] == [False, False]
    found = decided([first, second, excerpt])
    assert found["a"].cluster_id != found["b"].cluster_id
    assert found["c"].cluster_id == found["a"].cluster_id


@pytest.mark.parametrize(("published", "kept"), [("2026-11-17", "short"), ("2026-11-19", "long")])
def test_an_excerpt_and_its_text_are_one_cluster_whichever_is_the_original(published: str, kept: str) -> None:
    long = sketch("long", "\n".join(LINES), published="2026-11-18")
    short = sketch("short", "\n".join(LINES[:4]), published=published)
    found = decided([long, short])
    assert groups(found) == [[kept, "short" if kept == "long" else "long"]]
    duplicate = next(one for one in found.values() if one.duplicate_of)
    assert duplicate.relation == ("expanded" if kept == "short" else "excerpt")


def test_copies_of_an_excerpt_go_along_with_it() -> None:
    sketches = [
        sketch("a", "\n".join(LINES), published="2026-11-18"),
        sketch("b", "\n".join(LINES[:4]), published="2026-11-19"),
        sketch("c", "\n".join(LINES[:4]), published="2026-11-20"),
    ]
    assert groups(decided(sketches)) == [["a", "b", "c"]]


def test_a_copy_that_no_band_brought_to_the_kept_one_is_compared_with_it() -> None:
    sketches = [sketch(name, "\n".join(LINES), published=f"2026-11-1{at}") for at, name in enumerate("abc", 1)]
    chain = [edge for edge in edges_of(sketches) if (edge.a, edge.b) != ("a", "c")]
    assert {one.duplicate_of for one in decide(sketches, chain)} == {None, "a"}


def test_captures_beyond_the_window_are_not_joined_by_one_between() -> None:
    days = ("2026-09-01", "2026-09-25", "2026-10-15")
    sketches = [
        sketch(name, "\n".join(LINES), fetched_at=f"{day}T00:00:00Z", published=day)
        for name, day in zip("abc", days, strict=True)
    ]
    assert groups(decided(sketches)) == [["a", "b"], ["c"]]


def test_edges_to_documents_that_are_not_given_do_not_count() -> None:
    edge = Edge(a="a", b="x", relation="near", similarity=0.9, containment=0.9)
    assert decide([sketch("a", "\n".join(LINES))], [edge]) == [Decision(id="a", cluster_id="a")]


@pytest.mark.parametrize("more", [[], [f"twin{at}" for at in range(3)]])
def test_without_dates_the_text_that_the_others_are_near_to_is_kept(more: list[str]) -> None:
    """Edited copies and one with more around it are near to the story, and not all of them to each other."""
    rng = random.Random(3)
    edited = {f"edited{at}": "\n".join(substituted("zh", HAN, 0.1, rng)) for at in range(3)}
    texts = {"whole": "\n".join(HAN), "more": "\n".join([*HAN, *story("zh", "more", paragraphs=7)]), **edited}
    texts |= dict.fromkeys(more, texts["whole"])
    found = decided([sketch(name, text) for name, text in texts.items()])
    assert len(groups(found)) == 1
    (kept,) = (one for one in found.values() if one.duplicate_of is None)
    assert texts[kept.id] == texts["whole"]
    assert kept.kept_because[0].startswith("close to most other copies")


def test_more_texts_than_are_compared_are_decided_by_completeness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsbeam.transforms.related.TEXTS", 2)
    texts = {"whole": LINES, "dropped": LINES[1:], "more": [*LINES, *story("en", "more", paragraphs=2)]}
    found = decided([sketch(name, "\n".join(text)) for name, text in texts.items()])
    assert [one.kept_because[0].partition(":")[0] for one in found.values() if one.kept_because] == [
        "the most complete"
    ]
