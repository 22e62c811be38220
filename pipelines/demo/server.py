"""The demo world on loopback: one thread, eight addresses, one port."""

import asyncio
import datetime
import hashlib
import threading
from collections import Counter
from types import TracebackType
from typing import Self

from aiohttp import web

from newsbeam.pipelines.demo.world import Answer, Truth, World, build

DEFAULT_PORT = 18733
"""Fixed, since addresses are identities: a second demo finds the stories of the first one known."""


class PortTaken(Exception):
    """The world's port is in use; the message says what to do."""


class DemoServer:
    """Serves the world while it is entered. stats: requests by (host, path, status)."""

    def __init__(self, *, port: int = DEFAULT_PORT, today: datetime.date | None = None) -> None:
        self.port = port
        self.world: World = build(port=port, today=today or datetime.datetime.now(datetime.UTC).date())
        self.stats: Counter[tuple[str, str, int]] = Counter()
        self._settled = threading.Event()
        self._stop: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._problem: OSError | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="demo-world", daemon=True)

    @property
    def feeds(self) -> tuple[str, ...]:
        """Every feed's address."""
        return self.world.feeds

    @property
    def opml_url(self) -> str:
        """The address of the list of all feeds."""
        return self.world.opml_url

    @property
    def truth(self) -> tuple[Truth, ...]:
        """What there is to find."""
        return self.world.truth

    def __enter__(self) -> Self:
        self._thread.start()
        self._settled.wait()
        if self._problem is not None:
            self._thread.join()
            raise PortTaken(
                f"port {self.port} cannot be served on {self.world.hosts[0]} to {self.world.hosts[-1]}"
                f" ({self._problem.strerror or self._problem}): end what uses it, or choose another port"
            ) from self._problem
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stop is not None:
            loop, stop = self._stop
            loop.call_soon_threadsafe(stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        serving = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=1)
        await serving.setup()
        try:
            for host in self.world.hosts:
                await web.TCPSite(serving, host, self.port).start()
        except OSError as error:
            self._problem = error
        else:
            stop = asyncio.Event()
            self._stop = asyncio.get_running_loop(), stop
            self._settled.set()
            await stop.wait()
        finally:
            await serving.cleanup()
            self._settled.set()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        host = request.transport.get_extra_info("sockname")[0] if request.transport else ""
        answer = self.world.pages.get((host, request.path), Answer(status=404, body=b"<h1>Not found</h1>"))
        etag = f'"{hashlib.blake2b(answer.body, digest_size=8).hexdigest()}"'
        known = answer.status == 200 and etag in request.headers.get("If-None-Match", "")
        status = 304 if known else answer.status
        self.stats[host, request.path, status] += 1
        headers = {"ETag": etag, "Content-Type": answer.content_type}
        return web.Response(status=status, body=b"" if known else answer.body, headers=headers)
