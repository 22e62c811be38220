"""Forms of files: what turns rows into a file's bytes and back. A file's suffix tells its form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from newsbeam.connectors.stores.rows import Row
from newsbeam.records import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What happens to the rows of a file that is written anew. gone: ids. changed: rows by id, as they are now."""

    gone: frozenset[str] = frozenset()
    changed: Mapping[str, Row] = field(default_factory=dict)
    added: Sequence[Row] = ()


class Form(Protocol):
    """A form of file. Every method raises ValueError or OSError for a file that is not of this form."""

    def write(self, out: BinaryIO, collection: Collection, sources: Sequence[BinaryIO], edit: Edit) -> int:
        """Write the rows of the sources, edited, and what is added; how many rows that makes."""

    def rows(self, source: BinaryIO, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        """The file's rows. since: those with `updated_at` at or after it."""

    def ids(self, source: BinaryIO) -> list[str]:
        """The ids of the file's rows."""

    def count(self, source: BinaryIO) -> int:
        """How many rows the file holds."""


JSONL_SUFFIXES: Mapping[str, str] = {"none": ".jsonl", "zstd": ".jsonl.zst", "gzip": ".jsonl.gz"}
"""The suffix of each `compression` of JSON lines."""

PARQUET_SUFFIX = ".parquet"


def form_of(name: str) -> Form:
    """The form that a file's name tells."""
    if name.endswith(PARQUET_SUFFIX):
        from newsbeam.connectors.stores.columns import Columns

        return Columns()
    from newsbeam.connectors.stores.lines import Lines

    for compression, suffix in JSONL_SUFFIXES.items():
        if name.endswith(suffix):
            return Lines(compression)
    raise ValueError(f"{name}: its suffix tells no form of file")
