"""Rows: the contract's fields in its order, and nothing unprintable."""

from dataclasses import replace

from newsbeam.connectors.stores.rows import ARTICLE_FIELDS, row, row_hash
from newsbeam.records import Attribution, Removed
from tests.connectors.stores.fakes import article, document, duplicate, origin, rejected, without

ONE, TWO = document("one"), document("two")


def test_an_article_has_the_contracts_fields_in_its_order() -> None:
    values = row(article(ONE), run_id="r", updated_at="2026-11-20T12:00:00Z")
    assert tuple(values) == ARTICLE_FIELDS
    assert next(iter(values)) == "id"
    assert values["schema_version"] == 1
    assert values["authors"] == ["Ana Lind"]
    assert values["removed"] == [{"kind": "notice", "text": "All rights reserved.", "position": 3}]
    assert values["attribution"] is None
    assert values["duplicate_of"] is None
    assert "relation" not in values


def test_a_duplicate_says_of_what_and_how() -> None:
    values = row(duplicate(TWO, ONE), run_id="r", updated_at="u")
    assert (values["duplicate_of"], values["relation"], values["similarity"]) == (ONE.id, "near", 0.75)
    assert set(ARTICLE_FIELDS) < set(values)


def test_a_rejected_row_is_named_by_its_place() -> None:
    values = row(rejected(origin("x")), run_id="r", updated_at="u")
    assert values["id"] == origin("x").key
    assert values["reason"] == "timeout"
    assert "origin" not in values


def test_nothing_unprintable_is_in_a_row() -> None:
    bad = "a\x00b\x1fc\ud800d\x9be\ufefff\r\ng"
    one = replace(
        ONE,
        title=bad,
        body=bad,
        authors=(bad,),
        removed=(Removed(kind="notice", text=bad, position=0),),
        attribution=Attribution(source=bad, kind="credit", evidence=bad),
    )
    values = row(article(one), run_id="r", updated_at="u")
    good = "abcdef\ng"
    assert (values["title"], values["body"], values["authors"]) == (good, good, [good])
    assert values["removed"][0]["text"] == good
    assert values["attribution"] == {"source": good, "kind": "credit", "evidence": good}


def test_the_hash_leaves_volatile_fields_aside() -> None:
    values = row(article(ONE), run_id="r", updated_at="u")
    later = row(article(replace(ONE, fetched_at="2027-01-01T00:00:00Z")), run_id="s", updated_at="v")
    other = row(article(replace(ONE, title="Another")), run_id="r", updated_at="u")
    assert row_hash(values) == row_hash(later)
    assert row_hash(values) != row_hash(other)
    assert without(values, "fetched_at", "run_id", "updated_at") == without(later, "fetched_at", "run_id", "updated_at")


def test_a_reservation_changes_the_hash_and_its_absence_leaves_that_of_rows_of_before() -> None:
    given = row(article(document("x")), run_id="r", updated_at="2026-11-23T10:00:00Z")
    before = {name: value for name, value in given.items() if name != "reserved"}
    assert given["reserved"] == []
    assert row_hash(given) == row_hash(before)
    reserved = row(
        article(document("x", reserved=("meta robots: noai",))), run_id="r", updated_at="2026-11-23T10:00:00Z"
    )
    assert reserved["reserved"] == ["meta robots: noai"]
    assert row_hash(reserved) != row_hash(given)
