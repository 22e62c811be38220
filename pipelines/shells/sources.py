"""What a pipeline of one's own hands in, made into the records that are read; or the row that says why it is none."""

import datetime
from typing import Any

from newsbeam import times
from newsbeam.connectors.sources import files
from newsbeam.connectors.sources.pages import address_of
from newsbeam.records import Origin, Page, Rejected, SourceKind, Text, digest
from newsbeam.text import printable

SOURCE = "pipeline"
"""What the origin of a pair names as its source; records keep the origin that they bring."""


def page_of(given: Page | tuple[str, str | bytes], now: datetime.datetime) -> Page | Rejected:
    """The page of an address and its HTML, taken as captured now. Bytes are decoded by what they say of themselves.

    Raises:
        TypeError: neither a page nor such a pair.
    """
    if isinstance(given, Page):
        return given
    url, html = _pair(given, (str, bytes), "newsbeam.records.Page or a pair (url, html)")
    address = address_of(url)
    if address is None:
        return _bad("pages", url, "bad_record", f"url {url[:200]!r} is no http or https address", now)
    if not html.strip():
        return _bad("pages", address, "bad_record", "html is empty", now)
    return Page(
        url=address,
        body=html.encode("utf-8", "replace") if isinstance(html, str) else html,
        fetched_at=times.utc(now),
        origin=Origin(kind="pages", source=SOURCE, key=digest("pages", address)),
        charset="utf-8" if isinstance(html, str) else None,
    )


def text_of(given: Text | tuple[str, str], now: datetime.datetime) -> Text | Rejected:
    """The text of an address and a string, taken as captured now.

    Raises:
        TypeError: neither a text nor such a pair.
    """
    if isinstance(given, Text):
        return given
    url, content = _pair(given, (str,), "newsbeam.records.Text or a pair (url, text)")
    if not content.strip():
        return _bad("texts", url, "no_text", "the text is empty", now)
    return Text(
        url=url,
        text=printable(content),
        fetched_at=times.utc(now),
        origin=Origin(kind="texts", source=SOURCE, key=digest("texts", url)),
    )


def _pair(given: object, kinds: tuple[type, ...], wanted: str) -> Any:
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str) and isinstance(given[1], kinds):
        return given
    raise TypeError(f"{type(given).__name__} {str(given)[:200]!r} came in where {wanted} is taken")


def _bad(kind: SourceKind, url: str, reason: str, detail: str, now: datetime.datetime) -> Rejected:
    return files.row(kind, SOURCE, reason, detail, url=url, now=now)
