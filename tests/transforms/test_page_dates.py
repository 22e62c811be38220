"""Dates as pages write them, and which of several is taken."""

import datetime

import pytest

from newsbeam.transforms import head, html, jsonld, marks, page_dates, shown_dates

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-04", "2025-03-04"),
        ("2025-03-04T10:00:00Z", "2025-03-04T10:00:00+00:00"),
        ("2025-03-04T10:00:00+0200", "2025-03-04T10:00:00+02:00"),
        ("2025-03-04 10:00", "2025-03-04T10:00:00"),
        ("Tue, 04 Mar 2025 10:00:00 GMT", "2025-03-04T10:00:00+00:00"),
        ("March 4, 2025", "2025-03-04"),
        ("04.03.2025", "2025-03-04"),
        ("1741082400", "2025-03-04T10:00:00Z"),
        ("1741082400000", "2025-03-04T10:00:00Z"),
        ("05/06/2024", None),
        ("March 2025", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("0000-00-00", None),
        ("2023-02-30", None),
        ("November 20, 2026 10:00 PM EST", "2026-11-20T22:00:00-05:00"),
        ("20 November 2026 10:00 CET", "2026-11-20T10:00:00+01:00"),
        ("20 November 2026 10:00 XYZT", "2026-11-20T10:00:00"),
    ],
)
@pytest.mark.filterwarnings("error")  # dateutil's of a zone that it does not know would reach people
def test_a_date_is_read_without_guessing(text: str | None, expected: str | None) -> None:
    assert page_dates.iso(text) == expected


def published(page: str, announced: str | None = None, *, url: str = "https://a.example/x") -> str | None:
    tree = html.parse(html.repair(page))
    return page_dates.published(
        tree,
        head=head.read(tree),
        linked=jsonld.read(tree),
        marks=marks.read(tree),
        title="The harbour is closed",
        url=url,
        announced=announced,
        now=NOW,
    )


def test_the_page_s_moment_comes_before_the_feed_s() -> None:
    moment = "2025-03-04T10:00:00+02:00"
    page = f'<html><head><meta property="article:published_time" content="{moment}"></head><body></body></html>'
    assert published(page, "2025-03-05T00:00:00Z") == "2025-03-04T08:00:00Z"


def test_a_bare_day_is_given_up_for_a_moment_of_the_same_day() -> None:
    page = '<html><head><meta name="date" content="2025-03-04"></head><body><p>x</p></body></html>'
    assert published(page, "2025-03-04T09:30:00Z") == "2025-03-04T09:30:00Z"
    assert published(page, "2025-03-09T09:30:00Z") == "2025-03-04"


@pytest.mark.parametrize("bad", ["9999-01-01", "1672-12-31T00:00:00Z", "2027-01-01T00:00:00Z"])
def test_an_incredible_date_is_passed_over(bad: str) -> None:
    page = f'<html><head><meta property="article:published_time" content="{bad}"></head><body><p>x</p></body></html>'
    assert published(page, "2025-03-04T09:30:00Z") == "2025-03-04T09:30:00Z"


def test_marked_elements_count_without_meta_tags() -> None:
    marked = '<time datetime="2025-03-04T10:00:00Z" pubdate>4 March</time>'
    page = f"<html><body><article><h1>t</h1>{marked}<p>x</p></article></body></html>"
    assert published(page) == "2025-03-04T10:00:00Z"


STORY = "<p>The council met and spoke about the bridge for a long time before it closed the harbour.</p>" * 3


@pytest.mark.parametrize(
    "line",
    [
        "<p>4 March 2025</p>",
        "<p>By Ann Lee, March 4, 2025</p>",
        "<div>Von <a>Ann Lee</a> am 4. März 2025</div>",
        "<p class='meta'>04.03.2025 | Ann Lee</p>",
        "<p>Publié le 4 mars 2025</p>",
        "<p>2025-03-04 10:15</p>",
    ],
)
def test_a_day_shown_below_the_headline_is_taken(line: str) -> None:
    page = f"<html><body><h1>Site name</h1><h2>The harbour is closed</h2>{line}{STORY}</body></html>"
    assert published(page) == "2025-03-04"


@pytest.mark.parametrize(
    "line",
    [
        "<p>On 4 March 2025 the council met in the old town hall and spoke about the bridge for a long time.</p>",
        "<p>The storm of <a>4 March 2025</a> had broken the old bridge, and nobody had repaired it since.</p>",
        "<p>Copyright 2023</p>",
        "<p>2023</p>",
        "<p>March 2025</p>",
    ],
)
def test_what_the_story_mentions_and_a_lone_year_are_no_date(line: str) -> None:
    page = f"<html><body><h1>The harbour is closed</h1>{line}{STORY}<footer>Copyright 2023</footer></body></html>"
    assert published(page) is None


def test_the_feed_s_date_comes_before_one_that_is_only_shown() -> None:
    page = f"<html><body><h1>The harbour is closed</h1><p>4 March 2025</p>{STORY}</body></html>"
    assert published(page, "2025-03-02T08:00:00Z") == "2025-03-02T08:00:00Z"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/2025/03/04/storm", "2025-03-04"),
        ("https://a.example/news/2025-3-4-storm", "2025-03-04"),
        ("https://a.example/20250304/storm.html", "2025-03-04"),
        ("https://a.example/2025/13/04/storm", None),
        ("https://a.example/2025/03/storm", None),
        ("https://a.example/id-12025030412", None),
    ],
)
def test_the_day_in_an_address(url: str, expected: str | None) -> None:
    assert shown_dates.addressed(url) == expected
    assert published(f"<html><body><h1>x</h1>{STORY}</body></html>", url=url) == expected
