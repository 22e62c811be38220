"""WARC archives: what is a page, what is skipped, and what broken bytes cost."""

import datetime
import gzip
import io
import random
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.connectors.sources.slices import Reached
from newsbeam.connectors.sources.warc import read_warc
from newsbeam.records import Origin, Page, Rejected, Skipped, digest

NOW = datetime.datetime(2026, 11, 23, 14, tzinfo=datetime.UTC)
CRLF = b"\r\n"


def record(
    url: str | None,
    block: bytes,
    *,
    kind: str = "response",
    date: str | None = "2026-11-20T10:11:12Z",
    length: int | str | None = None,
    extra: str = "",
) -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:x:{digest(str(url), kind)}>\r\n"
    head += f"WARC-Date: {date}\r\n" if date else ""
    head += f"WARC-Target-URI: {url}\r\n" if url else ""
    head += f"{extra}Content-Type: application/http; msgtype=response\r\n"
    return f"{head}Content-Length: {len(block) if length is None else length}\r\n\r\n".encode() + block + CRLF * 2


def http(body: bytes, *headers: str, status: str = "200 OK", html: str | None = "text/html; charset=UTF-8") -> bytes:
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {html}"] if html else []), *headers]
    return "\r\n".join(lines).encode() + CRLF * 2 + body


def page(number: int) -> bytes:
    words = " ".join(f"word{random.Random(number).randrange(10**9)}-{i}" for i in range(40 + number))
    return f"<!doctype html><html><body><p>Page {number}. {words}</p></body></html>".encode()


def article(number: int) -> bytes:
    return record(f"https://news.example/{number}", http(page(number)))


MIXED = [
    record(None, b"software: a crawler", kind="warcinfo"),
    article(0),
    record("https://news.example/0", b"GET / HTTP/1.1\r\n\r\n", kind="request"),
    record("https://news.example/0", b"fetchTimeMs: 5", kind="metadata"),
    record("https://news.example/i.png", http(b"\x89PNG", html="image/png")),
    article(1),
    record("https://news.example/old", http(b"<html>moved</html>", status="301 Moved")),
    record("https://news.example/nohttp", b"garbage"),
    article(2),
    record("https://news.example/1", http(page(1)), kind="revisit"),
    article(3),
]


def plain(records: Sequence[bytes]) -> bytes:
    return b"".join(records)


def members(records: Sequence[bytes]) -> bytes:
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def single(records: Sequence[bytes]) -> bytes:
    return gzip.compress(b"".join(records), mtime=0)


def pairs(records: Sequence[bytes]) -> bytes:
    """Two records a member, and the first one alone: no rule says where a member ends."""
    groups = [records[:1], *(records[at : at + 2] for at in range(1, len(records), 2))]
    return b"".join(gzip.compress(b"".join(group), mtime=0) for group in groups)


FRAMINGS = [plain, members, single, pairs]
framed = pytest.mark.parametrize("framing", FRAMINGS, ids=lambda framing: framing.__name__)


@pytest.fixture
def archive(tmp_path: Path) -> Callable[[bytes], str]:
    def write(content: bytes) -> str:
        path = tmp_path / "some.warc"
        path.write_bytes(content)
        return str(path)

    return write


def read(path: str, limit: int = 10**9) -> list[Page | Skipped | Rejected]:
    """All items of an archive, read in slices."""
    found: list[Page | Skipped | Rejected] = []
    start: int | None = 0
    while start is not None:
        items = list(read_warc(path, start=start, limit=limit, now=NOW))
        reached = items.pop()
        assert isinstance(reached, Reached)
        assert reached.records == len(items) <= limit
        assert reached.position is None or (items and reached.position > start)
        found += [item for item in items if not isinstance(item, Reached)]
        start = reached.position
    return found


def shape(items: Sequence[Page | Skipped | Rejected]) -> list[str]:
    return [item.url if isinstance(item, Page) else item.reason for item in items]


@framed
def test_every_html_response_is_a_page(
    framing: Callable[[Sequence[bytes]], bytes], archive: Callable[[bytes], str]
) -> None:
    path = archive(framing(MIXED))
    items = read(path)
    assert shape(items) == [
        "https://news.example/0",
        "not_html",
        "https://news.example/1",
        "not_html",
        "bad_record",
        "https://news.example/2",
        "https://news.example/3",
    ]
    assert items[0] == Page(
        url="https://news.example/0",
        body=page(0),
        fetched_at="2026-11-20T10:11:12Z",
        origin=Origin(kind="warc", source=path, key=digest("warc", "https://news.example/0")),
        charset="utf-8",
    )
    bad = items[4]
    assert isinstance(bad, Rejected)
    assert (bad.url, bad.stage, bad.origin.source) == ("https://news.example/nohttp", "read", path)


