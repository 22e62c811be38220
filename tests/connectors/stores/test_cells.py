"""CSV: what comes back is what went in, and no cell begins a formula, whichever separator a program is set to."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsbeam.connectors.stores.cells import cell, header, line, neutral
from newsbeam.connectors.stores.rows import ARTICLE_FIELDS, row
from newsbeam.text import printable
from tests.connectors.stores.fakes import article, document

SIGNS = "=+-@＝＋－＠﹢﹣﹦﹫−"
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [*SIGNS, *"\"' ;,|\t\r\n\u00a0\u200b\u3000\ufeff\x00", "=cmd|' /C calc'!A0", "\r\n", '""', '";"']
        ),
        st.text(max_size=3),
    ),
    max_size=12,
).map("".join)


def begins_formula(text: str) -> bool:
    """Whether a program that takes off quotes and white space would see a formula."""
    return text[:1] in ("\t", "\r", "\n") or text.strip().strip('" \t\r\n\u200b\u00a0\u3000\xad')[:1] in tuple(SIGNS)


def parsed(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ('  "=1+1', "  \"'=1+1"),
        ("＝1", "'＝1"),
        ("\u200b@x", "\u200b'@x"),
        ("\tx", "'\tx"),
        ("one; =2", "one; '=2"),
        ("line\n- item", "line\n'- item"),
        ("well-known, a=b, me@example.com", "well-known, a=b, me@example.com"),
        ("'=1", "'=1"),
        ("", ""),
    ],
)
def test_formulas(text: str, expected: str) -> None:
    assert neutral(text) == expected


def test_values() -> None:
    assert cell("authors", ["Ana Lind", "Bo Ek"]) == "Ana Lind; Bo Ek"
    assert cell("reserved", ["meta robots: noai", "header tdm-reservation: 1"]) == (
        "meta robots: noai; header tdm-reservation: 1"
    )
    assert cell("comments", ["One.", "Two."]) == '["One.","Two."]'
    assert cell("removed", []) == cell("title", None) == ""
    assert (cell("paywalled", True), cell("word_count", 7)) == ("true", "7")


@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_cell_begins_a_formula_and_the_text_is_whole(title: str, body: str, author: str) -> None:
    body = f"{body}."  # never empty
    one = row(article(document("one", title=title, body=body, authors=(author, title))), run_id="r", updated_at="u")
    text = header("articles") + line("articles", one)
    names, values = parsed(text)
    assert names == list(ARTICLE_FIELDS)
    found = dict(zip(names, values, strict=True))
    assert found["body"].replace("'", "") == printable(body).replace("'", "")
    assert found["title"].replace("'", "") == printable(title).replace("'", "")
    assert [value for value in values if begins_formula(value)] == []


@given(HOSTILE)
@example('";"\t')
@example('x\n"\t')
def test_no_part_of_a_cell_is_a_formula_to_a_program_set_to_another_separator(text: str) -> None:
    lines = line("articles", {"title": text, "site": text})
    for delimiter in ";\t":
        for values in parsed(lines, delimiter):
            assert [value for value in values if begins_formula(value)] == [], values


@given(HOSTILE)
def test_neutral_text_stays_as_it_is(text: str) -> None:
    assert neutral(neutral(text)) == neutral(text)
