"""Dates lie: what is believed of them."""

import datetime

import pytest

from newsbeam import times

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-05-03", "2023-05-03"),
        ("2023-05-03T10:00:00+02:00", "2023-05-03T08:00:00Z"),
        ("2023-05-03T10:00:00Z", "2023-05-03T10:00:00Z"),
        ("2023-05-03T10:00:00", "2023-05-03T10:00:00"),
        ("2026-11-25T11:00:00Z", "2026-11-25T11:00:00Z"),
        ("2026-11-25T13:00:00Z", None),
        ("1989-12-31", None),
        ("9999-01-01", None),
        ("2023-02-30", None),
        ("1672653600", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_credible(text: str | None, expected: str | None) -> None:
    assert times.credible(text, now=NOW) == expected


def test_utc_takes_a_naive_moment_as_utc() -> None:
    assert times.utc(datetime.datetime(2023, 5, 3, 10)) == "2023-05-03T10:00:00Z"


def test_captures_are_within_the_same_bounds() -> None:
    now = datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC)
    for text in ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "1990-01-01T00:00:00+14:00", "2026-11-23"):
        assert times.captured(text, now=now) is None
        assert times.credible(text, now=now) is None
    assert times.captured("1990-01-01", now=now) == datetime.datetime(1990, 1, 1, tzinfo=datetime.UTC)
    assert times.utc(datetime.datetime(500, 1, 1)) == "0500-01-01T00:00:00Z"
