"""Descriptions of pages in archives: joined with their page in slices of any size, harmless where they are broken."""

import gzip
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from newsbeam.connectors.sources import descriptions
from newsbeam.connectors.sources.descriptions import Description, of_json, to_json
from newsbeam.connectors.stores import archive_records
from newsbeam.records import Entry, Page, Rejected, SavedEntry, Skipped, digest
from newsbeam.urls import article_id
from tests.connectors.sources.test_warc import FRAMINGS, MIXED, article, read

AT = "2026-11-20T10:11:12Z"


def entry(number: int, **changes: Any) -> Entry:
    url = f"https://news.example/{number}"
    one = Entry(key=digest("feed", url), feed_url="https://news.example/feed", url=url, title=f"Story {number}")
    return replace(one, **changes)


def page(number: int) -> Page:
    body = f"<!doctype html><html><body><p>Page {number}</p></body></html>".encode()
    one = entry(number)
    assert one.url
    return Page(url=one.url, body=body, fetched_at=AT, origin=one.origin, charset="utf-8", entry=one)


def records(data: bytes) -> list[bytes]:
    """The records of an archive, unpacked."""
    whole = gzip.decompress(data)
    starts = [found.start() for found in re.finditer(rb"WARC/1\.1\r\nWARC-Type", whole)]
    return [whole[start:end] for start, end in itertools.pairwise([*starts, len(whole)])]


LINKLESS = entry(7, url=None, key="linkless", content="<p>Text of the feed.</p>")
OURS = [
    *records(archive_records.head_of_file(software="n", user_agent="u", robots=True, run_id="r", moment=AT)),
    *records(archive_records.of_page(page(1))),
    article(50),
    *records(archive_records.of_page(page(2))),
    *records(archive_records.of_entry(LINKLESS, moment=AT)),
    b"garbage that is no record\r\n",
    *records(archive_records.of_page(page(3))),
    *MIXED,
    *records(archive_records.of_page(page(4))),
]


def said(items: Sequence[Page | SavedEntry | Skipped | Rejected]) -> list[tuple[str, str | None]]:
    """What each item is, and the title that a feed gave it."""
    found: list[tuple[str, str | None]] = []
    for item in items:
        if isinstance(item, Page):
            found.append((item.url, item.entry.title if item.entry else None))
        elif isinstance(item, SavedEntry):
            found.append((item.entry.key, item.entry.content))
        else:
            found.append((item.reason, None))
    return found


@pytest.mark.parametrize("framing", FRAMINGS, ids=lambda framing: framing.__name__)
def test_no_slice_parts_a_page_from_its_description(
    framing: Callable[[Sequence[bytes]], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "ours.warc.gz"
    path.write_bytes(framing([one for one in OURS if not one.startswith(b"garbage")]))
    whole = read(str(path))
    got = said(whole)
    assert got[:4] == [
        ("https://news.example/1", "Story 1"),
        ("https://news.example/50", None),
        ("https://news.example/2", "Story 2"),
        ("linkless", "<p>Text of the feed.</p>"),
    ]
    assert got[-1] == ("https://news.example/4", "Story 4")
    assert len(got) == 6 + 7, "six of ours and one of others', and what MIXED counts, but for its warcinfo"
    for limit in range(1, len(whole) + 1):
        assert read(str(path), limit) == whole, limit


def test_garbage_between_costs_no_description(tmp_path: Path) -> None:
    path = tmp_path / "ours.warc.gz"
    path.write_bytes(b"".join(one if one.startswith(b"garbage") else gzip.compress(one) for one in OURS))
    whole = read(str(path))
    assert ("https://news.example/3", "Story 3") in said(whole)
    assert [reason for reason, _ in said(whole)].count("bad_record") == 2, "the garbage, and one of MIXED"
    for limit in range(1, len(whole) + 1):
        assert read(str(path), limit) == whole, limit


def test_content_without_its_description_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "ours.warc.gz"
    description, resource = records(archive_records.of_entry(LINKLESS, moment=AT))
    path.write_bytes(gzip.compress(resource) + gzip.compress(article(1)) + gzip.compress(description))
    assert said(read(str(path))) == [("https://news.example/1", None)]


def test_a_description_of_another_record_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "ours.warc.gz"
    first, second = records(archive_records.of_page(page(1))), records(archive_records.of_page(page(2)))
    path.write_bytes(b"".join(gzip.compress(one) for one in (first[0], second[1], first[1])))
    assert said(read(str(path))) == [("https://news.example/2", None), ("https://news.example/1", None)]


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"form": "other", "entry": {"key": "k", "feed_url": "f"}}',
        b'{"form": "newsbeam-entry"}',
        b'{"form": "newsbeam-entry", "entry": {"key": "k"}}',
        b'{"form": "newsbeam-entry", "entry": {"key": "k", "feed_url": "f", "title": 3}}',
        b'{"form": "newsbeam-entry", "entry": {"key": "k", "feed_url": "f", "tags": "a"}}',
        b'{"form": "newsbeam-entry", "entry": {"key": "k", "feed_url": "f", "tags": [null]}}',
        b'{"form": "newsbeam-entry", "entry": {"key": "k", "feed_url": "f", "attempts": true}}',
        b'{"form": "newsbeam-entry", "entry": {"key": "k", "feed_url": "f", "title": "\\u0000"}}',
        b'{"form": "newsbeam-entry", "charset": 3, "entry": {"key": "k", "feed_url": "f"}}',
        b"\xff\xfe",
    ],
)
def test_a_broken_description_harms_nothing(block: bytes, tmp_path: Path) -> None:
    assert of_json(block) is None
    path = tmp_path / "ours.warc.gz"
    about, response = records(archive_records.of_page(page(1)))
    head = about.partition(b"\r\n\r\n")[0]
    head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(block), head)
    path.write_bytes(gzip.compress(head + b"\r\n\r\n" + block + b"\r\n\r\n") + gzip.compress(response))
    assert said(read(str(path))) == [("https://news.example/1", None)]


def test_fields_of_other_versions_are_passed_over_or_empty() -> None:
    one = entry(1, authors=("Ana",), tags=("x",))
    values = orjson.loads(to_json(Description(entry=one, charset="utf-8")))
    assert values["version"] == descriptions.VERSION
    assert of_json(orjson.dumps(values)) == Description(entry=one, charset="utf-8")
    values["entry"]["mood"] = "bright"
    values["weather"] = "fair"
    values["version"] = 9
    assert of_json(orjson.dumps(values)) == Description(entry=one, charset="utf-8")
    few = {"form": descriptions.FORM, "entry": {"key": one.key, "feed_url": one.feed_url}}
    assert of_json(orjson.dumps(few)) == Description(entry=Entry(key=one.key, feed_url=one.feed_url, url=None))


def test_every_field_of_an_entry_travels() -> None:
    values = orjson.loads(to_json(Description(entry=entry(1))))["entry"]
    assert values.keys() == asdict(entry(1)).keys()


def test_the_id_that_a_target_gives() -> None:
    assert descriptions.id_of_target("https://news.example/1?utm_source=x") == article_id("https://news.example/1")
    assert descriptions.id_of_target(descriptions.urn_of(LINKLESS)) == digest("entry", "linkless")
