"""Hygiene of what may stand in a record."""

from hypothesis import given
from hypothesis import strategies as st

from newsbeam.text import one_line, printable


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_forbidden_is_left_and_cleaning_twice_changes_nothing(text: str) -> None:
    clean = printable(text)
    clean.encode("utf-8")
    assert not any(ord(char) < 32 and char not in "\t\n" for char in clean)
    assert "\x00" not in clean
    assert printable(clean) == clean


def test_line_ends_become_newlines_and_letters_compose() -> None:
    assert printable("a\r\nb\rc\u2028d") == "a\nb\nc\nd"
    assert printable("e\u0301") == "é"


def test_one_line_folds_white_space() -> None:
    assert one_line(" a\u00a0\n\tb  c ") == "a b c"
