"""Reservations against text mining and training: what counts as one, and that a page can be left out for it."""

import datetime
from collections.abc import Sequence
from dataclasses import replace

import pytest

from newsbeam.records import Document, Entry, Origin, Page, Rejected
from newsbeam.reserving import refusing
from newsbeam.transforms.documents import read
from newsbeam.transforms.head import Head
from newsbeam.transforms.reservations import LONGEST, MOST, reservations
from newsbeam.transforms.tasks import Options, Task

NOW = datetime.datetime(2026, 11, 20, 10, tzinfo=datetime.UTC)
TEXT = "The council of Upper Marsh met on Tuesday evening to talk about the bridge that nobody crosses. " * 4
PAGE = Page(
    url="https://post.example/bridge",
    body=f"<html><head><meta name=ROBOTS content='noindex, NoAI'></head><body><p>{TEXT}</p></body></html>".encode(),
    fetched_at="2026-11-20T10:00:00Z",
    origin=Origin(kind="warc", source="w", key="k"),
    headers=(("TDM-Reservation", "1"), ("Content-Type", "text/html")),
)


@pytest.mark.parametrize(
    ("headers", "metas", "found"),
    [
        ([("TDM-Reservation", "1")], [], ("header tdm-reservation: 1",)),
        ([("tdm-reservation", "0")], [], ()),
        (
            [("tdm-reservation", " 1 "), ("TDM-Policy", "https://a.example/p.json")],
            [],
            ("header tdm-reservation: 1", "header tdm-policy: https://a.example/p.json"),
        ),
        ([("tdm-policy", "https://a.example/p.json")], [], ()),
        ([], [("tdm-reservation", "1")], ("meta tdm-reservation: 1",)),
        ([], [("robots", "noindex, noai, noimageai")], ("meta robots: noai", "meta robots: noimageai")),
        ([("X-Robots-Tag", "noai"), ("X-Robots-Tag", "noai")], [], ("header x-robots-tag: noai",)),
        ([("X-Robots-Tag", "otherbot: noindex, noai")], [], ()),
        ([("X-Robots-Tag", "otherbot: noindex, newsbeam: noai")], [], ("header x-robots-tag: noai",)),
        ([("X-Robots-Tag", "unavailable_after: 25 Jun 2026 15:00:00 PST, noarchive")], [], ()),
        ([], [("robots", "index, follow"), ("description", "noai"), ("googlebot", "noai")], ()),
        ([("robots", "noai")], [("x-robots-tag", "noai")], ()),
        (refusing(("CCBot", "GPTBot")), [], ("robots.txt refuses: CCBot, GPTBot",)),
        (refusing(()), [("x-newsbeam-robots-refuses", "GPTBot")], ()),
    ],
)
def test_only_what_reserves_is_evidence(
    headers: Sequence[tuple[str, str]], metas: list[tuple[str, str]], found: tuple[str, ...]
) -> None:
    assert reservations(headers, Head(metas=tuple(metas))) == found


def test_evidence_is_bounded() -> None:
    metas = tuple(("tdm-policy", f"https://a.example/{number}/{'x' * 4_000}") for number in range(100))
    found = reservations([], Head(metas=(("tdm-reservation", "1"), *metas)))
    assert len(found) == MOST
    assert max(map(len, found)) == LONGEST


def test_a_reserved_page_is_kept_with_its_evidence_or_rejected_with_it() -> None:
    kept = read(Task(source=PAGE, options=Options(), now=NOW))
    assert isinstance(kept, Document)
    assert kept.reserved == ("header tdm-reservation: 1", "meta robots: noai")
    left = read(Task(source=PAGE, options=Options(keep_reserved=False), now=NOW))
    assert isinstance(left, Rejected)
    assert (left.stage, left.reason, left.retry_at) == ("extract", "reserved", None)
    assert left.detail == "header tdm-reservation: 1; meta robots: noai"
    free = replace(PAGE, headers=(), body=PAGE.body.replace(b", NoAI", b""))
    open_ = read(Task(source=free, options=Options(keep_reserved=False), now=NOW))
    assert isinstance(open_, Document)
    assert open_.reserved == ()


def test_a_page_without_text_reserves_what_its_feed_carries() -> None:
    entry = Entry(key="k", feed_url="https://post.example/feed", url=PAGE.url, content=f"<p>{TEXT * 2}</p>")
    page = replace(PAGE, body=b"<html><body><script>load()</script></body></html>", entry=entry)
    kept = read(Task(source=page, options=Options(), now=NOW))
    assert isinstance(kept, Document)
    assert (kept.extracted_from, kept.reserved) == ("feed", ("header tdm-reservation: 1",))
    left = read(Task(source=page, options=Options(keep_reserved=False), now=NOW))
    assert isinstance(left, Rejected)
    assert left.reason == "reserved"
