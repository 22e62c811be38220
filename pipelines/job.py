"""What a run or a stream is asked to do, in a form that travels to workers."""

import functools
import os
from dataclasses import dataclass, field

import newsbeam
from newsbeam.config.settings import Settings
from newsbeam.connectors.http.fetcher import Fetcher, shared_fetcher
from newsbeam.connectors.http.guard import AllowedAddress
from newsbeam.connectors.processes import Pool, shared_pool
from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.store import Store
from newsbeam.connectors.stores.urls import open_store
from newsbeam.records import Span

PARSERS = ("newsbeam.transforms.documents", "newsbeam.connectors.sources.feed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The addresses and settings that every stage works from; no open connection in it.

    allow: what `--allow-address` gave. epoch: the lease under which the state is written. mode: `run` or `stream`.
    """

    state_url: str
    store_urls: tuple[str, ...]
    settings: Settings
    epoch: int
    run_id: str
    allow: tuple[str, ...] = ()
    endless: bool = False

    def state(self) -> State:
        """The state, opened once a process."""
        return _open_state(self.state_url)

    def stores(self) -> tuple[Store, ...]:
        """The stores, opened once a process, in the order they were given."""
        return tuple(_open_store(url) for url in self.store_urls)

    def fetcher(self) -> Fetcher:
        """The process's fetcher, with its one gate for each host."""
        return shared_fetcher(
            fetch=self.settings.fetch,
            hosts=self.settings.hosts,
            allow=tuple(AllowedAddress.parse(text) for text in self.allow),
            user_agent=user_agent(self.settings),
        )

    def pool(self) -> Pool:
        """The process's pool of killable parsers."""
        extract = self.settings.extract
        return shared_pool(
            size=extract.workers or cores(), memory_mib=extract.memory, recycle=extract.recycle, preload=PARSERS
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One turn of the graph: how much of each kind of work it may take up.

    polls: feeds to poll at most. claims: entries to take from the frontier at most. spans: archive parts to read.
    """

    polls: int = 0
    claims: int = 0
    spans: tuple[Span, ...] = field(default=())


def user_agent(settings: Settings) -> str:
    """The User-Agent header that the settings ask for."""
    if settings.fetch.user_agent:
        return settings.fetch.user_agent
    contact = f" (+{settings.fetch.contact})" if settings.fetch.contact else ""
    return f"newsbeam/{newsbeam.__version__}{contact}"


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _open_state(url: str) -> State:
    return open_state(url)


@functools.cache
def _open_store(url: str) -> Store:
    return open_store(url)