@framed
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_slices_give_the_same_as_one_go(
    framing: Callable[[Sequence[bytes]], bytes], limit: int, archive: Callable[[bytes], str]
) -> None:
    path = archive(framing(MIXED))
    assert read(path, limit) == read(path)


@framed
def test_a_cut_archive_gives_what_stands_before_the_cut(
    framing: Callable[[Sequence[bytes]], bytes], archive: Callable[[bytes], str]
) -> None:
    records = [record(None, b"software: a crawler", kind="warcinfo"), *(article(number) for number in range(6))]
    whole = framing(records)
    urls = [f"https://news.example/{number}" for number in range(6)]
    ends = {len(framing(records[:count])): count for count in range(1, 8)} if framing in (plain, members) else {}
    for cut in sorted({1, 2, 3, 8, 15, *range(20, len(whole), 31), *(len(whole) - back for back in range(1, 24))}):
        path = archive(whole[:cut])
        items = read(path)
        got = shape(items)
        pages = [one for one in got if one != "truncated_archive"]
        assert pages == urls[: len(pages)], cut
        assert got.count("truncated_archive") <= 1
        assert (
            got[-1:] == ["truncated_archive"] or cut in ends or (framing is plain and _only_blank_missing(whole, cut))
        )
        assert all(item.body == page(n) for n, item in enumerate(items) if isinstance(item, Page)), cut
        expected = [end for end in ends if end <= cut]
        assert len(pages) >= len(expected) - 1, cut
        assert read(path, 2) == items, cut


def _only_blank_missing(whole: bytes, cut: int) -> bool:
    return not whole[cut:].split(b"WARC/1.0")[0].strip()


@framed
def test_the_same_row_stands_for_the_same_cut(
    framing: Callable[[Sequence[bytes]], bytes], archive: Callable[[bytes], str]
) -> None:
    whole = framing(MIXED)
    path = archive(whole[: len(whole) - 40])
    row = read(path)[-1]
    assert isinstance(row, Rejected)
    assert row.reason == "truncated_archive"
    assert row == read(path, 1)[-1]
    assert row.origin.source == path


@framed
@pytest.mark.parametrize("limit", [10**9, 1])
def test_a_broken_record_harms_only_itself(
    framing: Callable[[Sequence[bytes]], bytes], limit: int, archive: Callable[[bytes], str]
) -> None:
    for breakage in (
        b"WARC/1.0\r\nWARC-Type response\r\nno header at all\r\n\r\nx\r\n\r\n",
        b"garbage that is no record\r\n\r\n",
        article(9).replace(b"WARC/1.0", b"WORC/1.0"),
        record("https://news.example/9", http(page(9)), length="abc"),
        record("https://news.example/9", http(page(9)), length=7),
    ):
        items = read(archive(framing([article(0), breakage, article(1)])), limit)
        assert [one for one in shape(items) if one.startswith("https")] == [
            "https://news.example/0",
            "https://news.example/1",
        ], breakage
        assert {item.reason for item in items if isinstance(item, Rejected)} == {"bad_record"}, breakage


def test_a_member_that_cannot_be_decompressed_harms_only_itself(archive: Callable[[bytes], str]) -> None:
    packed = [gzip.compress(article(number), mtime=0) for number in range(4)]
    for at in range(3, len(packed[1]), 7):
        broken = bytearray(packed[1])
        broken[at] ^= 0xFF
        items = read(archive(packed[0] + bytes(broken) + packed[2] + packed[3]))
        got = shape(items)
        assert got[0] == "https://news.example/0"
        assert got[-2:] == ["https://news.example/2", "https://news.example/3"], at
        second = items[1]
        if isinstance(second, Page):  # a flipped byte in the time field of the gzip header changes nothing
            assert second.body == page(1)
        else:
            assert second.reason == "bad_record"


def test_a_record_longer_than_its_member_is_broken(archive: Callable[[bytes], str]) -> None:
    items = read(
        archive(members([article(0), record("https://news.example/9", http(page(9)), length=9999), article(1)]))
    )
    assert shape(items) == ["https://news.example/0", "bad_record", "https://news.example/1"]


