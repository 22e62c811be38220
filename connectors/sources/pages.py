"""Saved pages: HTML files, and JSON lines of {"url", "html", "fetched_at"}; either may be gzipped."""

import datetime
import html
import re
import zlib
from collections.abc import Iterator

import orjson

from newsbeam import times, urls
from newsbeam.connectors.sources.charset import decode
from newsbeam.connectors.sources.files import UnreadableFile, changed, content_of, opened, row, url_of
from newsbeam.connectors.sources.slices import Reached
from newsbeam.records import Origin, Page, Rejected, digest

_MAX_LINE = 50_000_000
_HEAD = 500_000
_NOT_LINKS = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|template)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_LINK = re.compile(r"<link\s([^<>]{1,5000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)


def read_pages(
    path: str, *, source: str, start: int = 0, limit: int, now: datetime.datetime | None = None
) -> Iterator[Page | Rejected | Reached]:
    """The page of an HTML file, or at most `limit` lines of a JSON lines file; then one `Reached`.

    source: the pattern that named the file. start: 0, or the position that the slice before reached. A page's address
    is its canonical link where that is absolute and no home page, else the `file:` URL; its time is the file's.
    """
    name = path.lower().removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        yield from _lines(path, source=source, start=start, limit=limit, now=now)
        return
    try:
        body = content_of(path)
    except UnreadableFile as error:
        yield row("pages", source, error.reason, error.detail, url=url_of(path), now=now)
    else:
        yield (
            _page(path, body, source)
            if body.strip()
            else row("pages", source, "empty_body", "the file is empty", url=url_of(path), now=now)
        )
    yield Reached(position=None, records=1)


def canonical_link(body: bytes) -> str | None:
    """The address that a page names as its own: an absolute http or https link that is no home page; None without."""
    head = _NOT_LINKS.sub("", decode(body[:_HEAD]).text)
    for link in _LINK.finditer(head):
        attributes = {
            name.lower(): html.unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(link.group(1))
        }
        if "canonical" in attributes.get("rel", "").lower().split():
            address = urls.absolute("", attributes.get("href"))
            return None if address is None or urls.is_root(address) else address
    return None


def _page(path: str, body: bytes, source: str) -> Page:
    address = url_of(path)
    return Page(
        url=canonical_link(body) or address,
        body=body,
        fetched_at=changed(path),
        origin=Origin(kind="pages", source=source, key=digest("pages", address)),
    )


def _lines(
    path: str, *, source: str, start: int, limit: int, now: datetime.datetime | None
) -> Iterator[Page | Rejected | Reached]:
    """start: offset of a line in the file, gzip undone."""
    count, offset = 0, start
    try:
        with opened(path) as file:
            file.seek(start)
            while line := file.readline(_MAX_LINE):
                if line.strip():
                    if count == limit:
                        yield Reached(position=offset, records=count, offset=offset)
                        return
                    yield _record(line, path=path, source=source, offset=offset, now=now)
                    count += 1
                offset += len(line)
    except (EOFError, zlib.error) as error:
        yield row("pages", source, "truncated_archive", str(error), url=f"{url_of(path)}#{offset}", now=now)
        count += 1
    except OSError as error:
        yield row("pages", source, "unreadable_file", error.strerror or str(error), url=url_of(path), now=now)
        count += 1
    yield Reached(position=None, records=count, offset=offset)


def _record(line: bytes, *, path: str, source: str, offset: int, now: datetime.datetime | None) -> Page | Rejected:
    """The page of one line. Its fragment in a rejected row's address is the line's offset: numbers need a full read."""
    found, wrong = _fields(line)
    if wrong:
        detail = f"the line at byte {offset:,}: {wrong}"
        return row("pages", source, "bad_record", detail, url=found.get("url") or f"{url_of(path)}#{offset}", now=now)
    moment = times.captured(found["fetched_at"], now=now or datetime.datetime.now(datetime.UTC))
    return Page(
        url=found["url"],
        body=found["html"].encode("utf-8", "replace"),
        fetched_at=times.utc(moment) if moment else changed(path),
        origin=Origin(kind="pages", source=source, key=digest("pages", found["url"])),
        charset="utf-8",
    )


def _fields(line: bytes) -> tuple[dict[str, str], str]:
    """(the fields, what is wrong with them)"""
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return {}, f"no JSON: {error}"
    if not isinstance(given, dict):
        return {}, "no JSON object"
    fields = {name: given.get(name) or "" for name in ("url", "html", "fetched_at")}
    if not all(isinstance(value, str) for value in fields.values()):
        return {}, "url, html and fetched_at must be strings"
    address = address_of(fields["url"])
    if address is None:
        return {}, f"url {fields['url'][:200]!r} is no http or https address"
    fields["url"] = address
    return fields, "" if fields["html"].strip() else "html is empty"


def address_of(url: str) -> str | None:
    """A saved page's address as its record keeps it: without fragment; None where it is no http or https address."""
    address, stripped = urls.absolute("", url), url.strip()
    if address is None:
        return None
    return address if re.search(r"\s", stripped) else stripped.partition("#")[0]
