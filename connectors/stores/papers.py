"""Files for people: the rows of one collection as `csv:FILE` or `html:FILE`, whole or not at all."""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from newsbeam.connectors.stores import cells, markup
from newsbeam.connectors.stores.folders import sync_folder
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import StoreError
from newsbeam.records import Collection

FORMS = ("csv", "html")
STDOUT = "-"


def is_paper(url: str) -> bool:
    """Whether the address means a file for people."""
    form, _, rest = url.partition(":")
    return form in FORMS and bool(rest)


def write(url: str, collection: Collection, rows: Iterable[Row], *, bom: bool = False) -> int:
    """Write the rows to `csv:FILE` or `html:FILE`; how many. FILE is swapped in when it is whole; `-` is stdout.

    bom: a CSV file begins with a byte order mark, by which Excel knows UTF-8.

    Raises:
        StoreError: the file cannot be written.
    """
    form, _, name = url.partition(":")
    count = 0
    with _said(url), _opened(name) as out:
        if form == "csv":
            out.write((cells.BOM if bom else "") + cells.header(collection))
        else:
            out.write(markup.head(collection.capitalize()))
        for row in rows:
            out.write(cells.line(collection, row) if form == "csv" else markup.item(collection, row))
            count += 1
        if form == "html":
            out.write(markup.TAIL)
    return count


@contextlib.contextmanager
def _opened(name: str) -> Iterator[TextIO]:
    if name == STDOUT:
        # Line ends are those of the format, on every system.
        with open(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="") as out:
            yield out
        return
    path = Path(name)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextlib.contextmanager
def _said(url: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{url}: cannot be written: {error.strerror or error}") from error