def test_garbage_and_padding_between_members(archive: Callable[[bytes], str]) -> None:
    first, second = (gzip.compress(article(number), mtime=0) for number in (0, 1))
    assert shape(read(archive(first + b"\0" * 100 + second))) == ["https://news.example/0", "https://news.example/1"]
    assert shape(read(archive(first + b"\0" * 100))) == ["https://news.example/0"]
    assert shape(read(archive(first + b"some garbage" + second))) == [
        "https://news.example/0",
        "bad_record",
        "https://news.example/1",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"\n\n", []),
        (b"this is no archive", ["bad_record"]),
        (gzip.compress(b"this is no archive", mtime=0), ["bad_record"]),
        (b"\x1f\x8b", ["truncated_archive"]),
        (b"\x1f\x8b\x08", ["truncated_archive"]),
        (b"WARC/1.0\r\nWARC-Ty", ["truncated_archive"]),
    ],
)
def test_files_that_are_hardly_archives(content: bytes, expected: list[str], archive: Callable[[bytes], str]) -> None:
    assert shape(read(archive(content))) == expected


def test_a_file_that_is_not_there_is_one_row(tmp_path: Path) -> None:
    path = str(tmp_path / "gone.warc")
    (row,) = read(path)
    assert isinstance(row, Rejected)
    assert (row.reason, row.stage, row.first_seen) == ("unreadable_file", "read", "2026-11-23T14:00:00Z")


@framed
def test_records_larger_than_any_buffer(
    framing: Callable[[Sequence[bytes]], bytes], archive: Callable[[bytes], str]
) -> None:
    large = page(7) + random.Random(7).randbytes(300_000)
    path = archive(framing([article(0), record("https://news.example/7", http(large)), article(1)]))
    items = read(path, 1)
    assert shape(items) == ["https://news.example/0", "https://news.example/7", "https://news.example/1"]
    assert isinstance(items[1], Page)
    assert items[1].body == large
    few = [item for item in read_warc(path, limit=9, now=NOW, max_body=100_000) if not isinstance(item, Reached)]
    assert shape(few) == ["https://news.example/0", "too_large", "https://news.example/1"]


BODY = page(5)


def chunked(body: bytes) -> bytes:
    return b"".join(b"%x;name=value\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:])) + b"0\r\n\r\n"


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    "block",
    [
        http(BODY),
        http(BODY).replace(b"\r\n", b"\n"),
        http(BODY, html="application/xhtml+xml"),
        http(BODY, html="TEXT/HTML ; charset='utf-8'"),
        http(BODY, html=None),
        http(b"\xef\xbb\xbf" + BODY, html=None),
        http(b"<!-- made by hand -->\n" + BODY, html=None),
        http(chunked(BODY), "Transfer-Encoding: chunked"),
        http(BODY, "Transfer-Encoding: chunked"),
        http(gzip.compress(BODY), "Content-Encoding: gzip"),
        http(BODY, "Content-Encoding: gzip"),
        http(chunked(gzip.compress(BODY)), "Transfer-Encoding: chunked", "Content-Encoding: x-gzip"),
        http(zlib.compress(BODY), "Content-Encoding: deflate"),
        http(raw_deflate(BODY), "Content-Encoding: deflate"),
        http(brotli.compress(BODY), "Content-Encoding: br"),
        http(BODY, "Content-Encoding: br"),
        http(zstandard.compress(BODY), "Content-Encoding: zstd"),
        http(BODY, "Content-Encoding: identity"),
        http(BODY, "Content-Encoding: aes128gcm"),
        http(gzip.compress(BODY), "Content-Encoding: gzip", html=None),
    ],
)
def test_bodies_come_out_as_their_authors_wrote_them(block: bytes, archive: Callable[[bytes], str]) -> None:
    (found,) = read(archive(record("https://news.example/5", block)))
    assert isinstance(found, Page)
    assert found.body.endswith(BODY)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (http(b"", html="text/html"), "empty_body"),
        (http(b"  \n"), "empty_body"),
        (http(gzip.compress(BODY)[:-20], "Content-Encoding: gzip"), "truncated"),
        (http(chunked(BODY)[:200], "Transfer-Encoding: chunked"), "truncated"),
        (http(b"\x1f\x8b\x08\0garbage-garbage", "Content-Encoding: gzip"), "bad_encoding"),
        (http(b"garbage", "Content-Encoding: br"), "bad_encoding"),
        (http(b"garbage", "Content-Encoding: aes128gcm"), "bad_encoding"),
        (http(gzip.compress(gzip.compress(BODY)), "Content-Encoding: gzip, gzip"), "bad_encoding"),
        (http(b"<p>" + b"x" * 20_000), "too_large"),
        (http(gzip.compress(b"\0" * 50_000_000), "Content-Encoding: gzip"), "too_large"),
        (http(zstandard.compress(b"\0" * 50_000_000), "Content-Encoding: zstd"), "too_large"),
        (http(brotli.compress(b"\0" * 5_000_000), "Content-Encoding: br"), "too_large"),
        (http(b"PK\3\4 a zip file", html=None), "not_html"),
        (http(b"a,b,c", html="text/csv"), "not_html"),
        (http(BODY, status="404 Not Found"), "not_html"),
        (http(BODY, status="206 Partial Content"), "not_html"),
        (b"HTTP/1.1 two hundred\r\n\r\n" + BODY, "bad_record"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html", "bad_record"),
    ],
)
def test_bodies_that_are_no_page_have_a_reason(block: bytes, reason: str, archive: Callable[[bytes], str]) -> None:
    path = archive(plain([record("https://news.example/5", block), article(1)]))
    items = [item for item in read_warc(path, limit=10, now=NOW, max_body=20_000) if not isinstance(item, Reached)]
    assert shape(items) == [reason, "https://news.example/1"]


