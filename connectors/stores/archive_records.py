"""What was fetched as WARC records (ISO 28500:2017, WARC 1.1): pure, bytes out; each record a gzip member of its own.

A page is two records: a `metadata` record with what the feed said (connectors/sources/descriptions.py), then the
`response`. The description comes first, so that a reader has it when the page comes, wherever it began to read.
"""

import gzip
import hashlib
import io
import re
import uuid
from collections.abc import Mapping
from dataclasses import replace

from fastwarc.warc import WarcRecord, WarcRecordType

from newsbeam.connectors.sources import descriptions
from newsbeam.connectors.sources.descriptions import Description
from newsbeam.records import Entry, Page

MOST_HEADERS = 32_768
"""Bytes of a page's kept headers; more are left out: readers look for the end of the head in the first 64 KiB."""

CONFORMS_TO = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
_LEVEL = 6
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}\Z")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_HTML = re.compile(r"\s*(?:text/html|application/xhtml\+xml|application/xhtml)\s*(?:;|$)", re.IGNORECASE)
_UNDONE = frozenset(("content-encoding", "transfer-encoding", "content-length", "connection", "keep-alive", "trailer"))
_ORIGINAL = "X-Archive-Orig-"


def head_of_file(*, software: str, user_agent: str, robots: bool, run_id: str, moment: str) -> bytes:
    """The `warcinfo` record that a file begins with. moment: ISO 8601, UTC."""
    fields = {
        "software": software,
        "format": "WARC File Format 1.1",
        "conformsTo": CONFORMS_TO,
        "robots": "classic" if robots else "ignore",
        "http-header-user-agent": user_agent,
        "isPartOf": f"run {run_id}",
        "description": "pages as fetched; what their feeds said stands before each as a metadata record of type "
        + descriptions.CONTENT_TYPE,
    }
    block = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in fields.items()).encode("utf-8", "replace")
    return _member(
        WarcRecordType.warcinfo, block, {"WARC-Date": moment, "Content-Type": "application/warc-fields"}, _new_id()
    )


def of_page(page: Page) -> bytes:
    """The records of a fetched page: what its feed said, and the answer with its content encoding undone."""
    head, body = head_of_answer(page), page.body
    about, own = _new_id(), _new_id()
    said = _described(page.entry, page.charset, target=page.url, moment=page.fetched_at, own=own, about=about)
    fields = {
        "WARC-Date": page.fetched_at,
        "WARC-Target-URI": _one_line(page.url),
        "Content-Type": "application/http; msgtype=response",
    }
    if said:
        fields["WARC-Concurrent-To"] = f"<{own}>"
    return said + _member(WarcRecordType.response, head + body, fields, about, payload=body)


def of_entry(entry: Entry, *, moment: str) -> bytes:
    """The records of an entry that has no page: what its feed said, and the content that the feed carried."""
    about, own, target = _new_id(), _new_id(), descriptions.urn_of(entry)
    block = (entry.content or "").encode("utf-8", "ignore")
    said = _described(replace(entry, content=None), None, target=target, moment=moment, own=own, about=about)
    fields = {
        "WARC-Date": moment,
        "WARC-Target-URI": target,
        "Content-Type": "text/html; charset=utf-8",
        "WARC-Concurrent-To": f"<{own}>",
    }
    return said + _member(WarcRecordType.resource, block, fields, about, payload=block)


def head_of_answer(page: Page) -> bytes:
    """The status line and headers that a page is kept with, the blank line included.

    What described the bytes on the wire does not describe these: it is kept under X-Archive-Orig-. So is a
    Content-Type that names no HTML, which the page was found to be by its bytes.
    """
    lines, size, typed = ["HTTP/1.1 200 OK"], 0, False
    for name, value in page.headers:
        lower, text = name.lower(), _one_line(value)
        if not _NAME.match(name):
            continue
        if lower == "content-type" and not typed and _HTML.match(text):
            typed = True
        elif lower in _UNDONE or lower == "content-type":
            name = _ORIGINAL + name
        size += len(name) + len(text) + 4
        if size <= MOST_HEADERS:
            lines.append(f"{name}: {text}")
        elif lower == "content-type":
            typed = False
    if not typed:
        lines.append("Content-Type: text/html" + (f"; charset={_one_line(page.charset)}" if page.charset else ""))
    lines.append(f"Content-Length: {len(page.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _described(entry: Entry | None, charset: str | None, *, target: str, moment: str, own: str, about: str) -> bytes:
    if entry is None:
        return b""
    fields = {
        "WARC-Date": moment,
        "WARC-Target-URI": _one_line(target),
        "WARC-Concurrent-To": f"<{about}>",
        "WARC-Refers-To": f"<{about}>",
        "Content-Type": descriptions.CONTENT_TYPE,
    }
    block = descriptions.to_json(Description(entry=entry, charset=charset))
    return _member(WarcRecordType.metadata, block, fields, own)


def _member(
    kind: WarcRecordType, block: bytes, fields: Mapping[str, str], own: str, *, payload: bytes | None = None
) -> bytes:
    """One record as one gzip member, with its digests."""
    record = WarcRecord()
    record.init_headers(kind)
    for name, value in {"WARC-Record-ID": f"<{own}>", **fields}.items():
        record.headers[name] = value
    record.set_bytes_content(block)
    out = io.BytesIO()
    digest = hashlib.sha1(payload, usedforsecurity=False).digest() if payload is not None else None
    record.write(out, checksum_data=True, payload_digest=digest)
    return gzip.compress(out.getvalue(), _LEVEL, mtime=0)


def _new_id() -> str:
    return f"urn:uuid:{uuid.uuid4()}"


def _one_line(text: str) -> str:
    """The text without line ends and other control characters: nothing in it begins a header of its own."""
    return _CONTROLS.sub(" ", text).strip()
