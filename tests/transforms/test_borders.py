"""Which pairs a threshold decides about, and which of them are shown to a person."""

import random
from dataclasses import replace

import pytest

from newsbeam.records import Sketch
from newsbeam.transforms.borders import Measured, measured, nearest
from newsbeam.transforms.candidates import candidates
from newsbeam.transforms.relations import Thresholds, relate
from newsbeam.transforms.scores import Marked, Score, others, score
from newsbeam.transforms.wordings import Wordings
from tests.slow.worlds import prose
from tests.transforms import borderline
from tests.transforms.sketching import sketch

IN_FORCE = Thresholds()


def mixture(name: str, own: int, shared: int, **fields: str) -> Sketch:
    """A text of so many sentences of its own and so many that all others have, too."""
    mine = prose(sum(map(ord, name)) * 100 + len(name), paragraphs=own, sentences=1)
    common = prose(7, paragraphs=40, sentences=1)[:shared]
    return sketch(name, " ".join((*common, *mine)), **fields)


STORIES = [mixture(f"s{number}", number % 7 * 4, 6 + number % 5 * 4) for number in range(30)]


def pair(a: str, b: str, similarity: float, containment: float, *by: str) -> Measured:
    return Measured(a=a, b=b, similarity=similarity, containment=containment, by=by)  # type: ignore[arg-type]


@pytest.mark.parametrize("similarity", [0.2, 0.4, 0.6])
@pytest.mark.parametrize("containment", [0.5, 0.7, 0.9])
def test_what_is_said_of_a_pair_is_what_a_run_would_decide(similarity: float, containment: float) -> None:
    thresholds = replace(IN_FORCE, similarity=similarity, containment=containment)
    outcomes = set()
    for at, a in enumerate(STORIES):
        for b in STORIES[at + 1 :]:
            one = measured(b, a, IN_FORCE)
            told = one is not None and one.is_copy(thresholds)
            if a.fingerprint != b.fingerprint:
                assert told == (relate(a, b, thresholds) is not None), (a.id, b.id)
                outcomes.add(told)
    assert outcomes == {True, False}


def test_a_threshold_decides_where_the_other_does_not() -> None:
    both = ("similarity", "containment")
    assert pair("a", "b", 0.45, 0.6, *both).border(IN_FORCE) == ("similarity", pytest.approx(0.05))
    assert pair("a", "b", 0.3, 0.72, *both).border(IN_FORCE) == ("containment", pytest.approx(0.02))
    assert pair("a", "b", 0.38, 0.5, *both).border(IN_FORCE) == ("similarity", pytest.approx(-0.02))
    assert pair("a", "b", 0.5, 0.8, *both).border(IN_FORCE) is None, "no one of the two alone"
    assert pair("a", "b", 0.5, 0.8, "containment").border(IN_FORCE) == ("containment", pytest.approx(0.1))


def test_one_text_twice_and_texts_of_a_sentence_are_no_pairs_to_judge() -> None:
    assert measured(STORIES[1], replace(STORIES[1], id="other"), IN_FORCE) is None
    assert measured(sketch("x", "Too short."), STORIES[1], IN_FORCE) is None
    assert measured(STORIES[1], replace(STORIES[2], fetched_at="2026-09-01T00:00:00Z"), IN_FORCE) is None


def test_the_sides_take_turns_the_nearest_first_and_the_sites_vary() -> None:
    pairs = [pair(f"a{n}", f"b{n}", 0.41 + n / 100, 0.1, "similarity") for n in range(8)]
    pairs += [pair(f"c{n}", f"d{n}", 0.39 - n / 100, 0.1, "similarity") for n in range(8)]
    pairs += [pair(f"e{n}", f"f{n}", 0.1, 0.75 + n / 100, "containment") for n in range(8)]
    sites = {end: f"{end}.example" for one in pairs for end in (one.a, one.b)}
    sites |= dict.fromkeys(("a0", "a1", "a2"), "same.example")
    chosen = nearest(pairs, IN_FORCE, sites, 6)
    assert [abs(distance) for _, _, distance in chosen] == sorted(abs(distance) for _, _, distance in chosen)
    names = [one.a for one, _, _ in chosen]
    assert sorted(names) == ["a0", "a3", "c0", "c1", "e0", "e1"], "a1 and a2 are of the site of a0"
    for seed in range(5):
        shuffled = random.Random(seed).sample(pairs, len(pairs))
        assert nearest(shuffled, IN_FORCE, sites, 6) == chosen
    assert len(nearest(pairs, IN_FORCE, sites, 100)) == len(pairs)


def test_candidates_are_all_that_share_a_band_in_any_order() -> None:
    found = candidates(STORIES, 200)
    assert found == candidates(STORIES[::-1], 200)
    copies = {
        (min(a.id, b.id), max(a.id, b.id))
        for at, a in enumerate(STORIES)
        for b in STORIES[at + 1 :]
        if a.fingerprint != b.fingerprint and relate(a, b, IN_FORCE) is not None
    }
    assert copies
    assert len(copies & found) >= 0.95 * len(copies)
    assert candidates([], 200) == set()
    assert candidates([sketch("one", " ".join(prose(1))), sketch("two", " ".join(prose(2)))], 200) == set()


def test_precision_and_recall_of_thresholds() -> None:
    marked = [
        Marked(pair=pair("a", "b", 0.5, 0.1, "similarity"), same=True),
        Marked(pair=pair("a", "c", 0.45, 0.1, "similarity"), same=False),
        Marked(pair=pair("a", "d", 0.3, 0.1, "similarity"), same=True),
        Marked(pair=pair("a", "e", 0.9, 0.6, "containment"), same=True),
    ]
    found = score(marked, IN_FORCE)
    assert found == Score(joined=1, wrong=1, missed=2)
    assert (found.precision, found.recall) == (0.5, pytest.approx(1 / 3))
    assert score(marked, replace(IN_FORCE, similarity=0.48, containment=0.6)) == Score(joined=2, wrong=0, missed=1)
    assert score([], IN_FORCE).precision is None
    assert score(marked[1:2], IN_FORCE).recall is None
    tried = others(replace(IN_FORCE, similarity=0.1))
    assert [one.similarity for one in tried if one.containment == IN_FORCE.containment] == [0.05, 0.15, 0.2, 0.25, 0.3]
    assert max(one.containment for one in tried) == 0.9


@pytest.mark.parametrize("copies", [True, False])
def test_texts_that_are_at_hand_are_measured_and_not_their_sketches(copies: bool) -> None:
    texts = borderline.misjudged(copies=copies)
    a, b = (sketch(name, text) for name, text in zip("ab", texts, strict=True))
    by_sketch, by_text = (
        measured(a, b, IN_FORCE, wordings) for wordings in (None, Wordings(dict(zip("ab", texts, strict=True))))
    )
    assert by_sketch is not None
    assert by_text is not None
    assert by_sketch.is_copy(IN_FORCE) is not copies
    assert by_text.is_copy(IN_FORCE) is copies
    assert by_text.containment == round(borderline.true(*texts), 4)
