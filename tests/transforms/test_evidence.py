import itertools
from dataclasses import replace
from typing import Any

import pytest

from newsbeam.records import Sketch
from newsbeam.transforms.evidence import Nearness, rank
from newsbeam.urls import article_id
from tests.transforms.sketching import sketch

EARLY, LATE = "2026-11-20T08:00:00Z", "2026-11-20T09:30:00Z"


def kept(*members: Sketch) -> tuple[str, tuple[str, ...]]:
    """The kept one; the same in any order."""
    found = {(one.id, reasons) for order in itertools.permutations(members) for one, reasons in [rank(order)]}
    assert len(found) == 1
    return found.pop()


def test_a_lone_document_needs_no_reason() -> None:
    assert kept(sketch("a")) == ("a", ())


@pytest.mark.parametrize(
    "pointing",
    [
        {"canonical_url": "https://b.example/story"},
        {"based_on": ("http://www.b.example/story/?utm_source=feed",)},
    ],
)
def test_a_page_that_names_its_original_decides_before_all_else(pointing: dict[str, Any]) -> None:
    first = sketch("a", published=EARLY, words=900, credit=None, **pointing)
    second = sketch("b", published=LATE, words=300, credit="a.example", credit_kind="credit")
    assert kept(first, second) == ("b", ("a copy's page names this address as its original",))


def test_pages_that_name_each_other_say_nothing() -> None:
    first = sketch("a", published=LATE, based_on=("https://b.example/story",))
    second = sketch("b", published=EARLY, based_on=("https://a.example/story",))
    assert kept(first, second) == ("b", (f"the earliest date: {EARLY}",))


def test_a_link_to_a_home_page_names_no_story() -> None:
    first = sketch("a", published=EARLY, based_on=("https://b.example/",))
    second = sketch("b", published=LATE, url="https://b.example/")
    assert kept(first, second)[0] == "a"


def test_a_credit_of_a_member_decides_before_dates() -> None:
    first = sketch("a", published=EARLY, credit="Harbour Herald", credit_kind="credit")
    second = sketch("b", published=LATE, site="The Harbour Herald")
    third = sketch("c", published=EARLY)
    assert kept(first, second, third) == ("b", ("a copy credits Harbour Herald",))


def test_the_agencys_own_site_decides_before_dates() -> None:
    members = [
        sketch("a", published=EARLY, credit="AP", credit_kind="agency"),
        sketch("b", published=LATE, url="https://apnews.com/1", credit="AP", credit_kind="agency"),
        sketch("c", published=EARLY),
    ]
    assert kept(*members) == ("b", ("the credited source's own site: AP",))


def test_the_earliest_date_decides_before_completeness() -> None:
    assert kept(sketch("a", published=LATE, words=900), sketch("b", published=EARLY, words=400)) == (
        "b",
        (f"the earliest date: {EARLY}",),
    )


def test_a_bare_day_is_compared_as_a_day() -> None:
    day, moment = sketch("b", published="2026-11-20", words=600), sketch("a", published=EARLY, words=500)
    assert kept(day, moment) == ("b", ("the most complete: up to 600 words",))
    assert kept(day, sketch("a", published="2026-11-19T23:00:00Z"))[0] == "a"
    assert kept(day, sketch("a", published="2026-11-21T01:00:00Z"))[0] == "b"


def test_a_zone_is_taken_into_account() -> None:
    assert (
        kept(sketch("a", published="2026-11-20T10:00:00+02:00"), sketch("b", published="2026-11-20T09:00:00Z"))[0]
        == "a"
    )


def test_an_undated_copy_comes_after_a_dated_one() -> None:
    assert kept(sketch("a", words=900), sketch("b", published=LATE, words=400))[0] == "b"


def test_a_bare_first_of_january_is_no_date() -> None:
    assert kept(sketch("a", published="2026-01-01"), sketch("b", published=LATE))[0] == "b"
    assert kept(sketch("a", published="2026-01-01T06:00:00Z"), sketch("b", published=LATE))[0] == "a"


def test_a_tenth_more_words_is_no_evidence() -> None:
    assert kept(sketch("a", words=400), sketch("b", words=430)) == ("a", ("the first by address",))
    assert kept(sketch("a", words=300), sketch("b", words=430)) == ("b", ("the most complete: up to 430 words",))


