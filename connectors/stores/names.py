"""What the state calls a store, and from that name back to its address."""

import os
from pathlib import Path
from typing import Protocol

from newsbeam.connectors.state.engine import sqlite_path
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores.store import Store, StoreError
from newsbeam.connectors.stores.urls import open_store

FOLDER_FORMS = ("jsonl", "parquet", "warc")
"""Forms of address whose rest is a folder on this machine, where it is not a URL of its own."""


class Addressed(Protocol):
    """What has a store's address."""

    url: str


def store_name(state: State, store: Addressed) -> str:
    """What the state calls a store: its address, seen from the state's own folder where both are files.

    So a folder that holds both can be moved, and is still known.
    """
    path = file_of(store.url)
    if path is None or state.path is None:
        return store.url
    form, _, rest = store.url.partition(":")
    options = rest.partition("?")[1:] if form == "sqlite" else ()
    return f"{form}:{os.path.relpath(path, state.path.parent)}{''.join(options)}"


def store_url(state: State, name: str) -> str:
    """The address of a store by its name in the state: a path in it is seen from the state's own folder.

    An address with a host (a server, a bucket) is its own name. What it says of secrets and options is not known.
    """
    form, _, rest = name.partition(":")
    if state.path is None or "://" in name or form not in (*FOLDER_FORMS, "sqlite"):
        return name
    path = os.path.abspath(state.path.parent / rest)
    return f"sqlite:///{path}" if form == "sqlite" else f"{form}:{path}"


def open_known(url: str) -> Store:
    """The store at an address where one must be: nothing is made where there is none.

    Raises:
        StoreError: nothing is there, or it cannot be used.
    """
    path = file_of(url)
    if path is not None and not path.exists():
        raise StoreError(f"{url}: there is nothing, but the state knows a store there: bring it back")
    return open_store(url)


def file_of(url: str) -> Path | None:
    """The file or folder of a store on this machine; None for another."""
    form, _, rest = url.partition(":")
    if form == "sqlite":
        return sqlite_path(url)
    return Path(rest) if form in FOLDER_FORMS and "://" not in rest else None
