"""Whole pages in, extracts out: page shapes as news sites build them, in several languages, and hostile ones."""

import datetime
import html as entities

import pytest

from newsbeam.records import Entry
from newsbeam.transforms import extract as stage

NOW = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
URL = "https://www.valley.example/news/2025/03/dam"

STORIES = {
    "en": (
        "The valley's old dam was opened again on Monday after nine months of repairs, the district council said.",
        "Engineers had replaced two of the four gates, which had rusted since last winter's flood, and sealed it.",
        "“We can sleep again when it rains,” said Mara Lind, who farms below the dam and lost a barn in the flood.",
        "The work cost four million crowns, half of it paid by the state, and will be inspected again in the autumn.",
    ),
    "de": (
        "Der alte Staudamm im Tal ist am Montag nach neun Monaten Bauzeit wieder geöffnet worden, sagte der Kreis.",
        "Ingenieure hatten zwei der vier Tore ersetzt, die seit der Flut im vergangenen Winter verrostet waren.",
        "„Wir können wieder schlafen, wenn es regnet“, sagte Mara Lind, die unterhalb des Damms einen Hof hat.",
        "Die Arbeiten kosteten vier Millionen Kronen, die Hälfte davon zahlte der Staat, im Herbst wird geprüft.",
    ),
    "el": (
        "Το παλιό φράγμα της κοιλάδας άνοιξε ξανά τη Δευτέρα ύστερα από εννέα μήνες εργασιών, ανακοίνωσε ο δήμος.",
        "Οι μηχανικοί αντικατέστησαν δύο από τις τέσσερις πύλες, που είχαν σκουριάσει μετά την πλημμύρα του χειμώνα.",
        "«Μπορούμε να κοιμηθούμε ξανά όταν βρέχει», είπε η Μάρα Λιντ, που έχει ένα αγρόκτημα κάτω από το φράγμα.",
        "Τα έργα κόστισαν τέσσερα εκατομμύρια κορώνες, τα μισά τα πλήρωσε το κράτος, και θα ελεγχθούν το φθινόπωρο.",
    ),
    "ru": (
        "Старая плотина в долине снова открыта в понедельник после девяти месяцев ремонта, сообщил районный совет.",
        "Инженеры заменили два из четырёх затворов, которые заржавели после прошлогоднего зимнего паводка.",
        "«Теперь мы снова можем спать, когда идёт дождь», — сказала Мара Линд, чья ферма стоит ниже плотины.",
        "Работы стоили четыре миллиона крон, половину заплатило государство, осенью плотину проверят ещё раз.",
    ),
    "zh": (
        "区议会表示，经过九个月的维修，山谷中的老水坝于星期一重新开放，附近的道路也恢复了通行。",
        "工程师更换了四个闸门中的两个，这些闸门自去年冬天的洪水以来一直生锈，并且加固了坝墙。",
        "在水坝下游务农、在洪水中失去谷仓的马拉·林德说：“现在下雨的时候，我们又可以安心睡觉了。”",
        "工程耗资四百万克朗，其中一半由国家支付，今年秋天还将再次检查，结果会向居民公布。",
    ),
}

NAV = "<nav><ul>" + "".join(f'<li><a href="/s{n}">Section {n}</a></li>' for n in range(12)) + "</ul></nav>"
FOOTER = (
    '<footer><p>Imprint and contact of the publisher of this site</p><ul><li><a href="/t">Terms</a></li></ul></footer>'
)
RELATED = (
    '<aside class="related"><h3>Related</h3><ul>'
    + "".join(f'<li><a href="/r{n}">Another story number {n} that is not this one</a></li>' for n in range(6))
    + "</ul></aside>"
)


def paragraphs(story: tuple[str, ...]) -> str:
    return "".join(f"<p>{one}</p>" for one in story)


def in_article(story: tuple[str, ...]) -> str:
    return f"{NAV}<main><article><h1>Dam</h1>{paragraphs(story)}</article></main>{RELATED}{FOOTER}"


def in_plain_divs(story: tuple[str, ...]) -> str:
    return f'{NAV}<div id="x1"><div class="c2"><h1>Dam</h1>{paragraphs(story)}</div>{RELATED}</div>{FOOTER}'


def with_breaks(story: tuple[str, ...]) -> str:
    return f"{NAV}<h1>Dam</h1><div class='story'>{'<br><br>'.join(story)}</div>{RELATED}{FOOTER}"


