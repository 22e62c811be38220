"""JSON Feed 1.0 and 1.1, as it is meant and as it is written."""

import datetime
import json

import pytest

from newsbeam.connectors.sources.errors import NotAFeed
from newsbeam.connectors.sources.feed import ParsedFeed, parse_feed

NOW = datetime.datetime(2026, 11, 23, 14, tzinfo=datetime.UTC)
FEED = "https://news.example/feed.json"


def parse(document: object, max_entries: int = 100) -> ParsedFeed:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse_feed(body, feed_url=FEED, now=NOW, max_entries=max_entries)


def feed(*items: object, version: str = "https://jsonfeed.org/version/1.1", **fields: object) -> dict[str, object]:
    return {"version": version, "title": "The Herald", "items": list(items), **fields}


def test_an_item_becomes_an_entry() -> None:
    item = {
        "id": "1",
        "url": "/harbour?utm_source=json",
        "title": "Harbour &amp; sea",
        "content_html": "<p>All of it.</p>",
        "summary": "Short.",
        "date_published": "2026-11-20T12:30:00+02:00",
        "date_modified": "2026-11-21T12:30:00Z",
        "authors": [{"name": "Jane Doe"}, {"url": "https://x.example"}],
        "tags": ["Sea", 5, "Sea"],
        "image": "/i.jpg",
        "language": "en",
    }
    parsed = parse(feed(item, language="de", home_page_url="https://news.example/"))
    assert (parsed.title, parsed.language, parsed.version, parsed.link) == (
        "The Herald",
        "de",
        "json11",
        "https://news.example/",
    )
    (entry,) = parsed.entries
    assert (entry.url, entry.guid, entry.title) == ("https://news.example/harbour", "1", "Harbour & sea")
    assert (entry.content, entry.language) == ("<p>All of it.</p>", "en")
    assert (entry.published, entry.updated) == ("2026-11-20T10:30:00Z", "2026-11-21T12:30:00Z")
    assert (entry.authors, entry.tags, entry.image) == (("Jane Doe",), ("Sea",), "https://news.example/i.jpg")


def test_the_first_version_has_one_author_and_number_ids() -> None:
    parsed = parse(
        feed({"id": 17, "url": "/a", "author": {"name": "Jane Doe"}}, version="https://jsonfeed.org/version/1")
    )
    assert parsed.version == "json1"
    assert (parsed.entries[0].guid, parsed.entries[0].authors) == ("17", ("Jane Doe",))


def test_plain_text_is_escaped() -> None:
    (entry,) = parse(feed({"id": "1", "content_text": "a < b\n\nc"})).entries
    assert (entry.url, entry.content) == (None, "<p>a &lt; b</p><p>c</p>")


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ({"id": "https://news.example/id"}, "https://news.example/id"),
        ({"id": "1", "external_url": "https://other.example/x"}, "https://other.example/x"),
        ({"id": "https://news.example/id", "content_text": "Some text."}, None),
    ],
)
def test_links_of_last_resort(item: dict[str, str], url: str | None) -> None:
    assert [entry.url for entry in parse(feed(item)).entries] == [url]


def test_items_that_are_none_are_rejected_and_counted() -> None:
    parsed = parse(feed(None, 5, "x", [], {}, {"url": "mailto:a@b.example"}, {"url": "/a"}))
    assert len(parsed.entries) == 1
    assert sorted(row.reason for row in parsed.rejected) == ["bad_link", "no_link"]
    assert sum(skip.count for skip in parsed.skipped) == 4


def test_what_is_over_the_limit_is_counted() -> None:
    parsed = parse(feed(*({"url": f"/{n}"} for n in range(9))), max_entries=4)
    assert [(len(parsed.entries), skip.reason, skip.count) for skip in parsed.skipped] == [(4, "over_limit", 5)]


@pytest.mark.parametrize(
    "fields",
    [
        {"authors": "x"},
        {"authors": [None, 5]},
        {"tags": {}},
        {"attachments": [7]},
        {"title": ["x"]},
        {"date_published": 5},
    ],
)
def test_fields_of_the_wrong_type_are_left_out(fields: dict[str, object]) -> None:
    assert len(parse(feed({"url": "/a", **fields})).entries) == 1


def test_a_byte_order_mark_and_raw_newlines_are_survived() -> None:
    body = (
        b'\xef\xbb\xbf {"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "/a", "title": "two\nlines"}]}'
    )
    assert parse(body).entries[0].title == "two lines"


@pytest.mark.parametrize("document", [[], {}, {"items": []}, {"title": "x"}, {"version": 3, "items": {}}])
def test_other_json_is_no_feed(document: object) -> None:
    with pytest.raises(NotAFeed, match="no JSON Feed"):
        parse(document)


def test_no_items_are_a_quiet_feed() -> None:
    assert parse({"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": None}).entries == ()
