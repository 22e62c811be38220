"""One WARC record to a page, a skip or a rejected row; and what newsbeam's own archives say about the next record."""

import datetime
import io
import re
from dataclasses import dataclass, replace

from fastwarc.warc import HeaderMap, WarcRecord, WarcRecordType

from newsbeam import reserving, text, times, urls
from newsbeam.connectors.sources import descriptions
from newsbeam.connectors.sources.blocks import Found, Item
from newsbeam.connectors.sources.payload import BadPayload, decoded, looks_like_html
from newsbeam.records import Origin, Page, Rejected, SavedEntry, Skipped, digest

_HEAD = 65_536
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:+-]{1,40})", re.IGNORECASE)
_HTML_TYPES = ("text/html", "application/xhtml+xml", "application/xhtml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What decides about the records of one archive. seen: the time of reading. max_body: bytes, decoded."""

    path: str
    seen: str
    max_body: int

    def rejected(self, reason: str, detail: str, *, key: str, url: str | None = None) -> Rejected:
        """A row of this archive."""
        return Rejected(
            origin=Origin(kind="warc", source=self.path, key=key),
            url=url,
            feed_url=None,
            stage="read",
            reason=reason,
            detail=text.one_line(detail)[:500],
            attempts=1,
            first_seen=self.seen,
            last_seen=self.seen,
        )

    def judge(self, record: WarcRecord, at: int) -> Found:
        """What a record is to us; all of it is read."""
        announced = (record.headers.get("Content-Length") or "").strip().isdigit()
        if record.record_type != WarcRecordType.response:
            return self._beside(record, at, announced=announced)
        block = record.reader.read(min(_HEAD, record.content_length)) if record.content_length else b""
        head = _http_head(block)
        wanted = head is not None and _may_be_page(head[0], block[head[1] :])
        rest, room = b"", self.max_body * 2
        if wanted and record.content_length > len(block):
            rest = record.reader.read(min(record.content_length - len(block), room))
        there = len(block) + len(rest) + record.reader.consume()
        if there < record.content_length or not announced:
            return Found(at=at, item=None, whole=False)
        if head is None:
            item: Page | Skipped | Rejected = self._bad(record, "bad_record", "the record holds no HTTP response")
        elif not wanted:
            item = self._skipped(record)
        elif there > len(block) + len(rest):
            item = self._bad(record, "too_large", f"the record is longer than {room:,} bytes")
        else:
            item = self._page(record, head[0], block[head[1] :] + rest)
        return Found(at=at, item=item, whole=True, id=_id(record.headers.get("WARC-Record-ID")))

    def joined(self, found: Found, said: Found | None) -> Item | None:
        """What is counted of a record. said: the description in front of it, where there is one.

        A page keeps the key of its entry, so that what is told of it has the same id as in the run that fetched it.
        """
        told = said.description if said is not None and said.about and said.about == found.id else None
        item = found.item
        if isinstance(item, Page):
            if told is not None:
                origin = replace(item.origin, key=told.entry.key)
                return replace(item, origin=origin, charset=told.charset, entry=told.entry)
            if not item.body.strip():
                return self.rejected("empty_body", "the response has no body", key=item.origin.key, url=item.url)
        elif found.content is not None and told is not None and told.entry.url is None:
            origin = Origin(kind="warc", source=self.path, key=told.entry.key)
            entry = replace(told.entry, content=found.content)
            return SavedEntry(entry=entry, fetched_at=found.moment, origin=origin)
        return item

    def _beside(self, record: WarcRecord, at: int, *, announced: bool) -> Found:
        """A record that is no page by itself: a description, the content of an entry without a page, or nothing."""
        size, headers = record.content_length, record.headers
        kind = (headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        describes = record.record_type == WarcRecordType.metadata and kind == descriptions.CONTENT_TYPE
        target, moment = headers.get("WARC-Target-URI") or "", times.parse(headers.get("WARC-Date") or "")
        holds = record.record_type == WarcRecordType.resource and descriptions.is_urn(target) and moment is not None
        block = record.reader.read(size) if (describes or holds) and 0 < size <= self.max_body else b""
        whole = announced and len(block) + record.reader.consume() >= size
        found = Found(at=at, item=None, whole=whole, id=_id(headers.get("WARC-Record-ID")))
        if describes and whole:
            about = _id(headers.get("WARC-Concurrent-To"))
            return replace(found, description=descriptions.of_json(block), about=about)
        if holds and moment is not None and block:
            return replace(found, content=block.decode("utf-8", "replace"), moment=times.utc(moment))
        return found

    def _page(self, record: WarcRecord, head: HeaderMap, raw: bytes) -> Page | Skipped | Rejected:
        target = _target(record)
        if target is None:
            return self._bad(record, "bad_record", "no WARC-Target-URI that is a web address")
        moment = times.captured(record.headers.get("WARC-Date") or "", now=datetime.datetime.now(datetime.UTC))
        if moment is None:
            return self._bad(record, "bad_record", "no WARC-Date that can be believed (1990 to two days ahead)")
        try:
            body = decoded(
                raw,
                transfer=head.get("Transfer-Encoding") or "",
                content=head.get("Content-Encoding") or "",
                limit=self.max_body,
                may_be_cut=record.headers.get("WARC-Truncated") is not None,
            )
        except BadPayload as error:
            return self._bad(record, error.reason, error.detail)
        kind = head.get("Content-Type") or ""
        if not kind and body.strip() and not looks_like_html(body):
            return self._skipped(record)
        charset = _CHARSET.search(kind)
        return Page(
            url=target,
            body=body,
            fetched_at=times.utc(moment),
            origin=Origin(kind="warc", source=self.path, key=digest("warc", target)),
            charset=charset.group(1).lower() if charset else None,
            headers=tuple((name, value) for name, value in head.items() if name.lower() in reserving.HEADERS),
        )

    def _bad(self, record: WarcRecord, reason: str, detail: str) -> Rejected:
        target = _target(record)
        key = digest("warc", target) if target else digest("warc", self.path, record.record_id or "")
        return self.rejected(reason, detail, key=key, url=target)

    def _skipped(self, record: WarcRecord) -> Skipped:
        key = digest("warc", _target(record) or record.record_id or "")
        return Skipped(origin=Origin(kind="warc", source=self.path, key=key), reason="not_html")


def _http_head(block: bytes) -> tuple[HeaderMap, int] | None:
    """The status line and header fields of an HTTP response, and where its body begins; None without a whole head."""
    found = _END_OF_HEAD.search(block)
    if found is None or not block.startswith(b"HTTP/"):
        return None
    head = HeaderMap()
    try:
        head.parse(io.BytesIO(re.sub(rb"\r?\n", b"\r\n", block[: found.end()])))
    except OSError:
        return None
    return (head, found.end()) if head.status_code is not None else None


def _id(written: str | None) -> str:
    """A record's id, without the angle brackets that it is written in."""
    return (written or "").strip().removeprefix("<").removesuffix(">")


def _may_be_page(head: HeaderMap, body: bytes) -> bool:
    if head.status_code != 200:
        return False
    kind = (head.get("Content-Type") or "").partition(";")[0].strip().lower()
    return kind in _HTML_TYPES or (not kind and (looks_like_html(body) or head.get("Content-Encoding") is not None))


def _target(record: WarcRecord) -> str | None:
    """The record's address without fragment; WARC 1.0 put it in angle brackets."""
    written = (record.headers.get("WARC-Target-URI") or "").strip().partition("#")[0]
    if written.startswith("<"):  # an address of WARC 1.1 may end in the bracket itself
        written = written[1:].removesuffix(">")
    known = urls.absolute("", written)
    return known if known is None or re.search(r"[\s\x00-\x1f]", written) else written
