"""Feeds: every broken form that is read, every rule for entries, and that no item vanishes."""

import contextlib
import datetime
import gzip
import io
import pickle
import subprocess
import sys
from dataclasses import replace
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.connectors.sources import xml_feed
from newsbeam.connectors.sources.feed import FeedBody, NotAFeed, ParsedFeed, parse_body, parse_feed
from newsbeam.records import Origin, Skipped, digest

NOW = datetime.datetime(2026, 11, 23, 14, tzinfo=datetime.UTC)
FEED = "https://news.example/feeds/rss.xml"
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)


def rss(*items: str, head: str = "<title>The Herald</title><link>https://news.example/</link>") -> str:
    body = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0" {SPACES}><channel>{head}{body}</channel></rss>'


def atom(*entries: str, head: str = "<title>The Herald</title>", attributes: str = "") -> str:
    body = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{head}{body}</feed>'


def parse(document: str | bytes, **options: object) -> ParsedFeed:
    body = document.encode() if isinstance(document, str) else document
    task = {"feed_url": FEED, "now": NOW, **options}
    return parse_feed(body, **task)  # type: ignore[arg-type]  # the options of one test


def items_in(feed: ParsedFeed) -> int:
    return len(feed.entries) + len(feed.rejected) + sum(skip.count for skip in feed.skipped)


LINK = "<link>https://news.example/a</link>"


def test_an_rss_item_becomes_an_entry() -> None:
    feed = parse(
        rss(
            "<title>Harbour reopens</title><link>https://news.example/harbour?utm_source=rss#top</link>"
            "<guid isPermaLink='false'>h-1</guid><pubDate>Fri, 20 Nov 2026 12:30:00 +0200</pubDate>"
            "<dc:creator>Jane Doe</dc:creator><category>Sea</category><category>Sea</category>"
            "<category>Trade</category>"
            "<description>Short.</description>"
            "<content:encoded><![CDATA[<p>The harbour is <b>open</b>.</p>]]></content:encoded>"
            "<media:content url='/small.jpg' medium='image' width='10'/>"
            "<media:content url='/big.jpg' medium='image' width='90'/>",
            head="<title>The  Herald</title><link>https://news.example/</link><language>en-GB</language><ttl>30</ttl>",
        )
    )
    assert (feed.title, feed.language, feed.version, feed.ttl_s) == ("The Herald", "en-GB", "rss20", 1800.0)
    (entry,) = feed.entries
    assert entry.url == "https://news.example/harbour"
    assert entry.key == digest("feed", "https://news.example/harbour")
    assert entry.origin == Origin(kind="feed", source=FEED, key=entry.key)
    assert (entry.guid, entry.title, entry.published) == ("h-1", "Harbour reopens", "2026-11-20T10:30:00Z")
    assert entry.content == "<p>The harbour is <b>open</b>.</p>"
    assert (entry.authors, entry.tags, entry.language) == (("Jane Doe",), ("Sea", "Trade"), "en-GB")
    assert (entry.image, entry.feed_title) == ("https://news.example/big.jpg", "The Herald")
    assert (entry.first_seen, entry.attempts) == ("2026-11-23T14:00:00Z", 0)


def test_an_atom_entry_prefers_the_html_alternate() -> None:
    feed = parse(
        atom(
            "<id>tag:news.example,2026:1</id><title type='html'>Fish &amp;amp; &lt;i&gt;chips&lt;/i&gt;</title>"
            "<link rel='self' href='/api/1'/><link rel='enclosure' type='image/png' href='/pic.png'/>"
            "<link rel='alternate' type='application/pdf' href='/1.pdf'/><link type='text/html' href='one'/>"
            "<published>2026-11-20T10:30:00+02:00</published><updated>2026-11-21T00:00:00Z</updated>"
            "<author><name>Jane Doe</name><email>jane@news.example</email></author>"
            "<category term='sea' label='The Sea'/>"
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Long text</p></div></content>",
            attributes="xml:lang='de'",
        )
    )
    (entry,) = feed.entries
    assert entry.url == "https://news.example/feeds/one"
    assert (entry.title, entry.content) == ("Fish & chips", "<p>Long text</p>")
    assert (entry.published, entry.updated) == ("2026-11-20T08:30:00Z", "2026-11-21T00:00:00Z")
    assert (entry.authors, entry.tags, entry.language) == (("Jane Doe",), ("The Sea",), "de")
    assert entry.image == "https://news.example/pic.png"


