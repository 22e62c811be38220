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
    history: dict[str, Document] = {}
    for one in captures:
        found = resolve([one], stored, list(history.values()))
        stored = found.current or stored
        history |= {revision.id: revision for revision in found.revisions}
    assert stored == NEW
    assert {one.body for one in history.values()} == {"one", "two"}


@pytest.mark.parametrize("kind", ["warc", "feed"])
def test_a_text_that_comes_back_one_capture_after_another_ends_as_all_at_once(kind: str) -> None:
    captures = [
        capture(body, f"2023-01-0{day}T00:00:00Z", key=key, kind=kind)
        for day, (body, key) in enumerate((("one", "b"), ("two", "c"), ("one", "a"), ("three", "d"), ("one", "e")), 1)
    ]
    whole = resolve(captures, None)
    assert whole.current is not None
    assert (whole.current.body, whole.current.fetched_at) == ("one", "2023-01-05T00:00:00Z")
    for order in itertools.permutations(captures):
        stored, history = None, {}
        for one in order:
            found = resolve([one], stored, list(history.values()))
            stored = found.current or stored
            history |= {revision.id: revision for revision in found.revisions}
            assert stored is not None
            history.pop(revision_id("article", stored.body), None)
        assert stored is not None
        assert replace(stored, origin=whole.current.origin) == whole.current
        assert {one.body for one in history.values()} == {"two", "three"}


def test_the_same_text_again_is_a_skip_and_leaves_the_stored_one() -> None:
    again = capture("three", "2023-01-03T00:00:00Z", key="other")
    found = resolve([again], NEW)
    assert found.skipped == (again.origin,)
    assert found.revisions == ()


def test_an_earlier_text_that_is_known_already_is_a_skip() -> None:
    found = resolve([OLD], NEW, [replace(OLD, id=revision_id("article", "one"), revision_of="article")])
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
