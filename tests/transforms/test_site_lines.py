"""Lines that a site repeats: told, counted, taken out and put back, without a character lost."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.records import Document, Removed, SiteLines
from newsbeam.transforms.removed import Mark, parted, rebuild, take_out
from newsbeam.transforms.site_lines import KIND, lines_of, period_days, period_of, repeated, whole, without
from tests.transforms.test_captures import capture
from tests.transforms.test_removed import PARAGRAPH, marked

SAYS = "The ferry to the island was late again, and nobody at the harbour was surprised by it."
LINES = [f"Line {number} of this site says where the desk is to be found on weekdays." for number in range(4)]


def document(*paragraphs: str, removed: Sequence[Removed] = (), title: str | None = "A title") -> Document:
    return replace(
        capture("\n\n".join(paragraphs), "2026-11-20T08:00:00Z"),
        url="https://a.example/story",
        removed=tuple(removed),
        title=title,
    )


def learnt(*lines: str) -> frozenset[int]:
    """These lines, as documents tell them."""
    found: set[int] = set()
    for one in lines:
        told = lines_of(document(one), 30)
        assert told is not None
        found.update(told.lines)
    return frozenset(found)


def stories(count: int, line: str, *, first: int = 0, title: str | None = None) -> list[SiteLines]:
    """What so many documents tell that have a line at their end."""
    found = []
    for number in range(first, first + count):
        one = document(f"Story {number} begins here.", SAYS, line, title=title or f"Title {number}")
        told = lines_of(replace(one, id=str(number)), 30)
        assert told is not None
        found.append(told)
    return found


def kept(one: Document) -> list[str]:
    return one.body.split("\n\n")


def test_a_line_goes_from_either_end_and_stays_in_the_midst() -> None:
    text = [LINES[0], LINES[1], SAYS, LINES[2], f"{SAYS} Twice.", "Tags: harbour", LINES[3]]
    found = without(document(*text), learnt(*LINES))
    assert kept(found) == [SAYS, LINES[2], f"{SAYS} Twice.", "Tags: harbour"]
    assert [one.text for one in found.removed] == [LINES[0], LINES[1], LINES[3]]
    assert {one.kind for one in found.removed} == {KIND}
    assert rebuild(found.body, found.removed) == "\n\n".join(text)


def test_a_start_is_left_at_the_first_line_that_is_not_learnt() -> None:
    assert kept(without(document("Tags: harbour", LINES[0], SAYS), learnt(*LINES))) == ["Tags: harbour", LINES[0], SAYS]


def test_a_text_of_which_nothing_would_be_left_keeps_all() -> None:
    one = document(*LINES)
    assert without(one, learnt(*LINES)) is one


def test_what_was_learnt_can_be_unlearnt() -> None:
    one = document(SAYS, LINES[0])
    gone = without(one, learnt(LINES[0]))
    assert (gone.body, gone.word_count) == (SAYS, 17)
    assert gone.fingerprint != without(gone, learnt()).fingerprint
    assert without(gone, learnt()).body == one.body
    assert without(gone, learnt(LINES[0])) is gone


def test_what_a_document_tells_does_not_depend_on_what_was_learnt() -> None:
    one = document(SAYS, f"{SAYS} Twice.", LINES[0], LINES[1])
    assert lines_of(without(one, learnt(LINES[1])), 30) == lines_of(one, 30)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (stories(5, LINES[0]), learnt(LINES[0], SAYS)),
        (stories(4, LINES[0]), frozenset()),
        (stories(5, LINES[0]) + stories(20, "Another line.", first=5), learnt(LINES[0], SAYS, "Another line.")),
        (stories(9, LINES[0], title="One story"), frozenset()),
    ],
    ids=["five stories", "four", "a fifth of them", "one story at nine addresses"],
)
def test_enough_stories_and_a_fifth_of_them_teach_a_line(told: list[SiteLines], expected: frozenset[int]) -> None:
    assert repeated(told) == expected


def test_less_than_a_fifth_teaches_nothing() -> None:
    others = [replace(one, lines=()) for one in stories(21, "Another line.", first=5)]
    assert repeated([*stories(5, LINES[0]), *others]) == set()


def test_a_document_of_no_site_tells_nothing() -> None:
    assert lines_of(replace(document(SAYS), url="file:///stories/1.txt"), 30) is None


def test_a_period_is_as_long_as_copies_are_compared() -> None:
    assert [period_days(days) for days in (0, 0.5, 30, 30.5)] == [1, 1, 30, 31]
    assert period_of("2026-11-20T08:00:00Z", 30) == period_of("2026-11-20", 30)


@given(marked())
def test_the_parts_are_what_the_text_was_made_of(case: tuple[list[str], list[Mark | None]]) -> None:
    paragraphs, marks = case
    assert parted(*take_out(paragraphs, marks)) == list(zip(paragraphs, marks, strict=True))


def test_a_passage_that_stands_nowhere_is_an_error() -> None:
    with pytest.raises(ValueError, match="notice at 99 stands nowhere in a body of 4 characters"):
        parted("Text", (Removed(kind="notice", text="Share", position=99),))


@settings(deadline=None)
@given(marked(), st.lists(st.sampled_from(LINES), max_size=3), st.lists(PARAGRAPH, max_size=2), st.data())
def test_nothing_is_lost_whatever_is_learnt_in_whatever_order(
    case: tuple[list[str], list[Mark | None]], own: list[str], more: list[str], data: st.DataObject
) -> None:
    paragraphs, marks = case
    text, gone = [*paragraphs, *own, *more], [*marks, *[None] * (len(own) + len(more))]
    body, removed = take_out(text, gone)
    one = replace(document(body), removed=removed)
    now = one
    for lines in data.draw(st.lists(st.lists(st.sampled_from([*LINES, *more])), min_size=1, max_size=3)):
        wanted = learnt(*lines)
        now = without(now, wanted)
        assert rebuild(now.body, now.removed) == "\n\n".join(text)
        assert whole(now.body, now.removed) == body
        assert now.body == without(one, wanted).body
        assert now.body or not body