def test_rdf_names_its_items_by_address() -> None:
    feed = parse(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' "
        "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>"
        "<channel rdf:about='x'><title>T</title><sy:updatePeriod>hourly</sy:updatePeriod>"
        "<sy:updateFrequency>2</sy:updateFrequency></channel>"
        "<item rdf:about='https://news.example/1'><title>One</title><dc:date>2026-11-20</dc:date></item></rdf:RDF>"
    )
    (entry,) = feed.entries
    assert (entry.url, entry.published, entry.updated) == ("https://news.example/1", "2026-11-20", None)
    assert (feed.version, feed.ttl_s) == ("rss10", 1800.0)


@pytest.mark.parametrize("version", ["0.91", "0.92", "1.0", "2.0", ""])
def test_old_and_odd_versions_are_feeds(version: str) -> None:
    document = rss(f"<title>A</title>{LINK}").replace('version="2.0"', f'version="{version}"' if version else "")
    assert len(parse(document).entries) == 1
    assert items_in(parse(f"<rss version='{version}'><channel><title>Quiet</title></channel></rss>")) == 0


TITLE = "Žluťoučký kůň — новости, 新聞"
CYRILLIC = "Новости дня: гавань снова открыта, корабли идут"


def titled(title: str, declared: str = "", count: int = 1) -> str:
    encoding = f' encoding="{declared}"' if declared else ""
    return rss(*[f"<title>{title}</title>{LINK}"] * count).replace('"1.0"', f'"1.0"{encoding}')


@pytest.mark.parametrize(
    ("body", "charset", "title"),
    [
        (titled(TITLE).encode(), None, TITLE),
        (b"\xef\xbb\xbf" + titled(TITLE).encode(), "windows-1252", TITLE),
        (titled(TITLE).encode(), "iso-8859-1", TITLE),
        (titled(TITLE).encode(), "zlib_codec", TITLE),
        (titled(TITLE).encode().replace("聞".encode(), b"\xff" + "聞".encode()), None, "新\ufffd聞"),
        (titled(TITLE, "utf-16").encode("utf-16"), None, TITLE),
        (titled(TITLE).encode("utf-16-le"), None, TITLE),
        (titled(TITLE).encode("utf-32"), None, TITLE),
        (titled(TITLE, "utf-16").encode(), None, TITLE),
        (titled(TITLE, "punycode").encode(), None, TITLE),
        (titled(TITLE, "undefined").encode(), None, TITLE),
        (titled(CYRILLIC).encode("cp1251"), "windows-1251", CYRILLIC),
        (titled(CYRILLIC, "koi8-r").encode("koi8-r"), None, CYRILLIC),
        (titled(CYRILLIC, "cp1251").encode("cp1251"), "utf-8", CYRILLIC),
        (titled(CYRILLIC, count=3).encode("cp1251"), None, CYRILLIC),
        (gzip.compress(titled(TITLE).encode(), mtime=0), None, TITLE),
    ],
)
def test_charsets(body: bytes, charset: str | None, title: str) -> None:
    feed = parse(body, charset=charset)
    assert feed.entries[0].title is not None
    assert feed.entries[0].title.endswith(title)


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("AT&T & friends", "AT&T & friends"),
        ("caf&eacute;&nbsp;au lait", "café au lait"),
        ("A &amp;#8216;quote&amp;#8217;", "A ‘quote’"),
        ("&#55357;&#56832; smile", "\U0001f600 smile"),
        ("&#xD83D;&#xDE00; smile", "\U0001f600 smile"),
        ("no &#1;&#x0B;&#xFFFF;&#xD800; control\x00\x01\x1b", "no control"),
        ("&bogus; &#99999999; x", "&bogus; x"),
        ("<![CDATA[<b>Bold</b> & <i>plain</i>]]>", "Bold & plain"),
        ("5 &lt; 6 and 7 &gt; 3", "5 < 6 and 7 > 3"),
        ("one<br/>two\n\n three", "one two three"),
        ("\u202eabc\u2028def", "\u202eabc def"),
        ("<![CDATA[]]>", None),
    ],
)
def test_titles_are_text(raw: str, title: str | None) -> None:
    (entry,) = parse(rss(f"<title>{raw}</title>{LINK}")).entries
    assert entry.title == title


