"""The feeds that a page offers, and which of them is taken."""

import datetime
import time

import pytest

from newsbeam.connectors.sources import discovery
from newsbeam.connectors.sources.feed import NotAFeed, parse_feed

URL = "https://news.example/"
RSS = "type='application/rss+xml'"


def page(*links: str, before: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{before}{''.join(links)}</head><body><p>News</p></body></html>".encode()


def link(href: str, title: str = "", kind: str = "application/rss+xml", rel: str = "alternate") -> str:
    return f"<link rel='{rel}' type='{kind}' title=\"{title}\" href='{href}'>"


def best(body: bytes, url: str = URL) -> str | None:
    found = discovery.best(discovery.offers(body, url=url), url=url)
    return found.url if found else None


@pytest.mark.parametrize(
    ("tag", "address"),
    [
        (link("/feed"), "https://news.example/feed"),
        (link("feed.atom", kind="application/atom+xml"), "https://news.example/feed.atom"),
        (link("/feed.json", kind="application/feed+json"), "https://news.example/feed.json"),
        (link("/feed.json", kind="application/json"), "https://news.example/feed.json"),
        (f"<LINK HREF=//feeds.example/a?x=1&amp;y=2 {RSS} REL=ALTERNATE />", "https://feeds.example/a?x=1&y=2"),
        (f"<link {RSS} rel='alternate home' href='/f'>", "https://news.example/f"),
        (link("/feed", kind="application/rss+xml; charset=utf-8"), "https://news.example/feed"),
        (link("/wp-json/wp/v2/pages/2", kind="application/json"), None),
        (link("/feed", kind="text/html"), None),
        (link("/feed", rel="stylesheet"), None),
        (link("javascript:alert(1)"), None),
        (link(""), None),
        (f"<!-- {link('/feed')} -->", None),
        (f"<script>'{link('/feed')}'</script>", None),
        (f"<template>{link('/feed')}</template>", None),
    ],
)
def test_what_a_link_offers(tag: str, address: str | None) -> None:
    assert best(page(tag)) == address


def test_a_relative_address_goes_by_the_pages_base() -> None:
    assert best(page(link("feed"), before="<base href='/en/'>")) == "https://news.example/en/feed"


def test_comment_feeds_are_left_out_and_the_first_of_the_others_is_taken() -> None:
    comments = link("/comments/feed/", "The Herald » Comments Feed")
    assert best(page(comments, link("/feed/"), link("/sport/feed/"))) == "https://news.example/feed/"
    assert best(page(comments, link("/?feed=comments-rss2"))) is None
    assert best(page(link("/f", "Κανάλι: Σχόλια"), link("/g", "Commentary"))) == "https://news.example/g"


def test_a_sections_own_feed_goes_before_the_sites() -> None:
    body = page(link("/feed/"), link("/sport/feed/"))
    assert best(body, "https://news.example/sport/") == "https://news.example/sport/feed/"
    assert best(body, "https://news.example/culture/") == "https://news.example/feed/"


def test_a_home_page_alone_has_usual_addresses() -> None:
    assert discovery.usual_addresses("https://news.example/")[0] == "https://news.example/feed"
    assert discovery.usual_addresses("https://news.example/sport") == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<?xml version='1.0'?><rss version='2.0'/>", True),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', True),
        (b'{"error": "not found"}', False),
        (page(), False),
        (b"", False),
    ],
)
def test_a_feed_is_told_by_its_start(body: bytes, expected: bool) -> None:
    assert discovery.is_feed(body) is expected


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (page(link("/feed")), "https://news.example/feed .RSS.: give that address"),
        (
            page(link("/comments/feed")),
            "no feed of stories in a <link rel=alternate>.* nor .* /feed, .*give the address",
        ),
    ],
)
def test_a_page_given_for_a_feed_is_rejected_with_what_to_give_instead(body: bytes, says: str) -> None:
    now = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
    with pytest.raises(NotAFeed, match=f"an HTML page: it offers {says}") as told:
        parse_feed(body, feed_url=URL, now=now)
    assert len(told.value.detail) <= 500


@pytest.mark.parametrize("part", ["<link ", "<!--", "<link rel=", "<script>", "<link " + "a" * 50, "<link x=' "])
def test_a_page_made_to_be_slow_is_not(part: str) -> None:
    body = b"<html>" + part.encode() * (1_000_000 // len(part))
    started = time.process_time()
    assert discovery.offers(body, url=URL) == []
    assert time.process_time() - started < 5


@pytest.mark.parametrize("ends", [b"<rss version='2.0'>", b"no tag at all", b"<html>"])
def test_many_comments_before_the_first_element_take_no_time(ends: bytes) -> None:
    """Thirty were enough for minutes, where a comment could reach to the end of a later one."""
    body = b"<?xml version='1.0'?>\n" + b"<!-- one of many -->\n" * 120 + ends
    assert discovery.is_page(body) == (ends == b"<html>")