def in_a_table(story: tuple[str, ...]) -> str:
    links = "<br>".join(f'<a href="/s{n}">Section {n}</a>' for n in range(9))
    cell = paragraphs(story)
    return f"<table><tr><td width=150>{links}</td><td><h1>Dam</h1>{cell}</td><td>{links}</td></tr></table>"


def in_a_form(story: tuple[str, ...]) -> str:
    return f'<form id="aspnetForm" action="/x">{in_article(story)}</form>'


def in_an_open_aside(story: tuple[str, ...]) -> str:
    return f"{NAV}<aside class='tools'><p>Tools</p><main><article><h1>Dam</h1>{paragraphs(story)}</article></main>"


def with_subheads_and_quote(story: tuple[str, ...]) -> str:
    first, second, third, fourth = (f"<p>{one}</p>" for one in story)
    rest = f"<h2>Nine months</h2><blockquote>{third}</blockquote>{fourth}"
    return f"{NAV}<article><h1>Dam</h1>{first}{second}{rest}</article>{FOOTER}"


def with_comments(story: tuple[str, ...]) -> str:
    comments = "".join(
        f'<li class="comment"><p>{text}</p></li>' for text in ("Finally some good news here.", "Who paid for all this?")
    )
    return f'{in_article(story)}<section id="comments"><ol class="comment-list">{comments}</ol></section>'


SHAPES = [
    in_article, in_plain_divs, with_breaks, in_a_table, in_a_form, in_an_open_aside, with_subheads_and_quote,
    with_comments,
]  # fmt: skip


def page(body: str, top: str = "", language: str = "en") -> bytes:
    head = f'<head><meta charset="utf-8">{top}</head>'
    return f'<!DOCTYPE html><html lang="{language}">{head}<body>{body}</body></html>'.encode()