def test_text_before_the_declaration_and_a_cut_end_are_survived() -> None:
    whole = rss(f"<title>One</title>{LINK}", "<title>Two</title><link>https://news.example/b</link>")
    feed = parse("Warning: something in line 3<br />\n" + whole[: whole.rindex("</item>")])
    assert [entry.url for entry in feed.entries] == ["https://news.example/a", "https://news.example/b"]


def test_an_unclosed_item_does_not_lose_its_neighbours() -> None:
    broken = rss(
        f"<title>One</title>{LINK}</item></item>", "<title>Two</title><link>https://news.example/b?x=1&y=2</link>"
    )
    assert [entry.url for entry in parse(broken).entries] == [
        "https://news.example/a",
        "https://news.example/b?x=1&y=2",
    ]


def test_an_item_that_swallows_what_follows_is_read_alone() -> None:
    feed = parse(rss(f"<title>broken <b>{LINK}", "<link>https://news.example/b</link>", "<title>"))
    assert "https://news.example/b" in [entry.url for entry in feed.entries]
    assert items_in(feed) == 3


def test_an_item_that_breaks_the_parser_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    real = xml_feed.feedparser.parse

    def fragile(body: io.BytesIO, **options: object) -> object:
        if b"dynamite" in body.getvalue():
            raise KeyError("tags")
        return real(body, **options)

    monkeypatch.setattr(xml_feed.feedparser, "parse", fragile)
    feed = parse(
        rss(LINK, "<title>dynamite</title>", "<link>https://news.example/b</link>", "<title>dynamite!</title>")
    )
    assert [entry.url for entry in feed.entries] == ["https://news.example/a", "https://news.example/b"]
    assert [(row.reason, row.detail) for row in feed.rejected] == [("parse_failed", "KeyError: 'tags'")] * 2


def test_a_channel_that_breaks_the_parser_does_not_take_its_items_along() -> None:
    image = "<image><url>http://news.example/i.png\\</width>1</width></image>"  # feedparser: int() of nothing
    feed = parse(rss(LINK, "<link>https://news.example/b</link><title>B</title>", head=f"<title>T</title>{image}"))
    assert [entry.url for entry in feed.entries] == ["https://news.example/a", "https://news.example/b"]
    with pytest.raises(NotAFeed, match="without items, on which the parser broke"):
        parse(rss(head=f"<title>T</title>{image}"))


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "empty"),
        (b"  \n\t", "white space"),
        (b"<!doctype html><html><head><title>A site</title></head><body><p>Hi</p></body></html>", "HTML page"),
        (b"<html><body><entry>x</entry></body></html>", "HTML page"),
        (b"<opml version='2.0'><body><outline xmlUrl='https://a.example/'/></body></opml>", "OPML"),
        (b"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>", "sitemap index"),
        (b"<note><to>You</to></note>", "note"),
        (b'{"error": "rate limited"}', "no JSON Feed"),
        (b'{"version": ', "JSON that cannot be read"),
        (b"[" * 100_000, "JSON that cannot be read"),
        (b"plain words", "neither XML nor JSON"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, "XML"),
        (gzip.compress(b"<rss/>" * 1000, mtime=0)[:-9], "gzip"),
        (b"\x1f\x8b\x08garbage", "gzip"),
    ],
)
def test_what_is_no_feed_is_said_to_be_none(document: bytes, says: str) -> None:
    with pytest.raises(NotAFeed, match=says):
        parse(document)


def test_the_failure_crosses_a_process_boundary() -> None:
    again = pickle.loads(pickle.dumps(NotAFeed("an HTML page")))
    assert (again.detail, str(again)) == ("an HTML page", "an HTML page")
    task = FeedBody(body=rss(LINK).encode(), feed_url=FEED, now=NOW, seen=b"")
    found = pickle.loads(pickle.dumps(parse_body(task)))
    assert replace(found, marks=b"") == parse(rss(LINK))
    assert found.marks


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/a", "https://news.example/a"),
        ("a", "https://news.example/feeds/a"),
        ("//cdn.example/a", "https://cdn.example/a"),
        ("  https://news.example/a\n", "https://news.example/a"),
        ("https://news.example/a?x=1&amp;y=2&amp;fbclid=3", "https://news.example/a?x=1&y=2"),
        ("<![CDATA[https://news.example/a?x=1&y=2]]>", "https://news.example/a?x=1&y=2"),
        ("HTTPS://NEWS.example:443/a b", "https://news.example/a%20b"),
        ("?story=1", "https://news.example/feeds/rss.xml?story=1"),
    ],
)
def test_links_become_absolute(link: str, url: str) -> None:
    assert [entry.url for entry in parse(rss(f"<link>{link}</link>")).entries] == [url]


