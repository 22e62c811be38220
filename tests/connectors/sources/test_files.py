"""Saved pages, JSON lines, texts and the patterns that name them."""

import datetime
import gzip
import json
import os
from pathlib import Path

import pytest

from newsbeam.connectors.sources.errors import SourceError
from newsbeam.connectors.sources.globs import files_of
from newsbeam.connectors.sources.pages import canonical_link, read_pages
from newsbeam.connectors.sources.slices import Reached, fingerprint_of
from newsbeam.connectors.sources.texts import read_texts
from newsbeam.records import Origin, Page, Rejected, Text, digest

NOW = datetime.datetime(2026, 11, 23, 14, tzinfo=datetime.UTC)
CHANGED = "2026-11-20T10:11:12Z"


def write(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    moment = datetime.datetime.fromisoformat(CHANGED).timestamp()
    os.utime(path, (moment, moment))
    return str(path)


def pages(path: str, limit: int = 10**9) -> list[Page | Rejected]:
    found: list[Page | Rejected] = []
    start: int | None = 0
    while start is not None:
        *items, reached = read_pages(path, source="saved/*", start=start, limit=limit, now=NOW)
        assert isinstance(reached, Reached)
        assert reached.records == len(items) <= limit
        found += [item for item in items if not isinstance(item, Reached)]
        start = reached.position
    return found


def text(path: str) -> Text | Rejected:
    found, reached = read_texts(path, source="texts/*", now=NOW)
    assert reached == Reached(position=None, records=1)
    assert isinstance(found, Text | Rejected)
    return found


HTML = b"<html><head><link href='https://news.example/a?x=1&amp;y=2' rel='canonical'></head><body>Hi</body></html>"


@pytest.mark.parametrize("packed", [False, True])
def test_a_saved_page_has_its_canonical_address(tmp_path: Path, packed: bool) -> None:
    path = write(tmp_path / "a page.html", gzip.compress(HTML) if packed else HTML)
    (page,) = pages(path)
    key = digest("pages", (tmp_path / "a page.html").as_uri())
    assert page == Page(
        url="https://news.example/a?x=1&y=2",
        body=HTML,
        fetched_at=CHANGED,
        origin=Origin(kind="pages", source="saved/*", key=key),
    )


@pytest.mark.parametrize(
    ("head", "address"),
    [
        (b"<link rel=canonical href=https://news.example/a>", "https://news.example/a"),
        (b"<LINK REL='Canonical nofollow' HREF='https://news.example/a#x' />", "https://news.example/a"),
        ("\ufeff<link rel='canonical' href='https://news.example/a'>".encode("utf-16-le"), "https://news.example/a"),
        (b"<link rel='canonical' href='/a'>", None),
        (b"<link rel='canonical' href='https://news.example/'>", None),
        (b"<link rel='canonical' href='javascript:x'>", None),
        (b"<link rel='canonical'>", None),
        (b"<link rel='stylesheet' href='https://news.example/a.css'>", None),
        (b"<!-- <link rel='canonical' href='https://news.example/a'> -->", None),
        (b"<script>\"<link rel='canonical' href='https://news.example/a'>\"</script>", None),
        (b"<script>" + b"<!--" * 100_000, None),
        (b"<link " * 50_000, None),
    ],
)
def test_canonical_links(head: bytes, address: str | None) -> None:
    assert canonical_link(head) == address


def test_a_page_without_canonical_address_has_the_files(tmp_path: Path) -> None:
    path = write(tmp_path / "p.html", b"<p>Hi</p>")
    assert [page.url for page in pages(path)] == [(tmp_path / "p.html").as_uri()]


LINES = [
    {"url": "https://news.example/1#x", "html": "<p>Ünö</p>", "fetched_at": "2026-11-01T10:00:00+02:00"},
    {"url": "https://news.example/2", "html": "<p>2</p>"},
    {"url": "mailto:x@y.example", "html": "<p>3</p>"},
    {"url": "https://news.example/4", "html": ""},
    {"url": "https://news.example/5", "html": 5},
    ["no", "object"],
    {"url": "https://news.example/6", "html": "<p>6</p>", "fetched_at": "yesterday"},
]
CONTENT = b"\n".join(json.dumps(line).encode() for line in LINES) + b"\n{broken\n\n" + json.dumps(LINES[1]).encode()


@pytest.mark.parametrize("name", ["p.jsonl", "p.jsonl.gz", "P.JSONL"])
@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
def test_json_lines(tmp_path: Path, name: str, limit: int) -> None:
    path = write(tmp_path / name, gzip.compress(CONTENT) if name.endswith("gz") else CONTENT)
    found = pages(path, limit)
    assert found == pages(path)
    assert [item.url for item in found if isinstance(item, Page)] == [f"https://news.example/{n}" for n in (1, 2, 6, 2)]
    assert [item.reason for item in found if isinstance(item, Rejected)] == ["bad_record"] * 5
    first = found[0]
    assert isinstance(first, Page)
    assert (first.body, first.charset, first.fetched_at) == ("<p>Ünö</p>".encode(), "utf-8", "2026-11-01T08:00:00Z")
    assert first.origin == Origin(kind="pages", source="saved/*", key=digest("pages", "https://news.example/1"))
    assert found[1].fetched_at == CHANGED if isinstance(found[1], Page) else False
    assert len({item.origin.key for item in found if isinstance(item, Rejected)}) == 5


def test_cut_json_lines_keep_what_was_read(tmp_path: Path) -> None:
    rows = [
        json.dumps({"url": f"https://news.example/{n}", "html": f"<p>{os.urandom(500).hex()}</p>"}) for n in range(50)
    ]
    whole = gzip.compress("\n".join(rows).encode())
    found = pages(write(tmp_path / "p.jsonl.gz", whole[: len(whole) // 2]))
    assert isinstance(found[-1], Rejected)
    assert found[-1].reason == "truncated_archive"
    assert len([item for item in found if isinstance(item, Page)]) >= 20


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_body"),
        (b" \n", "empty_body"),
        (gzip.compress(HTML, mtime=0)[:-9], "truncated"),
        (b"\x1f\x8b\x08\0garbage-garbage", "bad_encoding"),
    ],
)
def test_pages_that_cannot_be_had(tmp_path: Path, content: bytes, reason: str) -> None:
    (row,) = pages(write(tmp_path / "p.html", content))
    assert isinstance(row, Rejected)
    assert (row.reason, row.stage, row.url) == (reason, "read", (tmp_path / "p.html").as_uri())


def test_files_that_are_gone(tmp_path: Path) -> None:
    for found in (*pages(str(tmp_path / "x.html")), *pages(str(tmp_path / "x.jsonl")), text(str(tmp_path / "x.txt"))):
        assert isinstance(found, Rejected)
        assert (found.reason, found.first_seen) == ("unreadable_file", "2026-11-23T14:00:00Z")


SENTENCE = "Новости дня: гавань снова открыта, корабли идут в море. "


@pytest.mark.parametrize(
    "content",
    [
        SENTENCE.encode(),
        b"\xef\xbb\xbf" + SENTENCE.encode(),
        SENTENCE.encode("utf-16"),
        SENTENCE.encode("cp1251") * 3,
        gzip.compress(SENTENCE.encode(), mtime=0),
    ],
)
def test_texts(tmp_path: Path, content: bytes) -> None:
    found = text(write(tmp_path / "t.txt", content))
    address = (tmp_path / "t.txt").as_uri()
    assert isinstance(found, Text)
    assert found.text.startswith(SENTENCE)
    assert (found.url, found.fetched_at) == (address, CHANGED)
    assert found.origin == Origin(kind="texts", source="texts/*", key=digest("texts", address))


def test_a_few_bad_bytes_do_not_make_a_text_binary(tmp_path: Path) -> None:
    found = text(write(tmp_path / "t.txt", SENTENCE.encode() * 9 + b"\xff\x07" + "ещё\r\nслово".encode()))
    assert isinstance(found, Text)
    assert found.text.endswith("ещё\nслово")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no_text"),
        (b" \n\t", "no_text"),
        (b"\x89PNG\r\n\x1a\n and more", "not_text"),
        (b"%PDF-1.7 words that could be text", "not_text"),
        (b"words\0words", "not_text"),
        (bytes(range(1, 256)) * 10, "not_text"),
    ],
)
def test_files_that_are_not_text(tmp_path: Path, content: bytes, reason: str) -> None:
    found = text(write(tmp_path / "t.txt", content))
    assert isinstance(found, Rejected)
    assert (found.reason, found.origin.source) == (reason, "texts/*")


def test_patterns_reach_into_folders_and_are_sorted(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("z.txt", "b/a.txt", "b/c/[1].txt", "b/no.md"):
        (tmp_path / name).write_text("x")
    found = files_of(str(tmp_path / "**" / "*.txt"), option="--texts")
    assert [os.path.relpath(path, tmp_path) for path in found] == ["b/a.txt", "b/c/[1].txt", "z.txt"]
    literal = str(tmp_path / "b" / "c" / "[1].txt")
    assert files_of(literal, option="--texts") == [literal]


def test_a_pattern_without_a_file_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"^--warc .*none\*\.warc: no file matches"):
        files_of(str(tmp_path / "none*.warc"), option="--warc")
    with pytest.raises(SourceError, match=r"^--texts .*: is a folder"):
        files_of(str(tmp_path), option="--texts")


def test_the_fingerprint_changes_with_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b"one")
    before = fingerprint_of(path)
    assert fingerprint_of(path) == before
    write(tmp_path / "a", b"three")
    assert fingerprint_of(path) != before
