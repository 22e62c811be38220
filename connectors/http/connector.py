"""Connections that can only lead to checked addresses: resolved once, every answer judged, the peer verified."""

import asyncio
import contextvars
import socket
import threading
import weakref
from collections.abc import Callable
from typing import Any, Protocol

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection

from newsbeam.connectors.http.guard import Guard, literal

DNS_SECONDS = 60
DNS_LOOKUPS = 32

Lookup = Callable[[str, int], list[tuple[str, int]]]


class AddressRefused(Exception):
    """The host leads to an address that may not be contacted. Nothing was sent there."""


class Departure(Protocol):
    """Is told when a request leaves: the moment that the gap between two requests is counted from."""

    def left(self, *, reused: bool) -> None: ...


departure: contextvars.ContextVar[Departure | None] = contextvars.ContextVar("departure", default=None)


def system_lookup(host: str, port: int) -> list[tuple[str, int]]:
    """(address, family) of every answer of the system's resolver. Raises OSError without one."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label of more than 63 characters
        raise OSError(None, str(error)) from None
    return [(str(answer[4][0]), int(answer[0])) for answer in answers]


class GuardedResolver(AbstractResolver):
    """Resolves a name once and refuses it when any of its answers is refused.

    A name with one public and one private answer is an attack or an error; taking only the public one would leave
    the choice to the next answer.
    """

    def __init__(self, guard: Guard, lookup: Lookup = system_lookup) -> None:
        self._guard = guard
        self._lookup = lookup
        self._slots = asyncio.Semaphore(DNS_LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        async with self._slots:
            answers = await _in_daemon(lambda: self._lookup(host, port))
        if not answers:
            raise OSError(None, f"{host} has no address")
        for address, _ in answers:
            refusal = self._guard.refusal(address, port)
            if refusal:
                raise AddressRefused(f"{host}: {refusal}")
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=found, proto=0, flags=int(socket.AI_NUMERICHOST)
            )
            for address, found in answers
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def _in_daemon(work: Callable[[], list[tuple[str, int]]]) -> list[tuple[str, int]]:
    """The result of blocking work in a thread that does not hold up the process's exit.

    A pool's threads are joined at exit, and a dead name server holds one for half a minute.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[list[tuple[str, int]]] = loop.create_future()

    def settle(result: list[tuple[str, int]] | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result or [])

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except Exception as error:
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="newsbeam-dns", daemon=True).start()
    return await done


class GuardedConnector(aiohttp.TCPConnector):
    """A pool of connections to checked addresses. The number of requests in flight is the gate's concern."""

    def __init__(self, guard: Guard, *, lookup: Lookup = system_lookup) -> None:
        super().__init__(resolver=GuardedResolver(guard, lookup), ttl_dns_cache=DNS_SECONDS, limit=0)
        self._guard = guard
        self._known: weakref.WeakSet[ResponseHandler] = weakref.WeakSet()

    async def connect(self, req: ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout) -> Connection:
        """A connection whose peer the guard permits.

        Raises:
            AddressRefused: before connecting, for a refused address; after it, should the peer be another one.
        """
        address = literal(req.url.raw_host or "")
        if address is not None:
            self._permit(address, req.url.port or 0)
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            assert protocol is not None
            reused = protocol in self._known
            if not (reused and protocol.should_close):
                break
            # Bytes that came after the last answer, unasked for, would become the answer to this request.
            connection.close()
        if not reused:
            self._known.add(protocol)
            peer = protocol.transport.get_extra_info("peername") if protocol.transport else None
            try:
                self._permit(str(peer[0]) if peer else "", int(peer[1]) if peer else 0)
            except AddressRefused:
                connection.close()
                raise
        leaving = departure.get()
        if leaving is not None:
            leaving.left(reused=reused)
        return connection

    def _permit(self, address: str, port: int) -> None:
        refusal = self._guard.refusal(address, port)
        if refusal:
            raise AddressRefused(refusal)
