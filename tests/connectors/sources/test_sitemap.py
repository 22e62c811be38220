"""Sitemaps as feeds, and which sitemaps of an index are read."""

import datetime
import gzip

import pytest

from newsbeam.connectors.sources import sitemap_index
from newsbeam.connectors.sources.errors import NotAFeed
from newsbeam.connectors.sources.feed import ParsedFeed, parse_feed
from newsbeam.connectors.sources.sitemap import root_of

NOW = datetime.datetime(2026, 11, 23, 14, tzinfo=datetime.UTC)
URL = "https://news.example/sitemap.xml"
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def urlset(*locations: str, spaces: str = SPACES) -> bytes:
    body = "".join(f"<url>{one}</url>" for one in locations)
    return f'<?xml version="1.0"?><!-- made today --><urlset {spaces}>{body}</urlset>'.encode()


def index(*sitemaps: str) -> bytes:
    body = "".join(f"<sitemap>{one}</sitemap>" for one in sitemaps)
    return f'<?xml version="1.0"?><sitemapindex {SPACES}>{body}</sitemapindex>'.encode()


def parse(body: bytes, **options: object) -> ParsedFeed:
    return parse_feed(body, **{"feed_url": URL, "now": NOW, **options})  # type: ignore[arg-type]


def urls(feed: ParsedFeed) -> list[str | None]:
    return [entry.url for entry in feed.entries]


NEWS = (
    "<loc>https://news.example/harbour?utm_source=x</loc><lastmod>2026-11-21T08:00:00Z</lastmod><news:news>"
    "<news:publication><news:name>The Herald</news:name><news:language>en</news:language></news:publication>"
    "<news:publication_date>2026-11-20T12:30:00+02:00</news:publication_date>"
    "<news:title>Fish &amp; chips</news:title><news:keywords>Sea, Trade</news:keywords></news:news>"
    "<image:image><image:loc>/big.jpg</image:loc></image:image>"
)


def test_a_news_sitemap_is_read_as_a_feed() -> None:
    feed = parse(urlset(NEWS))
    (entry,) = feed.entries
    assert (feed.version, feed.title) == ("sitemap", "The Herald")
    assert (entry.url, entry.title) == ("https://news.example/harbour", "Fish & chips")
    assert (entry.published, entry.updated) == ("2026-11-20T10:30:00Z", "2026-11-21T08:00:00Z")
    assert (entry.language, entry.tags, entry.image) == ("en", ("Sea", "Trade"), "https://news.example/big.jpg")
    assert (entry.feed_title, entry.content) == ("The Herald", None)


def test_a_plain_sitemap_says_when_pages_changed_and_not_when_they_were_published() -> None:
    feed = parse(urlset("<loc>https://news.example/a</loc><lastmod>2026-11-20</lastmod>", "<loc>/b</loc>"))
    assert [(one.url, one.published, one.updated) for one in feed.entries] == [
        ("https://news.example/a", None, "2026-11-20"),
        ("https://news.example/b", None, None),
    ]


@pytest.mark.parametrize("spaces", ["", 'xmlns="urn:else"', SPACES])
def test_prefixes_need_no_declaration(spaces: str) -> None:
    (entry,) = parse(urlset(NEWS, spaces=spaces)).entries
    assert (entry.title, entry.published) == ("Fish & chips", "2026-11-20T10:30:00Z")


def test_a_gzip_file_is_opened_and_a_cut_one_is_told() -> None:
    packed = gzip.compress(urlset(NEWS))
    assert len(parse(packed, content_type="application/x-gzip").entries) == 1
    with pytest.raises(NotAFeed, match="cut"):
        parse(packed[:-20])


def test_what_is_no_page_is_rejected_beside_the_others() -> None:
    feed = parse(urlset(NEWS, "<loc>https://news.example/</loc>", "<loc>mailto:a@b.example</loc>", "", "<loc/>"))
    assert urls(feed) == ["https://news.example/harbour"]
    assert sorted(row.reason for row in feed.rejected) == ["bad_link", "bad_link", "no_link"]
    assert sum(skip.count for skip in feed.skipped) == 1, "the two without an address are one place"


