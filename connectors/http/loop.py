"""One event loop in a background thread for each process, started when first needed."""

import asyncio
import atexit
import concurrent.futures
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_lock = threading.Lock()
_running: "list[BackgroundLoop]" = []


class BackgroundLoop:
    """An event loop that runs until the process ends or it is stopped."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="newsbeam-http", daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        """Run the coroutine on the loop. Cancelling the future cancels the coroutine."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def stop(self, seconds: float = 5) -> None:
        """Cancel what runs, close the loop, and wait for the thread for so long."""
        if self.pid != os.getpid() or self.loop.is_closed():
            return
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(seconds)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
            tasks = asyncio.all_tasks(self.loop)
            for task in tasks:
                task.cancel()
            if tasks:
                self.loop.run_until_complete(asyncio.wait(tasks, timeout=2))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        finally:
            self.loop.close()


def background() -> BackgroundLoop:
    """The process's loop. A forked child gets its own: the parent's thread does not live in it."""
    with _lock:
        if not _running or _running[0].pid != os.getpid() or _running[0].loop.is_closed():
            _running[:] = [BackgroundLoop()]
            atexit.register(_running[0].stop)
        return _running[0]
