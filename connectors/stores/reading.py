"""Reading a store: rows as the contract has them, for programs that take no part in writing it."""

import datetime
import re
from collections.abc import Generator
from pathlib import Path

import sqlalchemy as sa

from newsbeam import times
from newsbeam.connectors.state.address import sqlite_path
from newsbeam.connectors.stores.rows import Row, exactly
from newsbeam.connectors.stores.store import Store, StoreError, UnknownStore
from newsbeam.connectors.stores.urls import open_store
from newsbeam.records import COLLECTIONS, Collection

Since = str | datetime.datetime | datetime.date | datetime.timedelta

_AGE = re.compile(r"(\d{1,6})([smhdw])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NOT_THERE = "there is no store: look at the address; a run makes it, reading does not"


def read(url: str, collection: str = "articles", since: Since | None = None) -> Generator[Row, None, None]:
    """The rows of a collection, one after the other; a mistake is told at once, not with the first row.

    Raises:
        UnknownStore: the address is of no known form.
        StoreError: there is no such store, or it cannot be read.
        ValueError: the collection is unknown, or `since` is no moment.
    """
    wanted = collection_named(collection)
    moment = None if since is None else moment_of(since, now=datetime.datetime.now(datetime.UTC))
    return _rows(open_present(url), wanted, moment)


def _rows(store: Store, collection: Collection, since: str | None) -> Generator[Row, None, None]:
    try:
        for row in store.rows(collection, since=since):
            yield exactly(collection, row)
    finally:
        store.close()


def collection_named(name: str) -> Collection:
    """The collection; raises ValueError, which names those that there are."""
    if name not in COLLECTIONS:
        raise ValueError(f"{name!r} is no collection; there are {', '.join(COLLECTIONS)}")
    return name


def moment_of(since: Since, *, now: datetime.datetime) -> str:
    """ISO 8601 in UTC, as `updated_at` is: of a moment, a day (its midnight, UTC), or an age such as "7d".

    A moment without a zone is UTC. Parts of a second are left off: rows of that very second are included.

    Raises:
        ValueError: it is none of these.
    """
    try:
        return times.utc(_moment(since, now))
    except OverflowError as error:
        raise ValueError(f"since: {since!r} is out of the calendar's range") from error


def _moment(since: Since, now: datetime.datetime) -> datetime.datetime:
    if isinstance(since, datetime.timedelta):
        return now - since
    if isinstance(since, datetime.datetime):
        return since
    if isinstance(since, datetime.date):
        return datetime.datetime(since.year, since.month, since.day, tzinfo=datetime.UTC)
    if age := _AGE.match(since.strip()):
        return now - datetime.timedelta(**{_UNITS[age[2]]: int(age[1])})
    moment = times.parse(since)
    if moment is None:
        raise ValueError(
            f"since: {since!r} is no moment: use ISO 8601 (2026-11-20, 2026-11-20T08:00:00Z), or an age (36h, 7d, 2w)"
        )
    return moment


def open_present(url: str) -> Store:
    """The store at an address, which must be there already; nothing is made.

    Raises:
        UnknownStore: the address is of no known form.
        StoreError: there is no such store, or it cannot be read.
    """
    form = url.partition(":")[0]
    if form == "sqlite":
        path = _file(url)
        if path is not None and not path.is_file():  # opening would make the file and its folder
            raise StoreError(f"{url}: {_NOT_THERE}")
    store = open_store(url)
    try:
        if not store.present():
            raise StoreError(f"{store.url}: {_NOT_THERE}")
    except BaseException:
        store.close()
        raise
    return store


def _file(url: str) -> Path | None:
    try:
        return sqlite_path(url)
    except sa.exc.ArgumentError as error:
        raise UnknownStore(f"{url!r} is no address of a store: use sqlite:///FILE") from error
