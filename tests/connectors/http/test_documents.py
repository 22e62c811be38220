import pytest

from newsbeam.config.tables import Fetch
from newsbeam.connectors.http import documents


@pytest.mark.parametrize(
    ("header", "kind", "charset"),
    [
        (None, "", None),
        ("Text/HTML", "text/html", None),
        ("text/html; charset=UTF-8", "text/html", "utf-8"),
        ('text/html;Charset="windows-1251"; x=y', "text/html", "windows-1251"),
        ("text/html; charset=", "text/html", None),
        (";;;", "", None),
    ],
)
def test_content_type_is_read(header: str | None, kind: str, charset: str | None) -> None:
    assert (documents.content_type(header), documents.charset(header)) == (kind, charset)


@pytest.mark.parametrize("kind", ["image/jpeg", "application/pdf", "video/mp4", "application/json", "text/css"])
def test_other_types_than_html_are_refused_from_the_header(kind: str) -> None:
    assert documents.type_refused(kind)


@pytest.mark.parametrize("kind", ["text/html", "application/xhtml+xml", "", "text/plain", "application/octet-stream"])
def test_html_and_vague_types_are_looked_into(kind: str) -> None:
    assert not documents.type_refused(kind)


@pytest.mark.parametrize(
    ("kind", "body", "html"),
    [
        ("text/html", b"Only text, no tag", True),
        ("text/html", b"%PDF-1.4 ...", False),
        ("text/html", b"\xff\xd8\xff\xe0JFIF", False),
        ("text/html", "<html>".encode("utf-16"), True),
        ("", b"  <!DOCTYPE html><p>x", True),
        ("", b"just some words", False),
        ("application/octet-stream", b"\x00\x01\x02\x03", False),
        ("application/octet-stream", b"<html><body>", True),
        ("text/xml", b"<?xml version='1.0'?><html xmlns='x'>", True),
        ("text/xml", b"<?xml version='1.0'?><rss></rss>", False),
    ],
)
def test_the_first_bytes_decide(kind: str, body: bytes, html: bool) -> None:
    assert documents.is_html(kind, body) is html


def test_each_kind_has_its_own_limit() -> None:
    fetch = Fetch(max_page=2000, max_feed=3000)
    limits = {kind: documents.wanted(kind, fetch).limit for kind in ("page", "feed", "list")}
    assert limits == {"page": 2000, "feed": 3000, "list": 3000}
    assert documents.wanted("robots", fetch).cut
