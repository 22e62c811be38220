import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.config.rules.phrases import text_rules
from newsbeam.records import Removed
from newsbeam.transforms.boilerplate import clean
from newsbeam.transforms.paragraphs import normalise
from newsbeam.transforms.removed import Mark, rebuild, take_out

RULES = text_rules()

WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=8)
PARAGRAPH = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)


@st.composite
def marked(draw: st.DrawFn) -> tuple[list[str], list[Mark | None]]:
    """Paragraphs, some of them marked: whole, or from their start or end to a blank."""
    paragraphs = draw(st.lists(PARAGRAPH, max_size=12))
    marks: list[Mark | None] = []
    for text in paragraphs:
        blank = text.find(" ")
        choices: list[Mark | None] = [None, Mark(kind="notice")]
        if blank > 0:
            choices += [Mark(kind="date_line", span=(0, blank + 1)), Mark(kind="attribution", span=(blank, len(text)))]
        marks.append(draw(st.sampled_from(choices)))
    return paragraphs, marks


@given(marked())
def test_body_and_removed_give_the_text_back(case: tuple[list[str], list[Mark | None]]) -> None:
    paragraphs, marks = case
    body, removed = take_out(paragraphs, marks)
    assert rebuild(body, removed) == "\n\n".join(paragraphs)
    assert len(removed) == sum(mark is not None for mark in marks)
    assert all(0 <= item.position <= len(body) for item in removed)


FURNITURE = st.sampled_from(
    [
        "Comments (3)",
        "Related Posts",
        "Share:",
        "Facebook",
        "Source: Herald",
        "date 2023-05-03 It was late.",
        "Advertisement",
    ]
)
SENTENCE = st.just("The boats came home long after dark, and nobody on the pier had gone to bed before that.")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(FURNITURE, SENTENCE, PARAGRAPH, st.text(max_size=40)), max_size=14),
    st.sampled_from(["\n", "\n\n", "\r\n", "\n \n\t"]),
    st.booleans(),
    st.sampled_from(["en", "el", "zh", "und"]),
)
def test_cleaning_loses_nothing(lines: list[str], between: str, trusted: bool, language: str) -> None:
    text = between.join(lines)
    found = clean(text, language=language, title=None, rules=RULES, trusted_html=trusted)
    assert rebuild(found.body, found.removed) == normalise(text, lines=not trusted)


def test_positions_count_the_body_before() -> None:
    body, removed = take_out(
        ["Title", "One two", "Share", "Three"], [Mark(kind="title"), None, Mark(kind="notice"), None]
    )
    assert body == "One two\n\nThree"
    assert removed == (
        Removed(kind="title", text="Title", position=0),
        Removed(kind="notice", text="Share", position=len("One two")),
    )


@pytest.mark.parametrize("span", [(0, 3), (0, 7), (1, 2)])
def test_a_span_that_could_not_be_put_back_is_our_mistake(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be put back"):
        take_out(["One two"], [Mark(kind="notice", span=span)])
