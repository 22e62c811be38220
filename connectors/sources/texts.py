"""Plain-text documents whose body was extracted elsewhere."""

import datetime
import re
from collections.abc import Iterator

from newsbeam import text
from newsbeam.connectors.sources.charset import decode
from newsbeam.connectors.sources.files import UnreadableFile, changed, content_of, row, url_of
from newsbeam.connectors.sources.slices import Reached
from newsbeam.records import Origin, Rejected, Text, digest

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd]")
_MAX_CONTROL = 0.01
_MARKED = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_FORMATS = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x7fELF", b"{\\rtf", b"\xd0\xcf\x11\xe0")


def read_texts(
    path: str, *, source: str, start: int = 0, limit: int = 1, now: datetime.datetime | None = None
) -> Iterator[Text | Rejected | Reached]:
    """The text of a file, or the rejected row of one that is not text; then one `Reached`.

    source: the pattern that named the file. A file is one record: start and limit are there for the likeness.
    """
    yield read_text(path, source=source, now=now)
    yield Reached(position=None, records=1)


def read_text(path: str, *, source: str, now: datetime.datetime | None = None) -> Text | Rejected:
    """The text of a file: UTF-8, UTF-16 or UTF-32 by byte order mark, else UTF-8, else what detection says."""
    address = url_of(path)
    try:
        body = content_of(path)
    except UnreadableFile as error:
        return row("texts", source, error.reason, error.detail, url=address, now=now)
    if not body.strip():
        return row("texts", source, "no_text", "the file is empty", url=address, now=now)
    wrong, content = _text(body)
    if wrong:
        return row("texts", source, "not_text", wrong, url=address, now=now)
    return Text(
        url=address,
        text=text.printable(content),
        fetched_at=changed(path),
        origin=Origin(kind="texts", source=source, key=digest("texts", address)),
    )


def _text(body: bytes) -> tuple[str, str]:
    """(why it is not text, the text)"""
    marked = body.startswith(_MARKED)
    if body.startswith(_FORMATS):
        return "the file starts as a binary format does", ""
    if not marked and b"\0" in body:
        return "the file holds NUL bytes", ""
    found = decode(body)
    control = len(_CONTROL.findall(found.text))
    if control > max(1, _MAX_CONTROL * len(found.text)):
        return f"{control:,} of {len(found.text):,} characters are control characters or undecodable", ""
    return "", found.text