def test_a_feed_served_by_another_site_resolves_against_its_own_site() -> None:
    feed = parse(rss("<link>/a</link>"), feed_url="https://feeds.proxy.test/herald")
    assert [entry.url for entry in feed.entries] == ["https://news.example/a"]


def test_xml_base_is_kept() -> None:
    entry = "<link href='one'/><content type='html'>x</content>"
    feed = parse(atom(entry, attributes="xml:base='https://base.example/dir/'"))
    assert [entry.url for entry in feed.entries] == ["https://base.example/dir/one"]
    feed = parse(atom(entry, attributes="xml:base='/dir/'"))
    assert [entry.url for entry in feed.entries] == ["https://news.example/dir/one"]


def test_an_items_own_xml_base_goes_before_the_feeds() -> None:
    document = (
        rss(LINK)
        .replace("<item>", "<item xml:base='https://base.example/dir/'>")
        .replace("https://news.example/a", "one")
    )
    assert [entry.url for entry in parse(document).entries] == ["https://base.example/dir/one"]
    entries = ("<link href='one'/><content>x</content>", "<link href='//cdn.example/two#part'/><content>y</content>")
    feed = parse(
        atom(*entries, attributes="xml:base='https://base.example/'").replace("<entry>", "<entry xml:base='sub/'>")
    )
    assert [entry.url for entry in feed.entries] == ["https://base.example/sub/one", "https://cdn.example/two"]


def test_the_original_of_a_redirecting_link_is_taken() -> None:
    item = f"{LINK}<feedburner:origLink>https://news.example/original</feedburner:origLink>"
    assert [entry.url for entry in parse(rss(item)).entries] == ["https://news.example/original"]


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<guid>https://news.example/p</guid>", "https://news.example/p"),
        ("<guid isPermaLink='true'>https://news.example/p</guid>", "https://news.example/p"),
        ("<guid isPermaLink='false'>https://news.example/p</guid><description>Text.</description>", None),
        ("<guid>not an address</guid><description>Text.</description>", None),
        ("<guid>https://news.example/p</guid><link/>", "https://news.example/p"),
    ],
)
def test_a_guid_is_a_link_only_where_it_says_so(item: str, url: str | None) -> None:
    assert [entry.url for entry in parse(rss(item)).entries] == [url]


def test_an_atom_id_is_tried_only_where_there_is_nothing_else() -> None:
    identifier = "<id>https://news.example/id/1</id><title>T</title>"
    assert parse(atom(identifier)).entries[0].url == "https://news.example/id/1"
    assert parse(atom(identifier + "<content>Some text.</content>")).entries[0].url is None


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "mailto:a@b.example",
        "file:///etc/passwd",
        "ftp://news.example/x",
        "http://[::1",
        "http://",
        "//",
        "http://%zz/",
        "http://a b/",
        "https://user:secret@news.example/a",
        "https://news.example/",
        "https://other.example",
        "/",
        FEED,
        "#top",
        "https://news.example/" + "a" * 5000,
    ],
)
def test_links_that_are_no_pages_are_rejected(link: str) -> None:
    for content in ("", "<description>With text.</description>"):
        feed = parse(rss(f"<title>T</title><link>{link}</link><guid isPermaLink='false'>g</guid>{content}", LINK))
        (row,) = feed.rejected
        assert (row.reason, row.stage, row.feed_url, row.attempts) == ("bad_link", "poll", FEED, 1)
        assert row.origin == Origin(kind="feed", source=FEED, key=digest("feed", FEED, "g"))
        assert row.url is not None
        assert len(row.url) <= 4096
        assert len(feed.entries) == 1


def test_entries_without_link() -> None:
    feed = parse(
        rss(
            "<description>&lt;p&gt;All of the text.&lt;/p&gt;</description>",
            "<title>Only a title</title>",
            "",
            "<title>Only a title</title><description>Only a title</description><guid isPermaLink='false'>g</guid>",
        )
    )
    (entry,) = feed.entries
    assert (entry.url, entry.content) == (None, "<p>All of the text.</p>")
    assert entry.key == digest("feed", FEED, "\n<p>All of the text.</p>")
    assert [row.reason for row in feed.rejected] == ["no_link"] * 3
    assert len({row.origin.key for row in feed.rejected}) == 3


