"""Which states a command looks at, and how it opens and holds them."""

import argparse
import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from newsbeam.connectors.state.errors import StateError
from newsbeam.connectors.state.lease import this_owner
from newsbeam.connectors.state.state import State, look_at
from newsbeam.connectors.stores.store import UnknownStore
from newsbeam.connectors.stores.urls import default_state_url
from newsbeam.pipelines.request import UsageError

_LEASE = 6 * 3600.0
"""Seconds; a process that dies on this host is noticed earlier."""


def add_states(parser: argparse.ArgumentParser) -> None:
    """`--store` and `--state`, each repeatable."""
    where = parser.add_argument_group("of which state")
    where.add_argument("--store", action="append", default=[], metavar="URL", help="a store whose state lies with it")
    where.add_argument("--state", action="append", default=[], metavar="URL", help="a state")


def urls_of(stores: Sequence[str], states: Sequence[str]) -> list[str]:
    """The addresses of the states that are meant, each once.

    Raises:
        UsageError: none is, or a store has no place for one.
    """
    try:
        found = [*states, *(default_state_url(one) for one in stores)]
    except UnknownStore as error:
        raise UsageError(f"--store: {error}") from error
    if not found:
        raise UsageError("no state: give --store URL of a store that a run has written, or --state URL")
    return list(dict.fromkeys(found))


@contextmanager
def opened(urls: Sequence[str]) -> Iterator[list[State]]:
    """The states at these addresses, to be read.

    Raises:
        UsageError: there is none at one of them, or it cannot be opened.
    """
    states: list[State] = []
    try:
        for url in urls:
            states.append(look_at(url))
        yield states
    except StateError as error:
        raise UsageError(str(error)) from error
    finally:
        for state in states:
            state.close()


@contextmanager
def held(state: State) -> Iterator[int]:
    """The state's lease while the block lasts: its epoch. Raises StateHeld while a run or a stream has it."""
    epoch = state.take_lease(owner=this_owner(), seconds=_LEASE, now=datetime.datetime.now(datetime.UTC))
    try:
        yield epoch
    finally:
        state.release_lease(epoch)
