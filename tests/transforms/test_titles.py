"""Titles: the site's name taken out, and the title that most sources give."""

import pytest

from newsbeam.transforms import head, html, jsonld, marks, titles


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
        ("Storm hits coast -- Daily News", "Storm hits coast"),
        ("Who won - the Daily News Online", "Who won"),
        ("다리가 일 년 동안 닫힌다-사회ㅣ매일신문", "다리가 일 년 동안 닫힌다"),
        ("다리가 일 년 동안 닫힌다-사회", "다리가 일 년 동안 닫힌다-사회"),
    ],
)
def test_the_site_s_name_is_taken_out(title: str, expected: str) -> None:
    assert titles.without_site(title, ["Daily News", "dailynews.example"], "www.dailynews.example") == expected


def choose(page: str, announced: str | None = None) -> str | None:
    tree = html.parse(html.repair(page))
    return titles.choose(
        head=head.read(tree),
        linked=jsonld.read(tree),
        headings=titles.headings(tree, marks.read(tree)),
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


def test_a_short_title_is_none_that_was_cut() -> None:
    page = HEAD.format(
        title="Bridge over the river closed and what drivers do about it",
        og="Bridge over the river closed",
        body="<h1>Bridge over the river closed and what drivers do about it...</h1>",
    )
    assert choose(page) == "Bridge over the river closed and what drivers do about it"


def test_the_feed_has_a_vote_and_stands_alone_where_the_page_is_silent() -> None:
    assert choose("<html><body><p>x</p></body></html>", "From the feed") == "From the feed"
    assert choose("<html><body><p>x</p></body></html>") is None


HEAD = '<html><head><title>{title}</title><meta property="og:title" content="{og}"></head><body>{body}</body></html>'


def test_the_page_s_heading_stands_for_a_like_title_made_for_search_engines() -> None:
    page = HEAD.format(
        title="Bridge closed: what drivers must know in 2025 | Daily News",
        og="Bridge closed: what drivers must know in 2025",
        body="<h1>Bridge closed: what drivers must know</h1>",
    )
    assert choose(page) == "Bridge closed: what drivers must know"


def test_a_heading_that_is_another_s_does_not_outvote_the_head() -> None:
    title = "Bridge over the river closed for a year"
    page = HEAD.format(title=title, og=title, body="<h1>Weather</h1><h1>More from the valley</h1>")
    assert choose(page) == title


def test_a_heading_with_the_site_s_name_is_passed_over_for_one_that_the_head_confirms() -> None:
    page = (
        "<html><head><title>Daily News » Bridge closed for a year</title></head>"
        "<body><h1>Daily News</h1><h2>Bridge closed for a year</h2></body></html>"
    )
    assert choose(page) == "Bridge closed for a year"
    assert choose("<html><head><title>Daily News</title></head><body><h1>Daily News</h1></body></html>") == "Daily News"


def test_the_heading_that_schema_org_marks_is_the_article_s() -> None:
    page = (
        "<html><head><title>Bridge news</title></head><body><h1>Bridge news</h1>"
        '<h2 itemprop="headline">Five bridges that nobody crosses any more</h2></body></html>'
    )
    assert choose(page) == "Five bridges that nobody crosses any more"


def test_the_words_before_a_headline_s_colon_are_left_out_where_a_source_leaves_them_out() -> None:
    whole, bare = "Upper Marsh: Nobody crosses the old bridge", "Nobody crosses the old bridge"
    page = HEAD.format(title=f"{whole} - Daily News", og=bare, body=f"<h1>{whole}</h1>")
    assert choose(page) == bare
    assert choose(HEAD.format(title=whole, og=whole, body=f"<h1>{whole}</h1>")) == whole


def test_soft_hyphens_of_a_heading_are_no_part_of_the_title() -> None:
    assert choose("<html><body><h1>Mes&shy;sen&shy;ger on trial</h1></body></html>") == "Messenger on trial"


SHOWN, SEARCHED = "Nobody crosses the old bridge any more", "Upper Marsh bridge: traffic, tolls and opening hours"


@pytest.mark.parametrize("below", [SHOWN, f"Upper Marsh {SHOWN}"])
def test_a_headline_below_a_heading_made_for_search_engines_is_the_title(below: str) -> None:
    page = HEAD.format(title=SEARCHED, og=SHOWN, body=f"<h1>{SEARCHED}</h1><h2>{below}</h2>")
    assert choose(page) == SHOWN


def test_a_heading_below_that_no_tag_states_or_that_only_holds_a_title_is_none() -> None:
    long = "What else happened in the valley on this long and rainy day, and why " + SHOWN
    assert choose(HEAD.format(title=SEARCHED, og=SEARCHED, body=f"<h1>{SEARCHED}</h1><h2>{SHOWN}</h2>")) == SEARCHED
    assert choose(HEAD.format(title=SEARCHED, og=SHOWN, body=f"<h1>{SEARCHED}</h1><h2>{long}</h2>")) == SEARCHED


def test_the_words_before_a_heading_s_dash_are_left_out_where_a_tag_leaves_them_out() -> None:
    whole = f"Upper Marsh - {SHOWN}"
    assert choose(HEAD.format(title=SHOWN, og=SHOWN, body=f"<h1>{whole}</h1>")) == SHOWN
    assert choose(HEAD.format(title=whole, og=whole, body=f"<h1>{whole}</h1>")) == whole


SHARED = (
    '<html><head><meta property="og:title" content="{0}"><meta name="twitter:title" content="{1}">{2}</head>{3}</html>'
)


def test_what_both_tags_for_sharing_leave_out_is_no_part_of_the_title() -> None:
    whole = f"{SHOWN} since the flood of May"
    rest = f"<title>{whole}</title>", f"<body><h1>{whole}</h1></body>"
    assert choose(SHARED.format(SHOWN, SHOWN, *rest)) == SHOWN
    assert choose(SHARED.format(SHOWN, whole, *rest)) == whole
    assert choose(SHARED.format("Nobody crosses", "Nobody crosses", *rest)) == whole


def test_a_tag_that_ends_at_a_mark_of_quotation_is_cut() -> None:
    whole = f"{SHOWN} and calls it &quot;the shame of the valley&quot;"
    page = SHARED.format(
        f"{SHOWN} and calls it", f"{SHOWN} and calls it", f"<title>{whole}</title>", f"<h1>{whole}</h1>"
    )
    assert choose(page) == whole.replace("&quot;", '"')


def test_styles_and_what_a_translating_browser_leaves_are_no_heading() -> None:
    left = '<div id="goog-gt-tt"><h1>Original text</h1></div>'
    assert choose(f"<title>{SHOWN}</title><body>{left}</body>") == SHOWN
    assert choose(f"<body><h1><style>.kicker {{ color: red }}</style>{SHOWN}</h1></body>") == SHOWN


@pytest.mark.parametrize(
    "heading",
    [
        "<small>On the river</small><br>Bridge closed for a year",
        '<span class="dachzeile">On the river</span> <span class="headline">Bridge closed for a year</span>',
        '<span class="article__topline">On the river</span> – Bridge closed for a year',
        '<span><time datetime="2026-05-01">1 May 2026</time></span> Bridge closed for a year',
    ],
)
def test_the_kicker_of_a_heading_is_no_part_of_the_title(heading: str) -> None:
    assert choose(f"<html><body><h1>{heading}</h1></body></html>") == "Bridge closed for a year"


def test_a_kicker_that_the_head_states_too_stays() -> None:
    page = HEAD.format(
        title="On the river: Bridge closed for a year",
        og="On the river: Bridge closed for a year",
        body='<h1><span class="kicker">On the river:</span> Bridge closed for a year</h1>',
    )
    assert choose(page) == "On the river: Bridge closed for a year"


def test_a_heading_that_is_a_kicker_alone_stays() -> None:
    assert choose('<html><body><h1><span class="kicker">Bridge closed</span></h1></body></html>') == "Bridge closed"


@pytest.mark.parametrize(
    "title",
    [
        "01.05.2026 - Bridge closed for a year",
        "Daily News » Blog Archive » Bridge closed for a year",
        "Daily News » Blog Archiv » Bridge closed for a year",
    ],
)
def test_a_day_and_an_archive_before_a_title_are_no_part_of_it(title: str) -> None:
    assert choose(f"<html><head><title>{title}</title></head><body></body></html>") == "Bridge closed for a year"


def test_sections_behind_a_title_are_left_out_where_another_source_leaves_them_out() -> None:
    page = HEAD.format(title="Bridge closed for a year » Local » Town", og="Bridge closed for a year", body="")
    assert choose(page) == "Bridge closed for a year"


def test_the_heading_of_the_highest_rank_is_the_article_s() -> None:
    tree = html.parse(f"<body><h3>{SHOWN}</h3><h1>{SHOWN}</h1><h2>{SHOWN}</h2></body>")
    found = titles.heading_of(tree, SHOWN)
    assert found is not None
    assert found.tag == "h1"