def test_the_key_is_of_the_address_and_not_of_feed_or_guid() -> None:
    one = parse(rss(f"{LINK}<guid isPermaLink='false'>1</guid>")).entries[0]
    other = parse(rss(f"{LINK}<guid isPermaLink='false'>2</guid>"), feed_url="https://other.example/f").entries[0]
    assert one.key == other.key
    unlinked = rss("<guid isPermaLink='false'>1</guid><description>Text.</description>")
    assert parse(unlinked).entries[0].key != parse(unlinked, feed_url="https://other.example/f").entries[0].key


def test_an_address_twice_in_a_feed_is_one_entry_and_a_known_skip() -> None:
    items = [
        f"<title>Short</title>{LINK}",
        "<title>Full</title><link>https://news.example/a?utm_source=x</link><description>Some text.</description>",
    ]
    for order in (items, items[::-1]):
        feed = parse(rss(*order))
        assert [entry.title for entry in feed.entries] == ["Full"]
        assert feed.skipped == (Skipped(origin=feed.entries[0].origin, reason="known"),)


def test_the_same_guid_on_two_pages_loses_neither() -> None:
    feed = parse(rss(f"{LINK}<guid>same</guid>", "<link>https://news.example/b</link><guid>same</guid>"))
    assert len(feed.entries) == 2


@pytest.mark.parametrize("tail", ["</channel></rss>", ""])
def test_what_is_over_the_limit_is_counted(tail: str) -> None:
    items = [f"<title>{n}</title><link>https://news.example/{n}</link>" for n in range(50)]
    feed = parse(rss(*items).removesuffix("</channel></rss>") + tail, max_entries=7)
    assert [entry.title for entry in feed.entries] == [str(n) for n in range(7)]
    assert [(skip.reason, skip.count) for skip in feed.skipped] == [("over_limit", 43)]


def test_a_feed_of_many_entries_is_cut_before_it_is_parsed() -> None:
    items = [f"<title>{n}</title><link>https://news.example/{n}</link>" for n in range(60_000)]
    feed = parse(rss(*items), max_entries=20)
    assert items_in(feed) == 60_000
    assert len(feed.entries) == 20


