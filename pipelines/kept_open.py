"""What this process has open: one state and one store for each address, whoever works with them.

Two of a kind would each have connections and a commit lock of their own, and commits of one process could meet in one
SQLite file.
"""

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.store import Store
from newsbeam.connectors.stores.urls import open_store

_lock = threading.RLock()
_states: dict[str, State] = {}
_stores: dict[str, Store] = {}
_T = TypeVar("_T")


def state_at(url: str) -> State:
    """The state at an address, opened where this process has not yet.

    Raises:
        StateError: as `open_state` does.
    """
    return _once(_states, url, open_state)


def store_at(url: str) -> Store:
    """The store at an address, opened where this process has not yet.

    Raises:
        StoreError: as `open_store` does.
    """
    return _once(_stores, url, open_store)


def use(state: State, stores: Mapping[str, Store]) -> None:
    """Have these used from now on, by their addresses; what was used before is closed."""
    with _lock:
        before = [_states.get(state.full_url), *map(_stores.get, stores)]
        _states[state.full_url] = state
        _stores.update(stores)
    now = (state, *stores.values())
    for one in before:
        if one is not None and all(one is not other for other in now):
            one.close()


def _once(kept: dict[str, _T], url: str, opened: Callable[[str], _T]) -> _T:
    """What is kept for an address; threads that ask at the same time wait for the first to open it."""
    with _lock:
        if url not in kept:
            kept[url] = opened(url)
        return kept[url]
