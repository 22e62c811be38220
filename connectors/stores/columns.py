"""Parquet: rows by column, compressed with zstd, in row groups that bound what a reader holds at a time."""

import contextlib
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newsbeam.connectors.stores.forms import Edit
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.schemas import SCHEMAS
from newsbeam.records import Collection

GROUP_BYTES = 32 * 1024 * 1024
"""Of a row group, before compression: some 10,000 stories."""

_ROWS_AT_ONCE = 1000
_REPEATED = (
    "schema_version",
    "site",
    "feed_url",
    "language",
    "declared_language",
    "extracted_from",
    "relation",
    "stage",
    "reason",
    "run_id",
    "updated_at",
)
"""Columns of few values, which a dictionary makes small; for others it costs time and is given up."""

_TOLD = (
    "schema_version",
    "site",
    "published",
    "modified",
    "fetched_at",
    "language",
    "language_confidence",
    "relation",
    "similarity",
    "word_count",
    "stage",
    "reason",
    "attempts",
    "first_seen",
    "last_seen",
    "retry_at",
    "run_id",
    "updated_at",
)
"""Columns by whose least and greatest value a reader skips row groups. Of texts and hashes they tell nothing, and
comparing those takes a sixth of the writing."""

_SHORT = 1000
"""Bytes of a row beside its body, what was removed from it, and comments: about what addresses and tags take."""


class Columns:
    """Parquet files of today's schema. What a file of an earlier one lacks is read as empty lists, or nulls."""

    def write(self, out: BinaryIO, collection: Collection, sources: Sequence[BinaryIO], edit: Edit) -> int:
        schema = SCHEMAS[collection]
        repeated = [name for name in _REPEATED if name in schema.names]
        told = [name for name in _TOLD if name in schema.names]
        written, waiting, size = 0, list[pa.Table](), 0
        with (
            _readable(),
            pq.ParquetWriter(out, schema, compression="zstd", use_dictionary=repeated, write_statistics=told) as writer,
        ):
            for table in _tables(collection, sources, edit):
                waiting.append(table)
                size += table.nbytes
                written += table.num_rows
                if size >= GROUP_BYTES:
                    _flush(writer, waiting)
                    size = 0
            _flush(writer, waiting)
        return written

    def rows(self, source: BinaryIO, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        with _readable():
            for table in _groups(source, collection):
                if since is not None:
                    table = table.filter(pc.field("updated_at") >= since)
                for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
                    yield from batch.to_pylist()

    def ids(self, source: BinaryIO) -> list[str]:
        with _readable():
            ids: list[str] = pq.ParquetFile(source).read(columns=["id"]).column("id").to_pylist()
        return ids

    def count(self, source: BinaryIO) -> int:
        with _readable():
            return int(pq.ParquetFile(source).metadata.num_rows)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Arrow's errors have no common built-in class."""
    try:
        yield
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error


def _tables(collection: Collection, sources: Sequence[BinaryIO], edit: Edit) -> Iterator[pa.Table]:
    """The rows of the sources without those that leave or change, then what changed and what is added."""
    out_of_it = pa.array(sorted(edit.gone.union(edit.changed)), pa.string())
    here: list[Row] = []
    for source in sources:
        for table in _groups(source, collection):
            if len(out_of_it):
                matched = pc.is_in(table.column("id"), value_set=out_of_it)
                if edit.changed:
                    own = table.column("id").filter(matched).to_pylist()
                    here += (edit.changed[one] for one in own if one in edit.changed)
                table = table.filter(pc.invert(matched))
            yield table
    yield from _from_rows([*here, *edit.added], collection)


def _groups(source: BinaryIO, collection: Collection) -> Iterator[pa.Table]:
    """The file's row groups, one at a time, in today's schema."""
    file, schema = pq.ParquetFile(source), SCHEMAS[collection]
    for number in range(file.num_row_groups):
        table = file.read_row_group(number, use_threads=False)
        yield pa.Table.from_arrays([_column(table, field) for field in schema], schema=schema)


def _column(table: pa.Table, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    if field.name not in table.column_names:
        empty: list[object] | None = [] if pa.types.is_list(field.type) else None
        return pa.repeat(pa.scalar(empty, field.type), table.num_rows)
    return table.column(field.name).cast(field.type)


def _from_rows(rows: Sequence[Row], collection: Collection) -> Iterator[pa.Table]:
    """The rows in tables of a row group's size at most, one row at least."""
    portion: list[Row] = []
    size = 0
    for row in rows:
        portion.append(row)
        size += _size(row)
        if size >= GROUP_BYTES:
            yield _table(portion, collection)
            portion, size = [], 0
    if portion:
        yield _table(portion, collection)


def _table(rows: Sequence[Row], collection: Collection) -> pa.Table:
    """The rows by column. One pass over all rows is a third faster than one for each column, as from_pylist does it."""
    schema = SCHEMAS[collection]
    values = zip(*map(itemgetter(*schema.names), rows), strict=True)
    columns = [pa.array(column, type=kind) for column, kind in zip(values, schema.types, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema)


def _size(row: Row) -> int:
    """About how many bytes the row's texts take."""
    size = _SHORT + len(row.get("body") or row.get("detail") or "")
    for one in row.get("removed") or ():
        size += len(one["text"])
    for comment in row.get("comments") or ():
        size += len(comment)
    return size


def _flush(writer: pq.ParquetWriter, waiting: list[pa.Table]) -> None:
    """Write what waits as one row group."""
    table = pa.concat_tables(waiting) if waiting else None
    waiting.clear()
    if table is not None and table.num_rows:
        writer.write_table(table, row_group_size=table.num_rows)
