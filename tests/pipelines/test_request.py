"""Looking into arguments that are handed on."""

import pytest

from newsbeam.pipelines.request import value_of, without

GIVEN = ("--a=1", "--b", "2", "--c", "--a", "3")


@pytest.mark.parametrize(("option", "value"), [("--a", "3"), ("--b", "2"), ("--d", None), ("--", None)])
def test_what_was_given_last_counts(option: str, value: str | None) -> None:
    assert value_of(GIVEN, option) == value


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (("--a",), ("--b", "2", "--c")),
        (("--b",), ("--a=1", "--c", "--a", "3")),
        (("--a", "--b"), ("--c",)),
        (("--d",), GIVEN),
    ],
)
def test_an_option_goes_with_its_value_in_both_forms(options: tuple[str, ...], left: tuple[str, ...]) -> None:
    assert without(GIVEN, *options) == left
