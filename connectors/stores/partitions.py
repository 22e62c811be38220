"""Partitions: folders below a collection into which a file store sorts its rows, in Hive's style (`date=2026-11-20`).

`date` is the day, UTC, on which a record came in: of `fetched_at`, or of `first_seen` for a rejected row. `lang`
repeats `language`, which every file holds as well: a key of the same name would be read as another type by
`pyarrow.parquet` and pandas, which then refuse the folder.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from newsbeam.connectors.stores.rows import Row
from newsbeam.records import Collection

Key = Literal["date", "lang"]
Scheme = Mapping[Collection, tuple[Key, ...]]

WHOLE: Scheme = {"articles": (), "duplicates": (), "rejected": ()}
BY_DAY: Scheme = {"articles": ("date",), "duplicates": ("date",), "rejected": ("date",)}
BY_DAY_AND_LANGUAGE: Scheme = {"articles": ("date", "lang"), "duplicates": ("date", "lang"), "rejected": ("date",)}

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NO_DAY = "1970-01-01"
"""The day of a row whose moment is no ISO 8601 string, so that every folder's name is a date."""


def folder(row: Row, collection: Collection, keys: tuple[Key, ...]) -> str:
    """The row's folder below its collection's; empty where there are no partitions."""
    return "/".join(f"{key}={_value(row, collection, key)}" for key in keys)


def folder_of(name: str) -> str:
    """The partition's folder in a file's name."""
    return name.rpartition("/")[0]


def fits(row: Row, collection: Collection, partition: str) -> bool:
    """Whether the row belongs into a partition's folder, of whichever scheme that is."""
    pairs = (step.partition("=") for step in partition.split("/") if step)
    return all(_value(row, collection, key) == value for key, _, value in pairs)


def _value(row: Row, collection: Collection, key: str) -> str:
    if key == "date":
        return _day(str(row["first_seen" if collection == "rejected" else "fetched_at"])[:10])
    return _quoted(str(row["language"]))


# Asked for every row, and answered alike for most.
@lru_cache(maxsize=1024)
def _day(start: str) -> str:
    return start if _DAY.fullmatch(start) else NO_DAY


@lru_cache(maxsize=1024)
def _quoted(language: str) -> str:
    return quote(language, safe="") or "und"