def test_what_the_crawler_cut_on_purpose_is_kept(archive: Callable[[bytes], str]) -> None:
    block = http(gzip.compress(BODY * 50)[:-30], "Content-Encoding: gzip")
    (found,) = read(archive(record("https://news.example/5", block, extra="WARC-Truncated: length\r\n")))
    assert isinstance(found, Page)
    assert found.body.startswith(BODY)


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("<https://news.example/a>", "https://news.example/a"),
        ("https://news.example/a#part", "https://news.example/a"),
        ("https://news.example/a?utm_source=x", "https://news.example/a?utm_source=x"),
        ("https://News.Example/a b", "https://news.example/a%20b"),
        ("dns:news.example", None),
        ("ftp://news.example/a", None),
        (None, None),
    ],
)
def test_addresses(target: str | None, url: str | None, archive: Callable[[bytes], str]) -> None:
    (found,) = read(archive(record(target, http(BODY))))
    assert (found.url if isinstance(found, Page | Rejected) else "?") == url
    assert isinstance(found, Page) is (url is not None)


@pytest.mark.parametrize(
    ("date", "fetched_at"),
    [
        ("2026-11-20T10:11:12.345Z", "2026-11-20T10:11:12Z"),
        ("2026-11-20T12:11:12+02:00", "2026-11-20T10:11:12Z"),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times(date: str | None, fetched_at: str | None, archive: Callable[[bytes], str]) -> None:
    (found,) = read(archive(record("https://news.example/5", http(BODY), date=date)))
    assert (found.fetched_at if isinstance(found, Page) else None) == fetched_at


def test_the_same_pages_as_warcio_sees(archive: Callable[[bytes], str]) -> None:
    warcio = pytest.importorskip("warcio.archiveiterator")
    path = archive(members(MIXED))
    with open(path, "rb") as file:
        theirs = [
            (one.rec_headers.get_header("WARC-Target-URI"), one.content_stream().read())
            for one in warcio.ArchiveIterator(file)
            if one.rec_type == "response"
            and one.http_headers
            and one.http_headers.get_statuscode() == "200"
            and (one.http_headers.get_header("Content-Type") or "").startswith("text/html")
        ]
    assert [(item.url, item.body) for item in read(path) if isinstance(item, Page)] == theirs
    assert len(theirs) == 4


@settings(max_examples=60, deadline=None)
@given(
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), max_size=4),
    framing=st.sampled_from(FRAMINGS),
)
def test_no_bytes_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, cut: float, flips: list[tuple[float, int]], framing: Callable[..., bytes]
) -> None:
    content = bytearray(framing(MIXED))
    for where, mask in flips:
        content[int(where * (len(content) - 1))] ^= mask
    path = tmp_path_factory.mktemp("warc") / "some.warc"
    path.write_bytes(io.BytesIO(content).read(max(1, int(cut * len(content)))))
    assert read(str(path), 3) == read(str(path))
