"""A small HTTP server on loopback that can misbehave, written on raw sockets, and a fetcher that is allowed to it."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from newsbeam.config.tables import Fetch, Host
from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.http.fetcher import Fetcher
from newsbeam.connectors.http.guard import AllowedAddress

HTML = b"<!doctype html><html><head><title>T</title></head><body><p>Words of a story.</p></body></html>"


@dataclass
class Seen:
    """One request as the server saw it. Header names are in lower case; at: seconds."""

    path: str
    headers: dict[str, str]
    at: float


class Line:
    """One connection: what a handler answers with, well or badly."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.open = True

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def send(self, status: int = 200, body: bytes = HTML, *, kind: str | None = "text/html", **more: str) -> None:
        headers = {"Content-Type": kind} if kind else {}
        headers["Content-Length"] = str(len(body))
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        await self.raw(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + (b"" if status in (204, 304) else body))

    def reset(self) -> None:
        """Close with a TCP reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        self.open = False

    def close(self) -> None:
        self.writer.close()
        self.open = False


Handler = Callable[[Seen, Line], Awaitable[None]]


@dataclass
class Server:
    """routes: path to handler; what has none is 404. Counts are of what arrived."""

    port: int = 0
    routes: dict[str, Handler] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [one.path for one in self.seen]

    def page(self, path: str, status: int = 200, body: bytes = HTML, **headers: Any) -> str:
        """Answer a path always in the same way. Returns its URL."""

        async def handler(_: Seen, line: Line) -> None:
            await line.send(status, body, **headers)

        self.routes[path] = handler
        return self.base + path

    def on(self, path: str, handler: Handler) -> str:
        """Answer a path by a handler. Returns its URL."""
        self.routes[path] = handler
        return self.base + path

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        return self.page(path, status, b"", Location=to)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        line = Line(reader, writer)
        try:
            while line.open:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                pairs = (one.partition(":") for one in head[1:] if one)
                request = Seen(
                    head[0].split()[1], {name.lower(): value.strip() for name, _, value in pairs}, time.monotonic()
                )
                self.seen.append(request)
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                try:
                    handler = self.routes.get(request.path.partition("?")[0])
                    await (handler(request, line) if handler else line.send(404, b"none"))
                finally:
                    self.in_flight -= 1
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server in a thread of its own, stopped at the end of the test."""
    made = Server()
    loop = asyncio.new_event_loop()
    up = threading.Event()

    async def start() -> None:
        listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
        made.port = listening.sockets[0].getsockname()[1]

    def run() -> None:
        loop.run_until_complete(start())
        loop.call_soon(up.set)
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=2))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert up.wait(5)
    yield made
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


QUICK = {
    "host_delay": 0.0,
    "host_connections": 8,
    "deadline": 5.0,
    "connect_timeout": 2.0,
    "idle_timeout": 5.0,
    "tries": 1,
    "retry_wait": 0.01,
    "robots": False,
}


@pytest.fixture
def fetcher(server: Server) -> Callable[..., Fetcher]:
    """Makes fetchers that may reach the server and nothing else of this machine."""

    def make(*, hosts: dict[str, Host] | None = None, lookup: Any = None, **settings: Any) -> Fetcher:
        return Fetcher(
            fetch=Fetch(**(QUICK | settings)),
            hosts=hosts or {},
            allow=[AllowedAddress.parse(f"127.0.0.1:{server.port}")],
            user_agent="newsbeam/0 (+mailto:desk@example.org)",
            **({"lookup": lookup} if lookup else {}),
        )

    return make


@pytest.fixture
def get(fetcher: Callable[..., Fetcher]) -> Callable[..., Response]:
    """Gets one document with a fetcher of its own."""

    def run(
        url: str,
        kind: Any = "page",
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        hosts: dict[str, Host] | None = None,
        lookup: Any = None,
        **settings: Any,
    ) -> Response:
        async def work() -> Response:
            made = fetcher(hosts=hosts, lookup=lookup, **settings)
            try:
                return await made.get(url, kind=kind, etag=etag, last_modified=last_modified)
            finally:
                await made.aclose()

        return asyncio.run(work())

    return run


@pytest.fixture
def failure(get: Callable[..., Response]) -> Callable[..., FetchFailed]:
    """Gets one document that must fail, and returns how."""

    def run(url: str, kind: Any = "page", **settings: Any) -> FetchFailed:
        with pytest.raises(FetchFailed) as caught:
            get(url, kind, **settings)
        return caught.value

    return run