def test_neither_the_moment_of_the_capture_nor_the_id_counts() -> None:
    first = sketch("z", url="https://a.example/1", fetched_at="2026-11-23T00:00:00Z")
    second = sketch("a", url="https://b.example/1", fetched_at="2026-11-20T00:00:00Z")
    assert kept(first, second) == ("z", ("the first by address",))


def test_an_earlier_text_of_an_address_is_not_kept_beside_the_present_one() -> None:
    url = "https://paper.example/story"
    present = sketch(article_id(url), "x", url=url, published=LATE, words=100)
    earlier = sketch("0" * 32, "x", url=url, published=EARLY, words=900)
    assert kept(present, earlier) == (article_id(url), ())


def test_only_the_eligible_are_kept_but_all_give_evidence() -> None:
    members = [
        sketch("a", published=EARLY),
        sketch("b", published=LATE),
        sketch("c", based_on=("https://b.example/story",)),
    ]
    assert rank(members, [members[0], members[2]])[0].id == "a"
    with pytest.raises(ValueError, match="no members"):
        rank([])


def test_where_nothing_is_said_a_copy_of_most_others_is_kept_before_the_longest() -> None:
    members = [sketch("a", words=900), sketch("b", words=400), sketch("c", words=380), sketch("d", words=390)]
    near = {
        "a": Nearness(copies=1, similarity=0.9),
        "b": Nearness(copies=3, similarity=1.9),
        "c": Nearness(copies=3, similarity=2.1),
        "d": Nearness(copies=2, similarity=2.2),
    }
    for order in itertools.permutations(members):
        found, reasons = rank(order, nearness=lambda: near)
        assert found.id == "c"
        assert reasons == ("close to most other copies: 3 of 3", "the nearest to the other copies")


def test_how_near_copies_are_is_not_asked_where_a_date_decides() -> None:
    def fail() -> dict[str, Nearness]:
        raise AssertionError("asked")

    found, _ = rank([sketch("a", published=LATE), sketch("b", published=EARLY)], nearness=fail)
    assert found.id == "b"


def test_among_too_many_texts_completeness_decides() -> None:
    found, reasons = rank([sketch("a", words=300), sketch("b", words=400)], nearness=dict)
    assert (found.id, reasons) == ("b", ("the most complete: up to 400 words",))


def test_a_mirror_stands_for_the_site_that_it_names() -> None:
    mirror = sketch("m", url="http://192.0.2.7/a", published=LATE, based_on=("https://www.herald.com/a",))
    other = sketch("a", published=EARLY)
    assert kept(other, mirror) == ("m", ("the publisher's own page: herald.com",))
    own = sketch("z", url="https://herald.com/b", published=LATE)
    assert kept(other, mirror, own) == ("z", ("the publisher's own page: herald.com",))
    crediting = replace(other, credit="herald.com", credit_kind="credit")
    assert kept(crediting, mirror) == ("m", ("a copy credits herald.com",))


def test_a_page_in_a_cache_names_the_site_that_it_is_called_by() -> None:
    cached = sketch(
        "c", url="https://cache.org/herald", site="Herald", published=LATE, based_on=("https://herald.com/1",)
    )
    other = sketch("a", published=EARLY)
    assert kept(other, cached) == ("c", ("the publisher's own page: herald.com",))
    partner = replace(cached, site="Morning Partner")
    assert kept(other, partner) == ("a", (f"the earliest date: {EARLY}",)), "made of another's page"


def test_a_day_that_several_texts_tell_dates_none_of_them() -> None:
    first = sketch("b", published=LATE, told="2026-10-02")
    second, third = (sketch(name, published="2026-10-02", told="2026-10-02", words=900) for name in ("a", "c"))
    assert kept(first, second, third) == ("b", (f"the earliest date: {LATE}",))
    assert kept(first, replace(second, told=None)) == ("a", ("the earliest date: 2026-10-02",))
    alone = replace(first, told=None)
    assert kept(alone, second) == ("a", ("the earliest date: 2026-10-02",)), "no copy tells it, too"
    assert kept(second, third) == ("a", ("the first by address",))
