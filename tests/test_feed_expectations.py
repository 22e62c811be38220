"""How the expectations of other readers' suites are put to newsbeam's reader."""

import pytest

from benchmarks import feed_expectations as expectations
from benchmarks.feed_expectations import Claim
from newsbeam.connectors.sources.items import Channel, Item

CHANNEL = Channel(
    version="rss20",
    title="The Herald",
    items=(
        Item(
            title="Fish & chips",
            links=("https://news.example/a",),
            contents=("<p>One  <b>word</b></p>",),
            published=("2026-11-20T12:00:00+02:00",),
        ),
    ),
)


def test_an_expectation_is_read_without_what_feedparser_complained_of() -> None:
    expression = "not bozo and entries[0]['title'] == 'x' and feed.link == 'y'"
    assert expectations.claims_of(expression) == [
        Claim(entry=0, name="title", expected="x"),
        Claim(entry=None, name="link", expected="y"),
    ]
    assert expectations.without_bozo(expression) == "(entries[0]['title'] == 'x') and (feed.link == 'y')"
    assert expectations.without_bozo("bozo") == ""


@pytest.mark.parametrize("expression", ["feed['cloud'] == 'x'", "entries[0]['title'] != 'x'", "len(entries) == 2", ""])
def test_what_newsbeam_has_no_field_for_is_not_judged(expression: str) -> None:
    assert expectations.claims_of(expression) == []


@pytest.mark.parametrize(
    ("name", "expected", "met"),
    [
        ("title", "Fish &amp; chips", True),
        ("title", "Fish and chips", False),
        ("contents", "One <i>word</i>", True),
        ("contents", "Two words", False),
        ("published", "Fri, 20 Nov 2026 10:00:00 GMT", True),
        ("published", "Fri, 20 Nov 2026 12:00:00 GMT", False),
        ("link", "https://news.example/a", True),
    ],
)
def test_values_are_compared_by_what_they_say(name: str, expected: str, met: bool) -> None:
    assert expectations.is_met(Claim(entry=0, name=name, expected=expected), CHANNEL) is met


def test_an_entry_that_is_not_there_meets_nothing() -> None:
    assert not expectations.is_met(Claim(entry=1, name="title", expected="Fish & chips"), CHANNEL)


def test_charsets_are_the_same_where_they_read_the_bytes_the_same() -> None:
    assert expectations.same_charset(b"plain", "us-ascii", "utf-8")
    assert not expectations.same_charset("café".encode(), "iso-8859-1", "utf-8")
    assert not expectations.same_charset(b"plain", "no such", "utf-8")
