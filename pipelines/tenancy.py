"""Which worker process asks a host, by the state that all of them share."""

import asyncio
import functools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from newsbeam.connectors.state.state import State

_THREADS = 4


@dataclass(frozen=True, slots=True)
class StateTenure:
    """The agreement of connectors.http.tenure, kept in the state. owner: this process, as the others know it.

    The database is asked in threads of its own: not in the event loop's, which names wait for, nor in the loop itself.
    Raises StateError where the state cannot be used.
    """

    state: State
    owner: str

    async def take(self, host: str, *, seconds: float, gap: float) -> float | None:
        """None: this process may ask the host for so many seconds. Else: how long to wait, 0 where nobody can say."""
        asking = functools.partial(self.state.take_host, host, owner=self.owner, seconds=seconds, gap=gap)
        return await asyncio.get_running_loop().run_in_executor(_threads(os.getpid()), asking)

    async def give_back(self, host: str, *, gap: float) -> None:
        """Another process may ask the host, after so many seconds at the earliest."""
        giving = functools.partial(self.state.give_back_host, host, owner=self.owner, gap=gap)
        await asyncio.get_running_loop().run_in_executor(_threads(os.getpid()), giving)


@functools.cache
def _threads(pid: int) -> ThreadPoolExecutor:
    """The threads of a process: those of its parent do not live in a forked one."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="newsbeam-hosts")
