"""What is archived of a page: other tools read it, and our own reader gives back exactly what was fetched."""

import gzip
import io
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsbeam import text, urls
from newsbeam.connectors.sources import descriptions
from newsbeam.connectors.sources.slices import Reached
from newsbeam.connectors.sources.warc import read_warc
from newsbeam.connectors.stores import archive_records
from newsbeam.records import Entry, Origin, Page, Rejected, SavedEntry, Skipped, digest

warcio = pytest.importorskip("warcio.archiveiterator")

AT = "2026-11-20T10:11:12Z"
HEAD = archive_records.head_of_file(
    software="newsbeam/1", user_agent="newsbeam/1 (+mail@example.org)", robots=True, run_id="run", moment=AT
)
ENTRY = Entry(
    key=digest("feed", "https://post.example/story"),
    feed_url="https://post.example/feed.xml",
    url="https://post.example/story",
    guid="tag:post.example,2026:1",
    title="Glocken über dem Hafen",
    content="<p>Die Glocken läuten &amp; läuten.</p>",
    authors=("Ana Lind", "Jo Berg"),
    published="2026-11-20T08:00:00Z",
    updated="2026-11-20",
    language="de",
    tags=("Hafen",),
    image="https://post.example/bell.jpg",
    feed_title="Hafenpost",
    attempts=2,
    first_seen="2026-11-20T09:00:00Z",
)


def page(entry: Entry | None = ENTRY, **changes: Any) -> Page:
    one = Page(
        url="https://post.example/story/",
        body="<!doctype html><html><body><p>Der Kran läutet.</p></body></html>".encode(),
        fetched_at=AT,
        origin=ENTRY.origin,
        charset="utf-8",
        entry=entry,
        headers=(("Content-Type", "text/html; charset=utf-8"), ("ETag", '"1"')),
    )
    return replace(one, **changes)


def read(path: Path, limit: int = 10**9) -> list[Page | SavedEntry | Skipped | Rejected]:
    """All items of an archive, read in slices."""
    found: list[Page | SavedEntry | Skipped | Rejected] = []
    start: int | None = 0
    while start is not None:
        for item in read_warc(str(path), start=start, limit=limit):
            if isinstance(item, Reached):
                assert item.position is None or item.position > start or not found
                start = item.position
            else:
                found.append(item)
    return found


def expected(one: Page, path: Path) -> Page:
    """The page as it is read back: of the archive, under the key of its entry, without the answer's headers."""
    key = one.entry.key if one.entry else digest("warc", one.url)
    return replace(one, origin=Origin(kind="warc", source=str(path), key=key), headers=())


def test_other_tools_read_it_and_every_digest_is_right(tmp_path: Path) -> None:
    data = HEAD + archive_records.of_page(page()) + archive_records.of_entry(replace(ENTRY, url=None), moment=AT)
    kinds = []
    for record in warcio.ArchiveIterator(io.BytesIO(data), check_digests="raise"):
        body = record.content_stream().read()
        kinds.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI"), body))
        assert record.rec_headers.protocol == "WARC/1.1"
        assert record.rec_headers.get_header("WARC-Date") == AT
        assert record.digest_checker.passed in (True, None)
    urn = f"urn:newsbeam:entry:{ENTRY.key}"
    assert [(kind, target) for kind, target, _ in kinds] == [
        ("warcinfo", None),
        ("metadata", page().url),
        ("response", page().url),
        ("metadata", urn),
        ("resource", urn),
    ]
    assert kinds[2][2] == page().body
    assert kinds[4][2].decode() == ENTRY.content
    ours = list(ArchiveIterator(io.BytesIO(data), parse_http=False, verify_digests=False))
    assert len(ours) == 5
    for record in ArchiveIterator(io.BytesIO(data), parse_http=False):
        assert record.verify_block_digest()
        if record.is_http:
            record.parse_http()
            assert record.verify_payload_digest()
            assert record.http_headers.get("ETag") == '"1"'
            assert record.http_headers.status_code == 200


def test_each_record_is_a_member_of_its_own() -> None:
    data, members = HEAD + archive_records.of_page(page()), 0
    while data:
        inflater = zlib.decompressobj(wbits=31)
        assert inflater.decompress(data).startswith(b"WARC/1.1\r\n")
        assert inflater.eof
        data, members = inflater.unused_data, members + 1
    assert members == 3


def test_the_first_record_says_who_wrote_it() -> None:
    said = gzip.decompress(HEAD).decode()
    assert "WARC-Type: warcinfo" in said
    for line in ("software: newsbeam/1", "format: WARC File Format 1.1", "robots: classic"):
        assert f"\r\n{line}\r\n" in said
    assert "http-header-user-agent: newsbeam/1 (+mail@example.org)" in said


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_come_back_as_they_were(limit: int, tmp_path: Path) -> None:
    path = tmp_path / "one.warc.gz"
    linkless = replace(ENTRY, url=None, key=digest("feed", "f", "g"))
    bare = page(None, url="https://post.example/other")
    blank = page(replace(ENTRY, key="k3"), url="https://post.example/blank", body=b" \n")
    path.write_bytes(
        HEAD
        + archive_records.of_page(page())
        + archive_records.of_entry(linkless, moment=AT)
        + archive_records.of_page(bare)
        + HEAD
        + archive_records.of_page(blank)
    )
    saved = SavedEntry(entry=linkless, fetched_at=AT, origin=Origin(kind="warc", source=str(path), key=linkless.key))
    assert read(path, limit) == [expected(page(), path), saved, expected(bare, path), expected(blank, path)]


