"""What files of pages and of texts have in common: reading within a limit, gzip undone, an address, a time."""

import datetime
import gzip
import os
import zlib
from pathlib import Path
from typing import BinaryIO

from newsbeam import text, times
from newsbeam.records import Origin, Rejected, SourceKind, digest

MAX_FILE = 20_000_000
_GZIP = b"\x1f\x8b\x08"


class UnreadableFile(Exception):
    """A file that cannot be read. reason: of records.REASONS."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


def opened(path: str) -> BinaryIO | gzip.GzipFile:
    """The file as a stream of bytes, gzip undone. Raises OSError."""
    with Path(path).open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
    return gzip.open(path, "rb") if packed else Path(path).open("rb")


def content_of(path: str) -> bytes:
    """All bytes of a file, gzip undone.

    Raises:
        UnreadableFile: it cannot be opened or read, is cut or too large.
    """
    try:
        with opened(path) as file:
            content = file.read(MAX_FILE + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile("truncated" if isinstance(error, EOFError) else "bad_encoding", str(error)) from None
    except OSError as error:
        raise UnreadableFile("unreadable_file", error.strerror or str(error)) from None
    if len(content) > MAX_FILE:
        raise UnreadableFile("too_large", f"the file is longer than {MAX_FILE:,} bytes")
    return content


def url_of(path: str) -> str:
    """The `file:` URL of a path."""
    return Path(os.path.abspath(path)).as_uri()


def changed(path: str) -> str:
    """When the file was last changed, in our form; now for one that is gone."""
    try:
        seconds = os.stat(path).st_mtime
    except OSError:
        return times.now()
    return times.utc(datetime.datetime.fromtimestamp(seconds, datetime.UTC))


def row(
    kind: SourceKind, source: str, reason: str, detail: str, *, url: str, now: datetime.datetime | None = None
) -> Rejected:
    """The rejected row of a file, or of a record with an address in it."""
    seen = times.utc(now or datetime.datetime.now(datetime.UTC))
    return Rejected(
        origin=Origin(kind=kind, source=source, key=digest(kind, url)),
        url=url,
        feed_url=None,
        stage="read",
        reason=reason,
        detail=text.one_line(detail)[:500],
        attempts=1,
        first_seen=seen,
        last_seen=seen,
    )