def test_of_a_long_sitemap_the_latest_changed_are_taken() -> None:
    days = [f"<loc>/{day}</loc><lastmod>2026-11-{day:02}</lastmod>" for day in range(1, 21)]
    feed = parse(urlset("<loc>/undated</loc>", *days), max_entries=3)
    assert urls(feed) == [f"https://news.example/{day}" for day in (20, 19, 18)]
    assert [(skip.reason, skip.count) for skip in feed.skipped] == [("over_limit", 18)]


def test_a_broken_sitemap_keeps_what_can_be_read() -> None:
    feed = parse(urlset("<loc>/a</loc>", "<loc>/b</loc>")[:-30])
    assert "https://news.example/a" in urls(feed)


def test_a_sitemap_index_is_no_feed() -> None:
    with pytest.raises(NotAFeed, match="a sitemap index"):
        parse(index("<loc>/a.xml</loc>"))


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("\ufeff<?xml version='1.0'?>\n<!-- <urlset> --><s:urlset xmlns:s='x'>", "urlset"),
        ("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss version='2.0'>", "rss"),
        ("text <urlset>", ""),
        ("<!-- never closed <urlset>", ""),
        ("", ""),
    ],
)
def test_the_root_is_the_first_element(text: str, root: str) -> None:
    assert root_of(text) == root


def chosen(
    body: bytes, most: int = 10, since: datetime.datetime | None = None, site: str = "https://news.example"
) -> sitemap_index.Chosen:
    found = sitemap_index.chosen(body, url=f"{site}/index.xml", most=most, since=since)
    accounted = len(found.taken) + found.over_limit + found.older + len(found.refused) + found.repeated
    assert found.named == accounted == body.count(b"<sitemap>")
    return found


MONTHS = [f"<loc>/{month}.xml</loc><lastmod>2026-{month:02}-20</lastmod>" for month in range(1, 12)]


def test_of_an_index_the_latest_changed_are_read_and_those_without_a_date() -> None:
    found = chosen(index(*MONTHS, "<loc>/news.xml.gz</loc>"), most=3)
    assert found.taken == tuple(f"https://news.example/{name}" for name in ("news.xml.gz", "11.xml", "10.xml"))
    assert found.over_limit == 9


def test_the_order_of_an_index_does_not_matter() -> None:
    assert chosen(index(*MONTHS), most=4).taken == chosen(index(*MONTHS[::-1]), most=4).taken


def test_a_sitemap_that_has_not_changed_since_is_left_alone() -> None:
    found = chosen(
        index(*MONTHS, "<loc>/news.xml</loc>"), since=datetime.datetime(2026, 10, 20, 12, tzinfo=datetime.UTC)
    )
    assert (len(found.taken), found.older) == (3, 9)


def test_an_index_speaks_for_its_own_site_only() -> None:
    found = chosen(
        index(
            "<loc>https://cdn.example.com/a.xml</loc>",
            "<loc>https://other.example/b.xml</loc>",
            "<loc>javascript:1</loc>",
            "<loc>https://example.com/index.xml</loc>",
            "<loc>https://cdn.example.com/a.xml</loc>",
        ),
        site="https://example.com",
    )
    assert (found.taken, found.repeated) == (("https://cdn.example.com/a.xml",), 1)
    assert [wrong.partition(":")[0] for _, wrong in found.refused] == [
        "a sitemap of another site",
        "not a web address",
        "the index itself",
    ]


def test_an_index_is_told_by_its_root() -> None:
    assert sitemap_index.looks_like_index(gzip.compress(index()))
    assert not sitemap_index.looks_like_index(urlset(NEWS))
    assert not sitemap_index.looks_like_index(b"\x1f\x8b\x08 broken")
