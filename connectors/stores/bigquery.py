"""BigQuery: one table to which every change is appended, and views that show the latest row of each id.

Appending is all that Beam's connector does in Python alone. Its upserts (CDC) go through the Storage Write API, which
needs Java; see docs/decisions.md.
"""

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from newsbeam.connectors.stores.delivered import Change, DeliveredStore, parse_address
from newsbeam.connectors.stores.rows import FIELDS
from newsbeam.connectors.stores.store import UnknownStore
from newsbeam.records import COLLECTIONS

if TYPE_CHECKING:
    import apache_beam as beam

Column = Mapping[str, Any]
"""A column in the form of BigQuery's REST API: name, type, mode, and fields for a RECORD."""

OPTIONS = ("method", "temp", "prefix")
METHODS = ("STREAMING_INSERTS", "FILE_LOADS")
MAX_BYTES = {"STREAMING_INSERTS": 9 * 1024 * 1024, "FILE_LOADS": 100_000_000}
"""Bytes of a row: Beam's limit of one insert, BigQuery's limit of one line of JSON."""

_NAME = re.compile(r"[A-Za-z0-9_]{1,1024}")
_PREFIX = re.compile(r"[A-Za-z0-9_]{0,100}")
_TEMP = re.compile(r"gs://[a-z0-9][a-z0-9_.-]{1,220}[a-z0-9](?:/.*)?")
_TYPES = {
    "schema_version": "INTEGER",
    "word_count": "INTEGER",
    "attempts": "INTEGER",
    "language_confidence": "FLOAT",
    "similarity": "FLOAT",
    "paywalled": "BOOLEAN",
    **dict.fromkeys(("fetched_at", "first_seen", "last_seen", "retry_at", "updated_at"), "TIMESTAMP"),
}
"""What is not STRING. A story's own dates stay strings: they may be a bare day."""

_LISTS = ("authors", "comments", "kept_because", "tags", "reserved")
_RECORDS: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "removed": ("REPEATED", (("kind", "STRING"), ("text", "STRING"), ("position", "INTEGER"))),
    "attribution": ("NULLABLE", (("source", "STRING"), ("kind", "STRING"), ("evidence", "STRING"))),
}


class BigQueryStore(DeliveredStore):
    """The table `changes` of a dataset. prefix: before the names of the table and its views."""

    needs = ("google.cloud.bigquery", "apitools")

    def __init__(
        self,
        project: str,
        dataset: str,
        *,
        method: str = "STREAMING_INSERTS",
        temp: str | None = None,
        prefix: str = "",
    ) -> None:
        self.project, self.dataset, self.method, self.temp, self.prefix = project, dataset, method, temp, prefix
        # Two prefixes are two stores, which the state must tell apart.
        self.url = f"bigquery:{project}/{dataset}" + (f"/{prefix}" if prefix else "")
        self.read_with = f"query the views, such as `{project}.{dataset}.{prefix}articles`"
        if method == "FILE_LOADS":  # a load job has a quota of 1,500 a day and table
            self.at_once, self.every = 2000, 60.0

    @property
    def table(self) -> str:
        """The name of the table of changes."""
        return f"{self.prefix}changes"

    def sink(self) -> "beam.PTransform[Any, Any]":
        from newsbeam.connectors.stores.bigquery_sink import AppendChanges

        return AppendChanges(
            url=self.url,
            project=self.project,
            dataset=self.dataset,
            table=self.table,
            method=self.method,
            temp=self.temp,
        )

    def refusal(self, change: Change) -> str | None:
        values, limit = row(change), MAX_BYTES[self.method]
        size = len(orjson.dumps(values))
        if self.method == "STREAMING_INSERTS" and size > limit // 16:
            size = _in_memory(values)  # as Beam measures what it sends in one insert
        if size <= limit - 1024:
            return None
        return f"the row takes {size} bytes, {self.method} takes {limit}"


def open_bigquery(url: str) -> BigQueryStore:
    """The store at bigquery:PROJECT/DATASET[?method=…&temp=gs://…&prefix=…].

    Raises:
        UnknownStore: a name or option that BigQuery does not take, or options that do not go together.
    """
    (project, dataset), options = parse_address(url, OPTIONS)
    method, temp, prefix = (options.get(name) for name in OPTIONS)
    if not _NAME.fullmatch(dataset):
        raise UnknownStore(f"{url}: {dataset!r} is no dataset: letters, digits and underscores only, at most 1,024")
    if method is not None and method not in METHODS:
        raise UnknownStore(f"{url}: option method={method}: give one of {', '.join(METHODS)}")
    if prefix is not None and not _PREFIX.fullmatch(prefix):
        raise UnknownStore(f"{url}: option prefix={prefix}: letters, digits and underscores only, at most 100")
    if temp is not None and not _TEMP.fullmatch(temp):
        raise UnknownStore(f"{url}: option temp={temp}: give a place in Cloud Storage, such as temp=gs://BUCKET/FOLDER")
    if method == "FILE_LOADS" and temp is None:
        raise UnknownStore(
            f"{url}: option method=FILE_LOADS: files need a place on their way: add temp=gs://BUCKET/FOLDER"
        )
    if temp is not None and method != "FILE_LOADS":
        raise UnknownStore(f"{url}: option temp={temp}: only loads use it: add method=FILE_LOADS, or leave it out")
    return BigQueryStore(project, dataset, method=method or METHODS[0], temp=temp, prefix=prefix or "")


def schema() -> tuple[Column, ...]:
    """The columns of the table of changes: what tells the order, then every field of the three collections.

    Fields are NULLABLE: a DELETE has none of them, and each collection has its own.
    """
    told = (
        _column("id", mode="REQUIRED"),
        _column("operation", mode="REQUIRED"),
        _column("changed_at", type_="TIMESTAMP", mode="REQUIRED"),
        _column("commit_number", type_="INTEGER", mode="REQUIRED"),
        _column("collection"),
    )
    names = dict.fromkeys(name for collection in COLLECTIONS for name in FIELDS[collection])
    return (*told, *(_column(name) for name in names if name != "id"))


def row(change: Change) -> dict[str, Any]:
    """The change as a row of the table; a field without a value is left out, which is NULL, or an empty list."""
    told = {
        "id": change.id,
        "operation": change.operation,
        "changed_at": change.changed_at,
        "commit_number": change.number,
        "collection": change.collection,
    }
    return {name: value for name, value in {**(change.row or {}), **told}.items() if value is not None}


def _column(name: str, *, type_: str | None = None, mode: str = "NULLABLE") -> dict[str, Any]:
    if name in _RECORDS:
        mode, parts = _RECORDS[name]
        fields = [{"name": part, "type": kind, "mode": "NULLABLE"} for part, kind in parts]
        return {"name": name, "type": "RECORD", "mode": mode, "fields": fields}
    mode = "REPEATED" if name in _LISTS else mode
    return {"name": name, "type": type_ or _TYPES.get(name, "STRING"), "mode": mode}


def _in_memory(value: Any) -> int:
    """At least the bytes that the value's objects take in memory."""
    if isinstance(value, dict):
        return sys.getsizeof(value) + sum(_in_memory(key) + _in_memory(one) for key, one in value.items())
    if isinstance(value, list):
        return sys.getsizeof(value) + sum(_in_memory(one) for one in value)
    return sys.getsizeof(value)