@pytest.mark.parametrize(
    ("raw", "published"),
    [
        ("Mon, 32 Jan 2026 10:00:00 GMT", None),
        ("yesterday", None),
        ("1672653600", None),
        ("0000-00-00T00:00:00Z", None),
        ("99999-01-01T00:00:00Z", None),
        ("2026-02-30", None),
        ("2026-01-02T10:00:00+99:99", "2026-01-02"),
        ("", None),
        ("9" * 3000, None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Mon, 30 Nov 2026 00:00:00 GMT", None),
        ("Fri, 20 Nov 2026 10:00:00 EST", "2026-11-20T15:00:00Z"),
        ("20 Nov 26 10:00 CET", "2026-11-20T09:00:00Z"),
        ("Fri, 20 Nov 2026", "2026-11-20"),
        ("Παρ, 20 Νοέ 2026 10:00:00 EET", "2026-11-20T10:00:00Z"),
    ],
)
def test_dates_are_bounded(raw: str, published: str | None) -> None:
    (entry,) = parse(rss(f"{LINK}<pubDate>{raw}</pubDate>")).entries
    if raw.startswith("Παρ"):  # feedparser's Greek months; what it makes of the zone is its own
        assert (entry.published or "").startswith("2026-11-20T")
    else:
        assert entry.published == published


def test_authors_are_names() -> None:
    item = LINK + "".join(
        f"<dc:creator>{escape(name)}</dc:creator>"
        for name in (
            "jane@news.example (Jane Doe)",
            "<a href='/x'>John Roe</a>",
            "only@news.example",
            "https://news.example/authors/7",
            "Jane Doe",
            "Ann Poe <ann@news.example>",
        )
    )
    assert parse(rss(item)).entries[0].authors == ("Jane Doe", "John Roe", "Ann Poe")
    assert parse(rss(f"{LINK}<author>jane@news.example (Jane Doe)</author>")).entries[0].authors == ("Jane Doe",)


def test_fields_are_capped() -> None:
    item = (
        f"<title>{'A ' * 500_000}</title>{LINK}<guid>{'g' * 100_000}</guid><description>{'x' * 1_500_000}</description>"
        f"<dc:creator>{'n' * 10_000}</dc:creator>" + "".join(f"<category>c{n}</category>" for n in range(1000))
    )
    (entry,) = parse(rss(item)).entries
    assert entry.title is not None
    assert entry.guid is not None
    assert entry.content is not None
    assert (len(entry.title), len(entry.guid), len(entry.content)) == (999, 4096, 1_000_000)
    assert (len(entry.authors[0]), len(entry.tags)) == (200, 50)


@pytest.mark.parametrize(
    ("dtd", "reference", "title"),
    [
        (
            '<!DOCTYPE r [<!ENTITY a "lol">' + "".join(f'<!ENTITY a{i} "{"&a;" * 9}">' for i in range(9)) + "]>",
            "&a8;",
            "&a8;",
        ),
        (f'<!DOCTYPE r [<!ENTITY a "{"x" * 50_000}">]>', "&a;" * 20_000, "&a;"),
        ('<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]>', "&a;", "&a;"),
        ('<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]>', "t", "t"),
        ('<!DOCTYPE r SYSTEM "http://127.0.0.1:9/d.dtd">', "t", "t"),
        ('<!DOCTYPE r [\n<!ENTITY paper "The Herald">\n]>', "&paper; says", "The Herald says"),
        ('<!DOCTYPE r [<!ENTITY a "lol">', "t", None),
    ],
)
def test_entities_neither_expand_nor_reach_out(dtd: str, reference: str, title: str | None) -> None:
    document = rss(f"<title>{reference}</title>{LINK}", "<title>Good</title><link>https://news.example/b</link>")
    feed = parse(document.replace("?>", "?>" + dtd, 1))
    assert feed.entries[-1].title == "Good"
    if title is not None:
        assert (feed.entries[0].title or "").startswith(title)
    assert all(len(entry.title or "") <= 1000 for entry in feed.entries)


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/html"])
def test_what_was_in_base64_is_html(kind: str) -> None:
    entry = f"<link href='/a'/><content mode='base64' type='{kind}'>PHA+QSA8Yj53b3JkPC9iPjwvcD4=</content>"
    document = f"<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry>{entry}</entry></feed>"
    assert [one.content for one in parse(document).entries] == ["<p>A <b>word</b></p>"]


def test_plain_text_content_becomes_html() -> None:
    (entry,) = parse(atom("<link href='/a'/><summary>One &lt; two.\n\nThree.</summary>")).entries
    assert entry.content == "<p>One &lt; two.</p><p>Three.</p>"


@settings(max_examples=80, deadline=None)
@given(
    items=st.lists(
        st.lists(
            st.sampled_from(
                [
                    LINK,
                    "<link>/b</link>",
                    "<link>mailto:x@y.example</link>",
                    "<guid>g</guid>",
                    "<guid>https://news.example/g</guid>",
                    "<description>Some text</description>",
                    "<title>T</title>",
                    "<title>broken <b>",
                    "<pubDate>now</pubDate>",
                    "&bogus;",
                ]
            ),
            max_size=4,
        ),
        max_size=12,
    ),
    limit=st.integers(1, 12),
)
def test_every_item_is_an_entry_a_row_or_in_a_skip(items: list[list[str]], limit: int) -> None:
    feed = parse(rss(*("".join(parts) for parts in items)), max_entries=limit)
    assert items_in(feed) == len(items)
    keys = [entry.key for entry in feed.entries] + [row.origin.key for row in feed.rejected]
    assert len(keys) == len(set(keys))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_bytes_break_the_reader(data: st.DataObject) -> None:
    document = bytearray(
        rss(f"<title>{TITLE}</title>{LINK}<description>&lt;p&gt;x&lt;/p&gt;</description>", LINK).encode()
    )
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(document) - 1), st.integers(0, 255)), max_size=12)):
        document[at] = byte
    cut = data.draw(st.integers(0, len(document)))
    charset = data.draw(st.sampled_from([None, "utf-8", "gbk", "utf-16", "x"]))
    with contextlib.suppress(NotAFeed):
        assert items_in(parse(bytes(document[:cut]), charset=charset)) <= document.lower().count(b"<item") + 2


def test_the_reader_needs_no_beam() -> None:
    code = "import sys, newsbeam.connectors.sources.feed; sys.exit('apache_beam' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_twenty_thousand_attributes_end() -> None:
    attributes = " ".join(f'a{n}="1"' for n in range(20_000))
    feed = parse(rss(LINK).replace("<item>", f"<item {attributes}>"))
    assert len(feed.entries) == 1
