"""What --feeds stands for."""

from pathlib import Path

import pytest

from newsbeam.connectors.sources.errors import SourceError
from newsbeam.connectors.sources.subscriptions import is_url, looks_like_opml, subscriptions_in, subscriptions_of
from newsbeam.records import Feed

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="News &amp; more">
  <outline type="rss" text="The Herald" title="Herald" xmlUrl="https://herald.example/rss?a=1&amp;b=2"/>
  <outline text="World"><outline text="Přehled" xmlurl="http://prehled.example/atom"/></outline>
</outline>
<outline text="Again" xmlUrl="https://HERALD.example:443/rss?a=1&amp;b=2#x"/>
<outline text="A note without a feed"/>
<outline text="empty" xmlUrl=""/>
</body></opml>"""


def test_nested_groups_give_each_feed_once() -> None:
    assert subscriptions_of(OPML.encode(), base="my.opml") == [
        Feed(url="https://herald.example/rss?a=1&b=2", title="Herald"),
        Feed(url="http://prehled.example/atom", title="Přehled"),
    ]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
def test_opml_in_other_charsets(charset: str) -> None:
    assert len(subscriptions_of(OPML.encode(charset), base="my.opml")) == 2


def test_opml_with_a_bare_ampersand_is_read() -> None:
    assert len(subscriptions_of(OPML.replace("&amp;", "&").encode(), base="my.opml")) == 2


def test_relative_addresses_in_opml_from_the_web() -> None:
    found = subscriptions_of(b"<opml><body><outline xmlUrl='/rss'/></body></opml>", base="https://news.example/x.opml")
    assert [feed.url for feed in found] == ["https://news.example/rss"]


def test_a_list_of_addresses() -> None:
    document = b"\xef\xbb\xbf# my feeds\r\nhttps://a.example/rss\r\n\n  http://b.example/rss   # the second\nfeed://c.example/x\nhttps://a.example/rss\n"
    assert [feed.url for feed in subscriptions_of(document, base="feeds.txt")] == [
        "https://a.example/rss",
        "http://b.example/rss",
        "http://c.example/x",
    ]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "holds no feeds"),
        (b"# nothing yet\n", "holds no feeds"),
        (b"<opml><body/></opml>", "holds no feeds"),
        (b"https://a.example/rss\nnot an address\n", "line 2: 'not an address'"),
        (b"ftp://a.example/rss\n", "line 1"),
        (b"https://user:secret@a.example/rss\n", "line 1"),
        (b"feeds/list.xml\n", "line 1"),
        (b"<opml><body><outline xmlUrl='https://a.example/'></body>", "cannot be read"),
        (b"<opml><body>\n<outline xmlUrl='gopher://a.example/'/></body></opml>", "line [23]"),
        (b"<rss version='2.0'><channel/></rss>", "neither OPML nor a list"),
        (b"<!doctype html><html></html>", "neither OPML nor a list"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not text"),
    ],
)
def test_the_message_names_option_value_and_trouble(document: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        subscriptions_of(document, base="some/file")
    assert str(caught.value).startswith("--feeds some/file: ")


def test_entities_stay_where_they_are(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://secret.example/")
    document = (
        f"<!DOCTYPE o [<!ENTITY f SYSTEM '{secret.as_uri()}'><!ENTITY a 'xx'><!ENTITY b '&a;&a;'>]>"
        "<opml><body><outline text='&f;&b;' xmlUrl='https://a.example/'/></body></opml>"
    )
    (feed,) = subscriptions_of(document.encode(), base="x")
    assert feed.title == "&f;&b;"


def test_a_file_is_read_or_named(tmp_path: Path) -> None:
    path = tmp_path / "feeds.txt"
    path.write_text("https://a.example/rss\n")
    assert subscriptions_in(str(path)) == [Feed(url="https://a.example/rss")]
    with pytest.raises(SourceError, match=r"^--feeds .*gone\.opml: cannot be read \(No such file or directory\)"):
        subscriptions_in(str(tmp_path / "gone.opml"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [("https://a.example/rss", True), (" HTTP://a.example", True), ("feed://a.example", True), ("feeds.opml", False)],
)
def test_addresses_are_told_from_files(given: str, expected: bool) -> None:
    assert is_url(given) is expected


def test_opml_is_told_from_feeds() -> None:
    assert looks_like_opml(OPML.encode())
    assert looks_like_opml(OPML.encode("utf-16"))
    assert not looks_like_opml(b"<rss version='2.0'><channel/></rss>")
    assert not looks_like_opml(b"")
