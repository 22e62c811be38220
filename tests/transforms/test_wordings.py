"""Near a threshold the texts decide, far from it the sketches; what two texts end with does not make them copies."""

from collections.abc import Collection, Mapping

import pytest

from newsbeam.records import Sketch
from newsbeam.transforms.endings import only_ending
from newsbeam.transforms.fingerprints import fingerprint, parse
from newsbeam.transforms.overlaps import bounds, overlap
from newsbeam.transforms.relations import Thresholds, may_relate, relate
from newsbeam.transforms.shingles import hashed, in_order, tokens
from newsbeam.transforms.wordings import Wordings
from tests.transforms import borderline
from tests.transforms.relation_texts import LANGUAGES, story
from tests.transforms.sketching import sketch

USUAL = Thresholds()


class Asked:
    """Gives texts, and remembers of which documents they were asked for."""

    def __init__(self, **texts: str) -> None:
        self.given, self.of = texts, set[str]()

    def __call__(self, ids: Collection[str]) -> Mapping[str, str]:
        self.of.update(ids)
        return {one: self.given[one] for one in ids if one in self.given}


def sketches(first: str, second: str) -> tuple[Sketch, Sketch]:
    return sketch("a", first), sketch("b", second)


@pytest.mark.parametrize("copies", [True, False])
def test_near_a_threshold_the_texts_decide(copies: bool) -> None:
    texts = borderline.misjudged(copies=copies)
    a, b = sketches(*texts)
    assert (relate(a, b, USUAL) is None) is copies, "the sketches say otherwise"
    edge = relate(a, b, USUAL, Wordings({"a": texts[0], "b": texts[1]}))
    assert (edge is not None) is copies
    if edge is not None:
        assert edge.containment == round(borderline.true(*texts), 4)
    assert relate(b, a, USUAL, Wordings({"a": texts[0]}, Asked(b=texts[1]))) == edge
    assert may_relate(a, b, USUAL)


def test_a_text_that_is_not_held_is_asked_for_once() -> None:
    first, second = borderline.misjudged(copies=True)
    a, b = sketches(first, second)
    asked: list[str] = []

    def none(ids: Collection[str]) -> Mapping[str, str]:
        asked.extend(ids)
        return {}

    wordings = Wordings({"a": first}, none)
    assert relate(a, b, USUAL, wordings) == relate(a, b, USUAL, wordings) == relate(a, b, USUAL)
    assert asked == ["b"]


@pytest.mark.parametrize("kept", ["", "Another text than the one that the fingerprint was made of. " * 40])
def test_a_text_that_is_not_the_fingerprints_does_not_count(kept: str) -> None:
    first, second = borderline.misjudged(copies=False)
    a, b = sketches(first, second)
    assert relate(a, b, USUAL, Wordings({"a": first, "b": kept})) == relate(a, b, USUAL)
    assert relate(a, b, USUAL, Wordings({"a": first}, Asked())) == relate(a, b, USUAL)


@pytest.mark.parametrize(("share", "longer"), [(0.1, 1_000), (0.3, 1_000), (1.0, 600)])
def test_far_from_every_threshold_no_text_is_asked_for(share: float, longer: int) -> None:
    texts = borderline.pair(1, share, longer=longer)
    asked = Asked(a=texts[0], b=texts[1])
    edge = relate(*sketches(*texts), USUAL, Wordings({}, asked))
    assert edge == relate(*sketches(*texts), USUAL)
    assert (edge is None, asked.of) == (share < 1, set())


def test_the_bounds_hold_what_the_texts_share() -> None:
    outside = 0
    for seed in range(150):
        texts = borderline.pair(seed, (seed % 10) / 10, shorter=330 + seed * 4, longer=1_400)
        own, other = (parse(fingerprint(text)) for text in texts)
        found = overlap(own, other)
        least, most = bounds(found, own, other)
        true = overlap(*map(borderline.whole, texts))
        for name in ("shared", "similarity", "containment"):
            assert getattr(least, name) <= getattr(found, name) <= getattr(most, name)
            outside += not getattr(least, name) <= getattr(true, name) <= getattr(most, name)
    assert outside == 0, "four standard errors: one in 16,000"


def test_of_whole_sketches_the_bounds_are_the_figures() -> None:
    own, other = (parse(fingerprint(text)) for text in borderline.pair(1, 0.5, shorter=200, longer=300))
    found = overlap(own, other)
    assert bounds(found, own, other) == (found, found)


def test_runs_in_reading_order_are_those_of_the_fingerprint() -> None:
    for text in ("Vor 12 Jahren im Hafen 港口附近的大桥 bei Ardel", *("\n".join(story(one, 1)) for one in LANGUAGES)):
        words = tokens(text)
        assert sorted(set(in_order(words).tolist())) == hashed(words)[0].tolist()
    words = tokens("the harbour bridge was closed 港口附近的大桥 before dawn")
    assert in_order(words)[:3].tolist() == in_order(words[:5]).tolist()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("own", "shared"), [(2, 3), (4, 3), (3, 4)])
def test_a_common_ending_under_two_beginnings(language: str, own: int, shared: int) -> None:
    footer = story(language, "wire", paragraphs=shared)
    texts = ["\n\n".join(story(language, f"{name} {own}", paragraphs=own) + footer) for name in ("one", "two")]
    a, b = sketches(*texts)
    assert relate(a, b, USUAL, Wordings({"a": texts[0], "b": texts[1]})) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_copies_have_more_in_common_than_an_ending(language: str) -> None:
    lines = story(language, 5, paragraphs=10)
    intro, other = (story(language, name, paragraphs=4) for name in ("intro", "other"))

    def ends(first: list[str], second: list[str]) -> bool:
        return only_ending(*(in_order(tokens("\n".join(text))) for text in (first, second)))

    assert not ends(lines, intro + lines), "an introduction of one's own"
    assert not ends(lines, lines[4:]), "the end of it"
    assert not ends(lines + intro, lines + other), "two continuations"
    assert not ends(intro[:2] + lines, other[:2] + lines), "short introductions to one story"
    assert not ends(lines, intro), "nothing in common"
    assert ends(intro + lines[4:], other + lines[4:])
