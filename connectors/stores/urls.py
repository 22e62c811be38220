"""Store addresses: which store an address means, and where its state lies by default."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa

from newsbeam.connectors.state.address import AddressError, parse, redacted, sqlite_path, state_beside
from newsbeam.connectors.stores.addresses import split
from newsbeam.connectors.stores.store import Store, UnknownStore

Opener = Callable[[str], Store]

FORMS = (
    "jsonl:DIR, parquet:DIR, sqlite:///FILE, postgresql://USER@HOST/DB, warc:DIR, kafka:HOST:PORT/PREFIX, "
    "bigquery:PROJECT/DATASET, pubsub:PROJECT/TOPIC"
)
"""The known forms, for messages."""


def open_store(url: str) -> Store:
    """The store at an address; nothing is written yet (see Store.check).

    Raises:
        UnknownStore: the address is not of a known form, or an option of it is not.
        StoreError: a library that it needs is not installed.
    """
    form, found, _ = url.partition(":")
    if found and form in _OPENERS:
        return _OPENERS[form](url)
    raise UnknownStore(f"{redacted(url)!r} is no address of a store; known: {FORMS}")


def default_state_url(store_url: str) -> str:
    """Where the state lies when none is named: with its store.

    Raises:
        UnknownStore: the store has no place for it, so that --state is needed.
    """
    form, _, rest = store_url.partition(":")
    if form in ("jsonl", "parquet") and rest and "://" not in store_url:
        folder = split(store_url)[0].partition(":")[2]
        return f"sqlite:///{os.path.abspath(folder)}/.newsbeam/state.db"
    if form == "sqlite" and _has_file(store_url):
        return f"sqlite:///{os.path.abspath(str(sqlite_path(store_url)))}.state"
    if form == "postgresql":
        try:
            return state_beside(parse(store_url, ours=("schema", "prefix")))
        except AddressError as error:
            raise UnknownStore(str(error)) from error
    raise UnknownStore(
        f"{redacted(store_url)}: this store has no place for the state: name one with --state sqlite:///FILE"
    )


# Each opener imports its store when it is asked for, so that no run loads the libraries of others.


def _files(url: str) -> Store:
    from newsbeam.connectors.stores.file_addresses import open_files

    _named(url)
    return open_files(url)


def _database(url: str) -> Store:
    from newsbeam.connectors.stores.database import open_database

    if url.startswith("sqlite:") and not _has_file(url):
        raise UnknownStore(f"{url}: no file is named: use sqlite:///FILE, or sqlite:////PATH/FILE from the root")
    return open_database(url)


def _archive(url: str) -> Store:
    from newsbeam.connectors.stores.archive import WarcStore

    return WarcStore(Path(_named(url)))


def _kafka(url: str) -> Store:
    from newsbeam.connectors.stores.kafka import open_kafka

    return open_kafka(url)


def _bigquery(url: str) -> Store:
    from newsbeam.connectors.stores.bigquery import open_bigquery

    return open_bigquery(url)


def _pubsub(url: str) -> Store:
    from newsbeam.connectors.stores.pubsub import open_pubsub

    return open_pubsub(url)


def _named(url: str) -> str:
    folder = url.partition(":")[2]
    if not folder:
        raise UnknownStore(f"{url!r}: no folder is named; known: {FORMS}")
    return folder


def _has_file(url: str) -> bool:
    try:
        return sqlite_path(url) is not None
    except sa.exc.ArgumentError:
        return False


_OPENERS: Mapping[str, Opener] = {
    "jsonl": _files,
    "parquet": _files,
    "sqlite": _database,
    "postgresql": _database,
    "warc": _archive,
    "kafka": _kafka,
    "bigquery": _bigquery,
    "pubsub": _pubsub,
}
