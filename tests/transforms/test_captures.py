"""Several captures of one address: the newest keeps the id, whatever the order."""

import itertools
from dataclasses import replace

import pytest

from newsbeam.records import Document, Origin
from newsbeam.transforms.captures import resolve, revision_id


def capture(body: str, at: str, key: str = "k", kind: str = "warc") -> Document:
    return Document(
        id="article",
        url="https://a.example/story",
        canonical_url="https://a.example/story",
        feed_url=None,
        site="A",
        title="T",
        authors=(),
        published=None,
        modified=None,
        fetched_at=at,
        language="en",
        language_confidence=1.0,
        declared_language=None,
        body=body,
        removed=(),
        comments=(),
        attribution=None,
        based_on=(),
        extracted_from="html",
        paywalled=None,
        image=None,
        tags=(),
        fingerprint="",
        word_count=len(body.split()),
        origin=Origin(kind=kind, source="s", key=key),  # type: ignore[arg-type]
    )


OLD, MIDDLE, NEW = (
    capture(body, at)
    for body, at in (
        ("one", "2023-01-01T00:00:00Z"),
        ("two", "2023-01-02T00:00:00Z"),
        ("three", "2023-01-03T00:00:00Z"),
    )
)


@pytest.mark.parametrize("captures", list(itertools.permutations([OLD, MIDDLE, NEW])))
def test_the_newest_keeps_the_id_and_the_others_are_its_history(captures: tuple[Document, ...]) -> None:
    found = resolve(captures, None)
    assert found.current == NEW
    assert {(one.id, one.revision_of, one.body) for one in found.revisions} == {
        (revision_id("article", "one"), "article", "one"),
        (revision_id("article", "two"), "article", "two"),
    }
    assert found.skipped == ()


@pytest.mark.parametrize("captures", list(itertools.permutations([OLD, MIDDLE, NEW])))
def test_one_after_another_ends_as_all_at_once(captures: tuple[Document, ...]) -> None:
    stored: Document | None = None
    history: dict[str, str] = {}
    for one in captures:
        found = resolve([one], stored, history)
        stored = found.current or stored
        history |= {revision.id: revision.body for revision in found.revisions}
    assert stored is not None
    assert stored.body == "three"
    assert sorted(history.values()) == ["one", "two"]


def test_the_same_text_again_is_a_skip_and_leaves_the_stored_one() -> None:
    again = capture("three", "2023-01-03T00:00:00Z", key="other")
    found = resolve([again], NEW)
    assert found.skipped == (again.origin,)
    assert found.revisions == ()


def test_an_earlier_text_that_is_known_already_is_a_skip() -> None:
    found = resolve([OLD], NEW, {revision_id("article", "one")})
    assert (found.current, found.revisions, found.skipped) == (None, (), (OLD.origin,))


def test_a_stored_text_that_gives_way_becomes_a_revision_with_its_own_origin() -> None:
    stored = replace(OLD, origin=Origin(kind="feed", source="f", key="first"))
    found = resolve([NEW], stored)
    assert found.current == NEW
    assert [(one.body, one.origin.key) for one in found.revisions] == [("one", "first")]


def test_two_entries_that_lead_to_one_page_give_one_record_whatever_the_order() -> None:
    both = [
        capture("same", at, key=key, kind="feed")
        for at, key in (("2023-01-01T00:00:01Z", "b"), ("2023-01-01T00:00:00Z", "a"))
    ]
    for order in (both, both[::-1]):
        found = resolve(order, None)
        assert found.current is not None
        assert found.current.origin.key == "a"
        assert [one.key for one in found.skipped] == ["b"]
