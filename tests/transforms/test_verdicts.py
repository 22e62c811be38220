"""Order and slices: whatever comes first, and however a run is cut, the decisions are the same in the end."""

import random
from dataclasses import replace

import pytest

from newsbeam.records import Decision, Sketch
from newsbeam.transforms.bands import bands
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.verdicts import Verdict, judge
from tests.transforms.relation_texts import copies, others, story
from tests.transforms.sketching import MemoryHistory, sketch

USUAL = Thresholds()


def taken(history: MemoryHistory, new: list[Sketch], bucket: int = 1000) -> list[Verdict]:
    """One slice: judged with the history, and what came of it written there."""
    met: dict[int, list[str]] = {}
    for one in new:
        for band in bands(one.fingerprint):
            met.setdefault(band, []).append(one.id)
    pairs = [(a, b) for ids in met.values() for a in ids for b in ids if a < b]
    verdicts = judge(new, pairs, history, USUAL, bucket)
    history.apply(new, verdicts)
    return verdicts


@pytest.fixture(scope="module")
def corpus() -> list[Sketch]:
    """Some 90 documents: copies of every kind, a chain, lone stories and what only shares something with others."""
    rng = random.Random(5)
    found = []
    for seed in range(5):
        lines = story("en", seed, event=seed)
        texts = [
            lines,
            *copies("en", lines, rng).values(),
            *(second for _, second in others("en", lines, seed).values()),
        ]
        for at, text in enumerate(texts):
            name = f"{rng.randrange(16**8):08x}"
            day = f"2026-11-{rng.randrange(10, 20)}"
            credit = f"s{seed}-{rng.randrange(len(texts))}" if rng.random() < 0.2 else None
            found.append(
                sketch(
                    name,
                    "\n".join(text),
                    url=f"https://s{seed}-{at}.example/{name}",
                    site=f"s{seed}-{at}",
                    published=day if rng.random() < 0.8 else None,
                    credit=credit,
                    credit_kind="credit" if credit else None,
                )
            )
    long = story("en", "chain", paragraphs=30)
    found += [sketch(f"chain{at}", "\n".join(long[at * 3 : at * 3 + 10])) for at in range(7)]
    found += [sketch(f"twin{at}", "\n".join(story("en", "twin"))) for at in range(3)]
    return found + [sketch(f"alone{at}", "\n".join(story("en", f"alone{at}"))) for at in range(5)]


@pytest.fixture(scope="module")
def whole(corpus: list[Sketch]) -> dict[str, Decision]:
    history = MemoryHistory()
    taken(history, corpus)
    return history.decisions


def test_the_corpus_has_clusters_of_several_kinds(whole: dict[str, Decision], corpus: list[Sketch]) -> None:
    assert whole.keys() == {one.id for one in corpus}
    kept = [one for one in whole.values() if one.duplicate_of is None]
    assert 15 < len(kept) < 60
    assert {one.relation for one in whole.values()} >= {"identical", "near", "excerpt", "expanded"}
    assert all(whole[one.duplicate_of].duplicate_of is None for one in whole.values() if one.duplicate_of)
    assert all(whole[one.duplicate_of].cluster_id == one.cluster_id for one in whole.values() if one.duplicate_of)


@pytest.mark.parametrize("seed", range(20))
def test_any_order_and_any_slices_end_with_the_same_decisions(
    seed: int, corpus: list[Sketch], whole: dict[str, Decision]
) -> None:
    rng = random.Random(seed)
    waiting = rng.sample(corpus, len(corpus))
    history = MemoryHistory()
    size = rng.choice([1, 3, 9, 30])
    while waiting:
        count = rng.randrange(1, size + 1)
        taken(history, waiting[:count])
        waiting = waiting[count:]
    assert history.decisions == whole


def test_the_same_again_changes_nothing(corpus: list[Sketch], whole: dict[str, Decision]) -> None:
    history = MemoryHistory()
    taken(history, corpus)
    edges = dict(history.edges)
    taken(history, corpus[::2])
    assert history.decisions == whole
    assert history.edges == edges


def test_history_is_asked_once_and_decided_anew_as_a_whole() -> None:
    lines = "\n".join(story("en", 31))
    history = MemoryHistory()
    taken(history, [sketch("b", lines, published="2026-11-19"), sketch("c", lines, published="2026-11-18")])
    assert history.decisions["b"].duplicate_of == "c"
    verdicts = taken(history, [sketch("a", lines, published="2026-11-10"), sketch("other", "\n".join(story("en", 32)))])
    assert history.asked == [["b", "c"], ["a", "other"]]
    assert [[one.id for one in verdict.decisions] for verdict in verdicts] == [["a", "b", "c"], ["other"]]
    assert {one: decision.duplicate_of for one, decision in history.decisions.items()} == {
        "a": None,
        "b": "a",
        "c": "a",
        "other": None,
    }
    assert {(edge.a, edge.b) for edge in verdicts[0].edges} == {("a", "b"), ("a", "c")}


def test_a_changed_text_leaves_its_cluster_and_the_rest_is_decided_anew() -> None:
    lines = "\n".join(story("en", 33))
    history = MemoryHistory()
    first = [sketch(name, lines, published=f"2026-11-1{at}") for at, name in enumerate("abc", 1)]
    taken(history, first)
    assert history.decisions["b"].duplicate_of == "a"
    taken(history, [replace(first[0], fingerprint=sketch("a", "\n".join(story("en", 34))).fingerprint)])
    assert {one: (decision.cluster_id, decision.duplicate_of) for one, decision in history.decisions.items()} == {
        "a": ("a", None),
        "b": ("b", None),
        "c": ("b", "b"),
    }


def test_of_two_captures_of_one_id_the_later_counts() -> None:
    earlier = sketch("a", "\n".join(story("en", 35)), fetched_at="2026-11-20T00:00:00Z")
    later = sketch("a", "\n".join(story("en", 36)), fetched_at="2026-11-21T00:00:00Z")
    history = MemoryHistory()
    history.apply([sketch("b", "\n".join(story("en", 36)))], [])
    for order in ([earlier, later], [later, earlier]):
        (verdict,) = judge(order, [], history, USUAL, 10)
        assert {one.cluster_id for one in verdict.decisions} == {"a"}
        assert len(verdict.decisions) == 2


def test_the_nearest_candidates_are_compared_when_there_are_too_many() -> None:
    lines = story("en", 37)
    history = MemoryHistory()
    history.apply([sketch(f"far{at}", "\n".join([*story("en", f"far{at}"), *lines[:2]])) for at in range(6)], [])
    history.apply([sketch("near", "\n".join(lines[1:]))], [])
    (verdict,) = judge([sketch("new", "\n".join(lines))], [], history, USUAL, 1)
    assert [one.cluster_id for one in verdict.decisions] == ["near", "near"]


def test_without_documents_there_is_no_verdict() -> None:
    assert judge([], [], MemoryHistory(), USUAL, 10) == []
