"""The feeds that a page names."""

from newsbeam.connectors.sources import alternates

BASE = "https://a.example/news/"


def test_feeds_of_every_type_are_found_in_the_order_of_the_page() -> None:
    page = b"""<!doctype html><head>
    <LINK REL='alternate' TYPE="application/rss+xml; charset=utf-8" HREF="rss?a=1&amp;b=2">
    <link rel="alternate" hreflang="de" href="/de/"><link rel="stylesheet alternate" type="text/css" href="/x.css">
    <link href=/atom rel="home alternate" type=application/atom+xml>
    <link rel=alternate type=application/feed+json href=//b.example/f>
    <link rel=alternate type=application/rss+xml href="javascript:x">
    <link rel=alternate type=application/atom+xml href=/atom>"""
    assert alternates.of_page(page, base=BASE) == (
        "https://a.example/news/rss?a=1&b=2",
        "https://a.example/atom",
        "https://b.example/f",
    )


def test_a_page_without_a_feed_names_none() -> None:
    assert alternates.of_page(b"<html><a href='/feed'>Our feed</a>", base=BASE) == ()
