"""Addresses of file stores: `jsonl:DIR` and `parquet:DIR`, where DIR may be `s3://BUCKET/PREFIX`, and their options."""

import math

from newsbeam.connectors.stores.addresses import check_known, choice, number, split
from newsbeam.connectors.stores.file_plan import Layout, Roll
from newsbeam.connectors.stores.files import FileStore
from newsbeam.connectors.stores.folders import Folder, LocalFolder
from newsbeam.connectors.stores.forms import JSONL_SUFFIXES, PARQUET_SUFFIX
from newsbeam.connectors.stores.partitions import BY_DAY, BY_DAY_AND_LANGUAGE, WHOLE
from newsbeam.connectors.stores.store import UnknownStore

MIB = 1024 * 1024
MAX_MB, MAX_MINUTES = 4096, 525_600
JSONL_MB, JSONL_MINUTES = 4.0, math.inf
PARQUET_MB, PARQUET_MINUTES = 32.0, 60.0
JSONL_CHEAP, PARQUET_CHEAP = 4 * MIB, MIB // 8
"""Bytes up to which writing anew costs little: lines are copied as they are, columns are put together again."""

_ROLL = ("roll_mb", "roll_minutes")


def open_files(url: str) -> FileStore:
    """The file store at an address; nothing is written yet.

    jsonl: `compression` none, zstd, gzip; `partition` none, day. Both forms: `roll_mb` and `roll_minutes`, after which
    a partition's next rows begin a new file.

    Raises:
        UnknownStore: an option or the folder's kind is not known. StoreError: the library for it is not installed.
    """
    address, options = split(url)
    form, _, rest = address.partition(":")
    if not rest:
        raise UnknownStore(f"{url}: no folder is named: use {form}:DIR")
    if form == "jsonl":
        check_known(form, options, ("compression", "partition", *_ROLL))
        compression = choice(form, options, "compression", tuple(JSONL_SUFFIXES), "none")
        by_day = choice(form, options, "partition", ("none", "day"), "none") == "day"
        layout = Layout(
            suffix=JSONL_SUFFIXES[compression],
            scheme=BY_DAY if by_day else WHOLE,
            roll=_roll(form, options, JSONL_MB, JSONL_MINUTES, JSONL_CHEAP),
        )
        return FileStore(form=form, folder=_folder(form, rest), layout=layout, suffixes=JSONL_SUFFIXES.values())
    check_known(form, options, _ROLL)
    layout = Layout(
        suffix=PARQUET_SUFFIX,
        scheme=BY_DAY_AND_LANGUAGE,
        roll=_roll(form, options, PARQUET_MB, PARQUET_MINUTES, PARQUET_CHEAP),
    )
    return FileStore(form=form, folder=_folder(form, rest), layout=layout, suffixes=(PARQUET_SUFFIX,))


def _roll(form: str, options: dict[str, str], megabytes: float, minutes: float, cheap: int) -> Roll:
    return Roll(
        bytes=MIB * number(form, options, "roll_mb", least=0, most=MAX_MB, default=megabytes),
        minutes=number(form, options, "roll_minutes", least=0, most=MAX_MINUTES, default=minutes),
        cheap=cheap,
    )


def _folder(form: str, rest: str) -> Folder:
    if "://" not in rest:
        return LocalFolder(rest)
    from newsbeam.connectors.stores.remote import open_remote

    return open_remote(form, rest)