def test_a_blank_page_of_somebody_else_is_rejected_as_before(tmp_path: Path) -> None:
    path = tmp_path / "one.warc.gz"
    path.write_bytes(archive_records.of_page(page(None, body=b"  ")))
    (row,) = read(path)
    assert isinstance(row, Rejected)
    assert (row.reason, row.url) == ("empty_body", page().url)


lines = st.text(max_size=80).map(text.one_line)
maybe = st.none() | lines
entries = st.builds(
    Entry,
    key=st.text("0123456789abcdef", min_size=32, max_size=32),
    feed_url=lines,
    url=maybe,
    guid=maybe,
    title=maybe,
    content=st.none() | st.text(min_size=1, max_size=400).map(text.printable),
    authors=st.lists(lines, max_size=3).map(tuple),
    published=maybe,
    updated=maybe,
    language=maybe,
    tags=st.lists(lines, max_size=3).map(tuple),
    image=maybe,
    feed_title=maybe,
    attempts=st.integers(0, 99),
    first_seen=maybe,
)
addresses = st.text(max_size=60).map(lambda path: urls.absolute("https://post.example/", "/" + path)).filter(bool)
headers = st.lists(
    st.tuples(
        st.sampled_from(("Content-Type", "Content-Encoding", "Content-Length", "X-Any", "bad name", "Set-Cookie"))
        | st.text(max_size=10),
        st.text(max_size=60) | st.sampled_from(("text/html", "text/plain", "a\r\nContent-Type: image/png", "gzip")),
    ),
    max_size=8,
).map(tuple)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(entry=entries, url=addresses, body=st.binary(min_size=1, max_size=300), headers=headers)
def test_any_page_with_any_entry_comes_back(
    entry: Entry, url: str, body: bytes, headers: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    path = tmp_path / "any.warc.gz"
    one = page(entry, url=url, body=body, headers=headers, charset=None)
    linkless = replace(entry, url=None)
    data = archive_records.of_page(one) + archive_records.of_page(one)
    if linkless.content:
        data += archive_records.of_entry(linkless, moment=AT)
    path.write_bytes(HEAD + data)
    found = read(path, 1)
    assert found[:2] == [expected(one, path)] * 2
    if linkless.content:
        assert isinstance(found[2], SavedEntry)
        assert found[2].entry == linkless
    assert len(found) == 2 + bool(linkless.content)
    for record in warcio.ArchiveIterator(path.open("rb"), check_digests="raise"):
        payload = record.content_stream().read()
        if record.rec_type == "response":
            assert payload == body


def test_a_header_cannot_bring_another_one() -> None:
    evil = (
        ("Content-Type", "text/html\r\nX-Evil: yes\r\n\r\n<p>body</p>"),
        ("X-Bad\r\nX-Evil", "yes"),
        ("X-Greek", "Ελλάδα\x00"),
        ("X-Umlaut", "grün"),
    )
    head = archive_records.head_of_answer(page(headers=evil))
    found = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert found[0] == b"HTTP/1.1 200 OK"
    assert not any(line.lower().startswith(b"x-evil") for line in found)
    assert head.count(b"\r\n\r\n") == 1
    assert b"X-Greek: ??????" in found
    assert "X-Umlaut: grün".encode("latin-1") in found


def test_what_was_true_of_the_wire_only_is_kept_aside() -> None:
    wire = (("Content-Encoding", "br"), ("Transfer-Encoding", "chunked"), ("Content-Length", "7"))
    found = archive_records.head_of_answer(page(headers=wire, charset="greek")).decode().splitlines()
    assert "X-Archive-Orig-Content-Encoding: br" in found
    assert "X-Archive-Orig-Transfer-Encoding: chunked" in found
    assert "X-Archive-Orig-Content-Length: 7" in found
    assert f"Content-Length: {len(page().body)}" in found
    assert "Content-Type: text/html; charset=greek" in found
    assert not any(line.startswith(("Content-Encoding", "Transfer-Encoding")) for line in found)


def test_a_page_that_was_called_something_else_is_a_page_in_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "one.warc.gz"
    one = page(headers=(("content-type", "application/octet-stream"),), charset=None)
    path.write_bytes(archive_records.of_page(one))
    assert read(path) == [expected(one, path)]
    assert b"X-Archive-Orig-content-type: application/octet-stream" in archive_records.head_of_answer(one)


def test_headers_have_a_limit() -> None:
    many = tuple((f"X-{number}", "v" * 1000) for number in range(100))
    head = archive_records.head_of_answer(page(headers=(*many, ("Content-Type", "text/html; charset=utf-8"))))
    assert len(head) < archive_records.MOST_HEADERS + 200
    assert b"\r\nContent-Type: text/html; charset=utf-8\r\n" in head


def test_an_entry_that_utf8_cannot_hold_is_written_without_that_character() -> None:
    block = descriptions.to_json(descriptions.Description(entry=replace(ENTRY, title="a\ud800b")))
    found = descriptions.of_json(block)
    assert found is not None
    assert found.entry == replace(ENTRY, title="ab")
