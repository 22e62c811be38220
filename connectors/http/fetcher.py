"""The polite GET: robots.txt first, through the gate, again after what passes, and at the end a reason."""

import asyncio
import atexit
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal, TypeVar

from newsbeam.config.headers import Headers
from newsbeam.config.tables import Fetch, Host
from newsbeam.connectors.http import politeness
from newsbeam.connectors.http.client import Client, FetchFailed, Response, plain
from newsbeam.connectors.http.connector import Lookup, system_lookup
from newsbeam.connectors.http.exchange import Exchange
from newsbeam.connectors.http.failures import Foreseen
from newsbeam.connectors.http.failures import HostDisabled as HostDisabled
from newsbeam.connectors.http.failures import RobotsDisallowed as RobotsDisallowed
from newsbeam.connectors.http.gate import Gate
from newsbeam.connectors.http.guard import AllowedAddress, Guard
from newsbeam.connectors.http.loop import background
from newsbeam.connectors.http.robots_cache import RobotsCache
from newsbeam.connectors.http.targets import target
from newsbeam.connectors.http.tenure import Tenure

T = TypeVar("T")


def _conditions(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """The headers of a conditional request (RFC 9110 13.1), for the validators that can be sent back."""
    sent = {"If-None-Match": plain(etag), "If-Modified-Since": plain(last_modified)}
    return {name: value for name, value in sent.items() if value}


class Fetcher:
    """Gets documents for one process. Connections, gate and robots rules live as long as it does.

    Everything asynchronous runs on one event loop, the first that is used: the background loop by `submit`.
    tenure: what is agreed with other processes that fetch, if any; its errors come out of `get` as they are. exchange:
    makes the connections.
    """

    def __init__(
        self,
        *,
        fetch: Fetch,
        hosts: Mapping[str, Host],
        allow: Sequence[AllowedAddress],
        user_agent: str,
        lookup: Lookup = system_lookup,
        tenure: Tenure | None = None,
        exchange: Callable[..., Exchange] = Exchange,
    ) -> None:
        self._exchange = exchange
        self._fetch = fetch
        self._hosts = dict(hosts)
        self._tenure = tenure
        self._guard = Guard(allow)
        self._user_agent = user_agent
        self._lookup = lookup
        self._parts: tuple[Client, RobotsCache, Exchange] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def get(
        self,
        url: str,
        *,
        kind: Literal["page", "feed", "list"],
        etag: str | None = None,
        last_modified: str | None = None,
        tries: int | None = None,
        headers: Headers = (),
    ) -> Response:
        """The document, after as many tries as the settings allow. Pages are asked for only as robots.txt permits.

        Status 304 comes only when a validator was given. tries: fewer than the settings allow. headers: sent beside
        those of the host, and only to the origin of the address.

        Raises:
            FetchFailed: the reason, whether it is transient, the tries made.
            HostDisabled: the settings switch the host off, or one that it redirects to.
            RobotsDisallowed: robots.txt forbids the page, or a page that it redirects to.
        """
        client, robots, _ = self._started()
        checked = kind == "page" and self._fetch.robots
        validators = _conditions(etag, last_modified) if etag or last_modified else {}
        most = min(tries or self._fetch.tries, self._fetch.tries)
        for attempt in range(1, most + 1):
            try:
                return await client.get(
                    url, kind=kind, validators=validators, own=headers, before=robots.require if checked else None
                )
            except FetchFailed as failure:
                wait = self._wait(url, attempt, failure) if attempt < most else None
                if wait is None:
                    raise failure.after(attempt) from None
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def allowed(self, url: str) -> None:
        """Returns when robots.txt allows a page to be fetched. Raises RobotsDisallowed, FetchFailed."""
        _, robots, _ = self._started()
        await robots.require(target(url, self._guard))

    def _wait(self, url: str, attempt: int, failure: FetchFailed) -> float | None:
        """Seconds before the next try; None when there is none in this run."""
        if not failure.transient or isinstance(failure, Foreseen):
            return None
        asked = failure.retry_after
        if asked is not None and asked > self._fetch.retry_after:
            return None
        return max(politeness.backoff(url, attempt, wait=self._fetch.retry_wait), asked or 0.0)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        """Run the coroutine on the process's background loop."""
        return background().submit(coroutine)

    async def aclose(self) -> None:
        """Close the connections, from the event loop that they were made on."""
        if self._parts is not None:
            _, _, exchange = self._parts
            self._parts = None
            await exchange.close()

    def close(self) -> None:
        """Close the connections, from another thread than the event loop's."""
        loop = self._loop
        if self._parts is not None and loop is not None and loop.is_running():
            asyncio.run_coroutine_threadsafe(self.aclose(), loop).result(10)

    def _started(self) -> tuple[Client, RobotsCache, Exchange]:
        """Made on first use, because an aiohttp session belongs to the loop that it is made on."""
        if self._parts is None:
            self._loop = asyncio.get_running_loop()
            gate = Gate(self._fetch, self._hosts, tenure=self._tenure)
            exchange = self._exchange(
                fetch=self._fetch, guard=self._guard, user_agent=self._user_agent, lookup=self._lookup
            )
            client = Client(fetch=self._fetch, guard=self._guard, gate=gate, exchange=exchange, hosts=self._hosts)
            robots = RobotsCache(client=client, gate=gate, fetch=self._fetch, user_agent=self._user_agent)
            self._parts = (client, robots, exchange)
        elif self._loop is not asyncio.get_running_loop():
            raise RuntimeError("a fetcher belongs to the event loop that it was first used on; see Fetcher.submit")
        return self._parts


_shared: dict[object, Fetcher] = {}
_shared_lock = threading.Lock()


def shared_fetcher(
    *,
    fetch: Fetch,
    hosts: Mapping[str, Host],
    allow: Sequence[AllowedAddress],
    user_agent: str,
    tenure: Tenure | None = None,
) -> Fetcher:
    """The process's fetcher for these settings: whoever asks with the same ones shares its gate and connections.

    tenure: hashable; equal ones are the same agreement.
    """
    named = tuple(sorted(hosts.items(), key=lambda item: item[0]))
    key = (background().pid, fetch, named, tuple(allow), user_agent, tenure)
    with _shared_lock:
        found = _shared.get(key)
        if found is None:
            found = Fetcher(fetch=fetch, hosts=hosts, allow=allow, user_agent=user_agent, tenure=tenure)
            _shared[key] = found
            # After the loop's own registration, hence before its end: sessions must be closed on a living loop.
            atexit.register(found.close)
        return found