@pytest.mark.parametrize("language", STORIES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_story_is_found_and_what_stands_around_it_is_not(shape, language: str) -> None:  # type: ignore[no-untyped-def]
    found = stage.extract(page(shape(STORIES[language]), language=language), url=URL, now=NOW)
    for paragraph in STORIES[language]:
        assert paragraph in found.text
    for furniture in ("Another story number", "Section 3", "Imprint and contact", "good news"):
        assert furniture not in found.text
    assert found.declared_language == language


def test_paragraphs_are_separated_by_a_blank_line_and_none_comes_twice() -> None:
    found = stage.extract(page(in_article(STORIES["en"])), url=URL, now=NOW)
    lines = found.text.split("\n\n")
    assert [line for line in lines if line in STORIES["en"]] == list(STORIES["en"])
    assert len(set(lines)) == len(lines)


def test_comments_are_kept_apart() -> None:
    found = stage.extract(page(with_comments(STORIES["en"])), url=URL, now=NOW)
    assert found.comments == ("Finally some good news here.", "Who paid for all this?")


def test_every_field_of_a_page_is_read() -> None:
    top = """<title>Dam reopened | The Valley Post</title><link rel="canonical" href="/news/dam-reopened">
      <meta property="og:site_name" content="The Valley Post"><meta property="og:title" content="Dam reopened">
      <meta property="article:published_time" content="2025-03-04T10:00:00+02:00">
      <meta name="author" content="By Ann Lee, dpa">
      <meta property="article:modified_time" content="2025-03-05"><meta property="og:image" content="/dam.jpg">
      <meta name="keywords" content="dams, floods"><meta property="article:content_tier" content="locked">"""
    body = in_article(STORIES["en"]) + '<p class="news-source">Source: dpa</p>'
    found = stage.extract(page(body, top), url=URL + "?utm_source=feed", now=NOW)
    assert found.title == "Dam reopened"
    assert found.site == "The Valley Post"
    assert found.authors == ("Ann Lee",)
    assert found.published == "2025-03-04T08:00:00Z"
    assert found.modified == "2025-03-05"
    assert found.canonical_url == "https://www.valley.example/news/dam-reopened"
    assert found.image == "https://www.valley.example/dam.jpg"
    assert found.tags == ("dams", "floods")
    assert found.paywalled is True
    assert "Source: dpa" in found.credits
    assert "By Ann Lee, dpa" in found.credits
    assert found.extracted_from == "html"


def entry(**fields: object) -> Entry:
    return Entry(key="k", feed_url="https://valley.example/feed", url=URL, **fields)  # type: ignore[arg-type]


def test_what_the_page_lacks_comes_from_the_feed() -> None:
    told = entry(
        title="Told by the feed",
        authors=("Ann Lee",),
        published="2025-03-04T08:00:00Z",
        language="de",
        feed_title="Valley",
        tags=("a",),
    )
    bare = f"<html><body><div>{paragraphs(STORIES['en'])}</div></body></html>".encode()
    found = stage.extract(bare, url=URL, entry=told, now=NOW)
    assert (found.title, found.authors, found.published) == ("Told by the feed", ("Ann Lee",), "2025-03-04T08:00:00Z")
    assert (found.declared_language, found.site, found.tags) == ("de", "Valley", ("a",))


def test_the_article_body_of_json_ld_stands_in_for_a_page_without_text() -> None:
    stated = entities.escape(" ".join(STORIES["en"]), quote=False)
    script = f'<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{stated}"}}</script>'
    found = stage.extract(page('<div id="app"></div>', script), url=URL, now=NOW)
    assert STORIES["en"][2] in found.text


@pytest.mark.parametrize("bad", ["&#1;", "&#x0B;", "&#xFFFF;", "\x00"])
def test_forbidden_characters_cost_themselves_only(bad: str) -> None:
    story = (STORIES["en"][0].replace("dam", f"d{bad}am"), *STORIES["en"][1:])
    assert STORIES["en"][0] in stage.extract(page(in_article(story)), url=URL, now=NOW).text


def test_deep_nesting_gives_the_text() -> None:
    deep = "<div>" * 400 + paragraphs(STORIES["en"]) + "</div>" * 400
    found = stage.extract(page(deep), url=URL, now=NOW)
    assert STORIES["en"][0] in found.text
    assert STORIES["en"][3] in found.text


def test_a_text_too_large_for_the_parser_is_no_silently_short_record() -> None:
    huge = page(
        "<h1>A title of some length that could pass for a text of its own, were it not so short</h1><p>"
        + "word " * 2_200_000
        + "</p>"
    )
    with pytest.raises(stage.NoText, match="gave up"):
        stage.extract(huge, url=URL, now=NOW)


@pytest.mark.parametrize(
    "document", [b"", b"%PDF-1.4", b'{"a": 1}', b"\xff\xd8\xff\xe0", b"\x1f\x8b\x08\x00\x00", b"plain words"]
)
def test_what_is_no_page_is_refused(document: bytes) -> None:
    with pytest.raises(stage.NotHtml):
        stage.extract(document, url=URL, now=NOW)


@pytest.mark.parametrize("body", ["", "<p>Short.</p>", NAV])
def test_a_page_without_text_is_told_apart(body: str) -> None:
    with pytest.raises(stage.NoText):
        stage.extract(page(body), url=URL, now=NOW)


def test_the_content_of_a_feed_is_taken_whole() -> None:
    content = f"<p>{STORIES['en'][0]}</p><script>x()</script><ul><li>One</li><li>Two</li></ul><p>Source: dpa</p>"
    found = stage.extract_feed_content(entry(content=content, title="Dam"), now=NOW)
    assert found.text == f"{STORIES['en'][0]}\n\nOne\n\nTwo\n\nSource: dpa"
    assert (found.extracted_from, found.url, found.title) == ("feed", URL, "Dam")


@pytest.mark.parametrize("content", [None, "", "  ", "<img src='x.jpg'>"])
def test_a_feed_without_text_gives_none(content: str | None) -> None:
    with pytest.raises(stage.NoText):
        stage.extract_feed_content(entry(content=content), now=NOW)


def test_the_same_page_gives_the_same_record() -> None:
    document = page(with_comments(STORIES["de"]))
    assert stage.extract(document, url=URL, now=NOW) == stage.extract(document, url=URL, now=NOW)


SHORT = "Seven wet boats on a Monday. @pierwalker"
ABOUT = (
    "I walk. I look. I draw. Here I share what I find between the pier and the lighthouse on my way to work each day."
)


def short_post(description: str) -> bytes:
    head = f'<title>Monday rain</title><meta property="og:description" content="{description}">'
    about = f'<div id="profile"><p>{ABOUT}</p></div>'
    links = "<ul>" + "".join(f'<li><a href="/{n}">Picture {n} of the pier</a></li>' for n in range(8)) + "</ul>"
    post = '<div class="entry"><h2><a href="/rain">Monday rain</a></h2><div><div>via <a href="/h">harbour</a></div>'
    return page(about + links + f"{post}<p>{SHORT}</p></div></div>{links}", head)


def test_what_the_description_tells_below_the_heading_is_a_short_post_s_text() -> None:
    found = stage.extract(short_post(f"via harbour {SHORT}"), url=URL, now=NOW, min_chars=1)
    assert found.text == SHORT
