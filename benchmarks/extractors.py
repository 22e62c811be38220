"""What newsbeam, trafilatura and the yardstick pipeline make of a page, as rows for the scorer."""

import datetime
import hashlib
import importlib.metadata
import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import trafilatura

from benchmarks.gold import Case, Row
from benchmarks.places import loaded
from newsbeam.records import Document, Origin, Page
from newsbeam.transforms import documents
from newsbeam.transforms.tasks import Options, Task

NOW = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)
FETCHED = "2023-05-03T12:00:00Z"
_FIELDS = ("body", "title", "authors", "published", "language", "comments", "declared_language", "removed")

Extractor = Callable[[Case], Row | None]


def newsbeam(case: Case) -> Row | None:
    """The record that the program itself would make; None where it rejects the page."""
    origin = Origin(kind="pages", source="evaluation", key=case.name)
    page = Page(url=case.url, body=case.html, fetched_at=FETCHED, origin=origin)
    found = documents.read(Task(source=page, options=Options(), now=NOW))
    return {name: getattr(found, name) for name in _FIELDS} if isinstance(found, Document) else None


def by_trafilatura(case: Case) -> Row | None:
    """trafilatura with its defaults, comments off, as the scorer's own baseline asks it."""
    found = trafilatura.bare_extraction(case.html, include_comments=False, with_metadata=True)
    if found is None:
        return None
    authors = [one.strip() for one in (found.author or "").split(";") if one.strip()]
    return {
        "body": found.text,
        "title": found.title,
        "authors": authors,
        "published": found.date,
        "language": found.language,
    }


def yardstick(shared: Path) -> Extractor:
    """The pipeline of the evaluation data that a competent person writes in an afternoon."""
    module = loaded(shared / "eval" / "naive.py")
    rows: list[Row] = []

    class Collected(module.Store):  # type: ignore[name-defined,misc]  # a class of a module loaded by path
        """Its store, which hands rows over instead of writing them."""

        def __init__(self) -> None:
            self.hashes: dict[str, Any] = {}
            self.index = module.MinHashLSH(threshold=0.5, num_perm=128)

        def write(self, kind: str, row: Row) -> None:
            if kind != "rejected":
                rows.append(row)

    store = Collected()

    def extract(case: Case) -> Row | None:
        rows.clear()
        store.add_page(case.url, case.html)
        return {name: rows[0].get(name) for name in _FIELDS} if rows else None

    return extract


class Timed:
    """An extractor whose CPU seconds and pages are counted."""

    def __init__(self, extract: Extractor) -> None:
        self._extract = extract
        self.seconds = 0.0
        self.pages = 0

    def __call__(self, case: Case) -> Row | None:
        """The extractor's row."""
        began = time.process_time()
        try:
            return self._extract(case)
        finally:
            self.seconds += time.process_time() - began
            self.pages += 1


class Remembered:
    """Rows of an extractor of others, kept in a file: by its version, the page's name and the page's bytes."""

    def __init__(self, extract: Extractor, file: Path) -> None:
        self._extract = extract
        self._file = file
        self._rows: dict[str, Row | None] = {}
        if file.exists():
            self._rows = dict(_lines(file))

    def __call__(self, case: Case) -> Row | None:
        """The row that is known of a page, else the extractor's."""
        key = f"{case.name} {hashlib.sha1(case.html).hexdigest()}"
        if key not in self._rows:
            self._rows[key] = self._extract(case)
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as out:
                out.write(json.dumps([key, self._rows[key]], ensure_ascii=False) + "\n")
        return self._rows[key]


def _lines(file: Path) -> Iterator[tuple[str, Row | None]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            key, row = json.loads(line)
            yield key, row


def versions(names: Iterable[str]) -> str:
    """The versions of some packages, for the name of a file."""
    return "-".join(importlib.metadata.version(name) for name in names)
