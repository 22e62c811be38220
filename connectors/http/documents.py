"""What is asked for by kind, and whether what came is of that kind: pure."""

import functools
import re
from dataclasses import dataclass
from typing import Literal

from newsbeam.config.tables import Fetch
from newsbeam.connectors.http.robots import MAX_BYTES

Kind = Literal["page", "feed", "list", "robots"]

_SEPARATE = re.compile(r"\s*;\s*")
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([A-Za-z0-9._:+-]{1,64})", re.IGNORECASE)
_HTML_TYPES = frozenset(("text/html", "application/xhtml+xml"))
# Types that servers also give to pages: the first bytes decide.
_VAGUE_TYPES = frozenset(
    ("", "text/plain", "text/xml", "application/xml", "application/octet-stream", "application/x-httpd-php", "unknown")
)
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|title|meta|div|article|p|h1|!--)[\s>/-]", re.IGNORECASE)
_BINARY = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"PK\x03\x04", b"RIFF", b"ID3", b"OggS", b"\x7fELF", b"Rar!")
_SNIFFED = 4096
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """accept: the Accept header. limit: bytes of the decoded body. cut: a longer body is cut, not refused."""

    kind: Kind
    accept: str
    limit: int
    cut: bool = False


def wanted(kind: Kind, fetch: Fetch) -> Wanted:
    """What a request of a kind asks for."""
    if kind == "page":
        return Wanted(kind=kind, accept="text/html,application/xhtml+xml;q=0.9,*/*;q=0.1", limit=fetch.max_page)
    if kind == "feed":
        accept = (
            "application/rss+xml,application/atom+xml,application/feed+json,application/rdf+xml,"
            "application/xml;q=0.9,text/xml;q=0.9,application/json;q=0.8,text/html;q=0.3,*/*;q=0.1"
        )
        return Wanted(kind=kind, accept=accept, limit=fetch.max_feed)
    if kind == "robots":
        return Wanted(kind=kind, accept="text/plain,*/*;q=0.1", limit=MAX_BYTES, cut=True)
    return Wanted(kind=kind, accept="*/*", limit=fetch.max_feed)


@functools.lru_cache(maxsize=1024)
def content_type(header: str | None) -> str:
    """The type of a Content-Type header, lower case, without parameters; empty for none."""
    return _SEPARATE.split((header or "").strip().lower(), 1)[0][:127]


@functools.lru_cache(maxsize=1024)
def charset(header: str | None) -> str | None:
    """The charset of a Content-Type header, lower case; None without. Whether it is one is for the reader to judge."""
    found = _CHARSET.search(header or "")
    return found[1].lower() if found else None


def type_refused(content_type: str) -> bool:
    """Whether a page's declared type is clearly another thing than HTML."""
    return content_type not in _HTML_TYPES and content_type not in _VAGUE_TYPES and "html" not in content_type


def is_html(content_type: str, body: bytes) -> bool:
    """Whether the body of a page of that type can be HTML, by its first bytes (after WHATWG MIME Sniffing, 7.1).

    What is declared HTML is refused only for the signature of another format; what is declared
    vaguely must show markup.
    """
    start = body[:_SNIFFED]
    if start.startswith(_BINARY):
        return False
    if start.startswith(_UTF16) or content_type in _HTML_TYPES or "html" in content_type:
        return True
    return _MARKUP.search(start) is not None
