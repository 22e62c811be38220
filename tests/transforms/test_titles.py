"""Titles: the site's name taken out, and the title that most sources give."""

import pytest

from newsbeam.transforms import head, html, jsonld, titles


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Storm hits coast | Weather | Daily News", "Storm hits coast"),
        ("Storm hits coast - Daily News", "Storm hits coast"),
        ("Daily News: Storm hits coast", "Daily News: Storm hits coast"),
        ("Daily News | Storm hits coast", "Storm hits coast"),
        ("Storm hits coast – what we know", "Storm hits coast – what we know"),
        ("Τι άλλαξε στους δρόμους - Daily News", "Τι άλλαξε στους δρόμους"),
        ("道路が再び通行可能に、雨は午後に止む｜ニュース", "道路が再び通行可能に、雨は午後に止む"),
        ("Daily News", "Daily News"),
        ("Who won - the Daily News Online", "Who won"),
    ],
)
def test_the_site_s_name_is_taken_out(title: str, expected: str) -> None:
    assert titles.without_site(title, ["Daily News", "dailynews.example"], "www.dailynews.example") == expected


def choose(page: str, announced: str | None = None) -> str | None:
    tree = html.parse(html.repair(page))
    return titles.choose(
        head=head.read(tree),
        linked=jsonld.read(tree),
        headings=titles.headings(tree),
        announced=announced,
        names=["Daily News"],
    )


def test_the_sources_that_agree_outvote_a_lone_one() -> None:
    page = (
        "<html><head><title>Bridge closed for a year - Daily News</title>"
        '<meta property="og:title" content="You won’t believe it">'
        "</head><body><h1>Bridge closed for a year</h1><p>x</p></body></html>"
    )
    assert choose(page) == "Bridge closed for a year"


def test_a_cut_title_counts_for_the_whole_one() -> None:
    page = (
        '<html><head><meta property="og:title" content="Bridge over the river closed for…"></head>'
        "<body><h1>Bridge over the river closed for a year</h1></body></html>"
    )
    assert choose(page) == "Bridge over the river closed for a year"


def test_the_feed_has_a_vote_and_stands_alone_where_the_page_is_silent() -> None:
    assert choose("<html><body><p>x</p></body></html>", "From the feed") == "From the feed"
    assert choose("<html><body><p>x</p></body></html>") is None
