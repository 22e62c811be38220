import random
from dataclasses import replace

import pytest

from newsbeam.records import Relation
from newsbeam.transforms.relations import Thresholds, mirrored, relate
from tests.transforms.relation_texts import copies, story
from tests.transforms.sketching import sketch

LINES = story("en", 11)
STORY = "\n".join(LINES)
USUAL = Thresholds()


@pytest.mark.parametrize(
    ("kind", "relation"),
    [
        ("identical", "identical"),
        ("headline", "near"),
        ("furniture", "near"),
        ("dropped", "near"),
        ("cut to 60 %", "excerpt"),
        ("cut to 30 %", "excerpt"),
        ("5 % other words", "near"),
        ("expanded", "expanded"),
    ],
)
def test_the_relation_says_what_the_second_is_to_the_first(kind: str, relation: Relation) -> None:
    other = "\n".join(copies("en", LINES, random.Random(3))[kind])
    edge = relate(sketch("a", STORY), sketch("b", other), USUAL)
    assert edge is not None
    assert (edge.a, edge.b, edge.relation) == ("a", "b", relation)
    swapped = relate(sketch("a", other), sketch("b", STORY), USUAL)
    assert swapped is not None
    assert swapped.relation == mirrored(relation)
    assert swapped == relate(sketch("b", STORY), sketch("a", other), USUAL)


def test_similarity_and_containment_are_those_of_the_texts() -> None:
    edge = relate(sketch("a", STORY), sketch("b", "\n".join(LINES[:6])), USUAL)
    assert edge is not None
    assert edge.similarity == pytest.approx(0.5, abs=0.05)
    assert edge.containment == pytest.approx(1, abs=0.01)
    assert edge.strong


def test_an_excerpt_alone_is_no_strong_edge() -> None:
    edge = relate(sketch("a", STORY), sketch("b", "\n".join(LINES[:4])), USUAL)
    assert edge is not None
    assert not edge.strong


def test_a_passage_below_a_seventh_is_a_quotation() -> None:
    assert relate(sketch("a", STORY), sketch("b", LINES[0]), USUAL) is None


def test_two_reports_are_not_related() -> None:
    first, second = (sketch(name, "\n".join(story("en", name, event=4))) for name in ("a", "b"))
    assert relate(first, second, USUAL) is None


@pytest.mark.parametrize(("days", "related"), [(29, True), (30, True), (31, False)])
def test_captures_farther_apart_than_the_window_are_not_related(days: int, related: bool) -> None:
    first = sketch("a", STORY, fetched_at="2026-10-01T00:00:00Z")
    second = sketch("b", STORY, fetched_at=f"2026-10-{days + 1:02}T00:00:00Z" if days < 31 else "2026-11-01T00:00:00Z")
    assert (relate(first, second, USUAL) is not None) is related
    assert (relate(second, first, USUAL) is not None) is related


def test_one_article_at_one_address_is_a_revision() -> None:
    first = sketch("a", STORY, url="https://example.com/story")
    second = sketch("b", "\n".join([*LINES[:8], *story("en", 12)[:3]]), url="https://example.com/story")
    edge = relate(first, second, USUAL)
    assert edge is not None
    assert edge.relation == "revision"
    amp = replace(second, url="https://amp.example.com/story", canonical_url=first.url)
    assert relate(first, amp, USUAL) == edge
    elsewhere = replace(second, url="https://other.example/story", canonical_url="https://other.example/story")
    found = relate(first, elsewhere, USUAL)
    assert found is not None
    assert found.relation == "near"


def test_a_canonical_link_to_the_home_page_says_nothing() -> None:
    home = {"canonical_url": "https://example.com/"}
    first = sketch("a", "\n".join(LINES[:8]), url="https://example.com/1", **home)
    second = sketch("b", "\n".join(LINES[2:10]), url="https://example.com/2", **home)
    assert relate(first, second, USUAL) is None


def test_stories_of_one_site_must_be_alike() -> None:
    first = sketch("a", "\n".join(LINES[:9]), url="https://example.com/1")
    second = sketch("b", "\n".join(LINES[3:]), url="https://sport.example.com/2")
    assert relate(first, second, USUAL) is None
    assert relate(first, replace(second, url="https://other.example/2"), USUAL) is not None
    assert relate(first, sketch("b", "\n".join(LINES[:8]), url="https://example.com/2"), USUAL) is not None


def test_a_few_words_are_copies_only_on_two_sites_within_days() -> None:
    text = "The harbour of Ardel opens again on Monday, the mayor said."
    first = sketch("a", text, published="2026-11-20")
    assert relate(first, sketch("b", text, published="2026-11-21T08:00:00Z"), USUAL) is not None
    assert relate(first, sketch("b", text, published="2026-11-25"), USUAL) is None
    assert relate(first, sketch("b", text), USUAL) is None
    assert relate(first, sketch("b", text + " Perhaps.", published="2026-11-20"), USUAL) is None
    assert relate(first, sketch("b", text, published="2026-11-20", url="https://a.example/2"), USUAL) is None
    assert relate(first, sketch("b", STORY, published="2026-11-20"), USUAL) is None


def test_short_texts_that_share_a_notice_are_not_related() -> None:
    notice = (
        "Leave a comment below this post. Name required. Mail will not be published. Feed for comments on this post."
    )
    first = sketch("a", "\n".join([" ".join(LINES[0].split()[:14]), notice]))
    second = sketch("b", "\n".join([" ".join(LINES[6].split()[:14]), notice]))
    assert relate(first, second, USUAL) is None


def test_the_thresholds_are_the_callers() -> None:
    first, second = sketch("a", STORY), sketch("b", "\n".join(LINES[:6]))
    edge = relate(first, second, Thresholds(similarity=0.9))
    assert edge is not None
    assert not edge.strong
    assert relate(first, second, Thresholds(similarity=0.9, shared_whole=10_000)) is None
