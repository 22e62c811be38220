"""The commit lock: one commit at a time, among threads and, in PostgreSQL, among all processes of a state."""

import contextlib
import threading
import time
from collections.abc import Callable
from types import TracebackType

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from newsbeam.connectors.state.engine import LOCK_SECONDS
from newsbeam.connectors.state.errors import StateAway, StateError

_NAP = 0.05


class CommitLock:
    """Held while stores and state are changed together; the thread that has it may take it again.

    The lock among threads is waited for without end. In PostgreSQL there is an advisory lock of the session beside it,
    on a connection of its own, which the server frees when that ends, however it does. So a process can lose the lock
    and still run: `ensure` tells it. SQLite is for one process, and has the lock among threads alone.

    url: the state's, for messages. key: what the advisory lock is for, as a hexadecimal number, asked for once it is
    needed. said: a context that tells a driver's errors as the state's.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        url: str,
        key: Callable[[], str],
        said: Callable[[], contextlib.AbstractContextManager[None]],
    ) -> None:
        self._engine, self._url, self._key, self._said = engine, url, key, said
        self._is_shared = engine.dialect.name == "postgresql"
        self._threads = threading.RLock()
        self._depth = 0
        self._connection: Connection | None = None

    def __enter__(self) -> None:
        """Raises StateAway where another process has the lock for LOCK_SECONDS, or the server is away."""
        self._threads.acquire()
        if not self._shared_too(LOCK_SECONDS):
            raise self._taken(LOCK_SECONDS)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def acquire(self, timeout: float) -> bool:
        """Take the lock, within so many seconds; whether it was got. Raises StateAway where the server is away."""
        until = time.monotonic() + timeout
        return self._threads.acquire(timeout=timeout) and self._shared_too(until - time.monotonic())

    def release(self) -> None:
        """Give it free, once for each time that it was taken."""
        self._depth -= 1
        if not self._depth:
            self._let_go()
        self._threads.release()

    def ensure(self) -> None:
        """Make sure that it is still held; raises StateAway where it was lost with its connection.

        What was decided under a lost lock may be out of date: give it free and begin anew.
        """
        if not self._is_shared:
            return
        if self._connection is None:
            raise StateAway(f"the state at {self._url} cannot be used: the commit lock was lost with its connection")
        try:
            with self._said():
                self._connection.exec_driver_sql("SELECT 1")
        except StateError:
            self._let_go()
            raise

    def regain(self) -> None:
        """Take it anew where it was lost, to tidy up; raises StateAway."""
        try:
            self.ensure()
        except StateError:
            if not self._take(LOCK_SECONDS):
                raise self._taken(LOCK_SECONDS) from None

    def _shared_too(self, seconds: float) -> bool:
        """Take the part of it that is in the server, for a thread that has the other; that one goes where it fails."""
        taken = False
        try:
            if self._depth:
                self.ensure()
                taken = True
            else:
                taken = self._take(seconds)
        finally:
            if taken:
                self._depth += 1
            else:
                self._threads.release()
        return taken

    def _take(self, seconds: float) -> bool:
        """Whether the advisory lock was got within so many seconds.

        It is asked for again and again: a wait in the server would be cut short by time-outs that others have set.
        """
        if not self._is_shared:
            return True
        key, until = self._number(), time.monotonic() + seconds
        with self._said():
            connection = self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                while not connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar_one():
                    if time.monotonic() >= until:
                        self._let_go()
                        return False
                    time.sleep(_NAP)
            except BaseException:
                self._let_go()
                raise
        return True

    def _let_go(self) -> None:
        """Free the advisory lock; the end of its connection does that, too, where the server cannot be told."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.execute(sa.select(sa.func.pg_advisory_unlock_all()))
        except sa.exc.SQLAlchemyError:
            connection.invalidate()
        finally:
            connection.close()

    def _number(self) -> int:
        """The advisory lock's key: 64 bits with a sign."""
        return int(self._key()[:16], 16) - 2**63

    def _taken(self, seconds: float) -> StateAway:
        return StateAway(
            f"the state at {self._url} cannot be used: another process has been at a commit for more than "
            f"{seconds:g} s: let it finish or end it (advisory lock {self._number()} in pg_locks)"
        )
