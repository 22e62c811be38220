"""Store addresses: which store an address means, and where its state lies by default."""

import os
from pathlib import Path

import sqlalchemy as sa

from newsbeam.connectors.state.engine import sqlite_path
from newsbeam.connectors.stores.database import open_database
from newsbeam.connectors.stores.jsonl import JsonlStore
from newsbeam.connectors.stores.store import Store, UnknownStore

FORMS = "jsonl:DIR, sqlite:///FILE, warc:DIR"


def open_store(url: str) -> Store:
    """The store at an address; nothing is written yet (see Store.check).

    Raises:
        UnknownStore: the address is not of a known form.
    """
    form, found, rest = url.partition(":")
    if found and form == "jsonl" and rest:
        return JsonlStore(Path(rest))
    if found and form == "sqlite":
        if not _has_file(url):
            raise UnknownStore(f"{url}: no file is named: use sqlite:///FILE, or sqlite:////PATH/FILE from the root")
        return open_database(url)
    if found and form == "warc" and rest:
        from newsbeam.connectors.stores.archive import WarcStore

        return WarcStore(Path(rest))
    if found and form in ("postgresql", "parquet", "duckdb", "kafka", "bigquery", "pubsub"):
        raise UnknownStore(f"{form}: stores are not built yet; known: {FORMS}")
    raise UnknownStore(f"{url!r} is no address of a store; known: {FORMS}")


def default_state_url(store_url: str) -> str:
    """Where the state lies when none is named: with its store.

    Raises:
        UnknownStore: the store has no place for it, so that --state is needed.
    """
    form, _, rest = store_url.partition(":")
    if form in ("jsonl", "parquet") and rest and "://" not in store_url:
        return f"sqlite:///{os.path.abspath(rest)}/.newsbeam/state.db"
    if form == "sqlite" and _has_file(store_url):
        return f"sqlite:///{os.path.abspath(str(sqlite_path(store_url)))}.state"
    raise UnknownStore(f"{store_url}: this store has no place for the state: name one with --state sqlite:///FILE")


def _has_file(url: str) -> bool:
    try:
        return sqlite_path(url) is not None
    except sa.exc.ArgumentError:
        return False
