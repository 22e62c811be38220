"""The one thread that talks to the children: it hands out tasks, keeps deadlines and replaces what has died."""

import collections
import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Sequence

from newsbeam.connectors.processes import outcomes
from newsbeam.connectors.processes.children import Child, Task
from newsbeam.connectors.processes.errors import TaskCrashed, TaskMemory, TaskTimeout
from newsbeam.connectors.processes.launcher import Launcher, News

_CLOSED = "the pool is closed"
_STILLBORN = 20
"""Children in a row that end before they are ready, after which the pool gives up."""


class Dispatcher:
    """Runs in a thread of its own from start() to stop(). Everything but post(), stop() and pids is that thread's."""

    def __init__(self, *, size: int, memory_mib: int, recycle: int, preload: Sequence[str]) -> None:
        self._size, self._memory_mib, self._recycle = size, memory_mib, recycle
        self._preload = tuple(preload)
        self._lock = threading.Lock()
        self._inbox: list[Task] = []
        self._stopped = ""
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_out.setblocking(False)
        self._queue: collections.deque[Task] = collections.deque()
        self._children: dict[int, Child] = {}
        self._dying: dict[int, Child] = {}
        self._numbers = 0
        self._launcher: Launcher | None = None
        self._came_up = False
        self._stillborn = 0
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._run, name="newsbeam-processes", daemon=True)
        self._thread.start()

    @property
    def pids(self) -> list[int]:
        """The living children, as far as known."""
        return [child.pid for child in list(self._children.values()) if child.pid is not None]

    def post(self, task: Task) -> None:
        """Take a task, from any thread. RuntimeError when the dispatcher has stopped."""
        with self._lock:
            if self._stopped:
                raise RuntimeError(self._stopped)
            first = not self._inbox
            self._inbox.append(task)
            if first:
                self._wake_in.send(b"\0")

    def stop(self) -> None:
        """End every child and the thread, from any other thread, and wait for that."""
        with self._lock:
            if not self._stopped:
                self._stopped = _CLOSED
                self._wake_in.send(b"\0")
        self._thread.join()

    def _break(self, why: str) -> None:
        """Stop because no child can work: that is no task's fault, so it must not look like one's."""
        with self._lock:
            self._stopped = self._stopped or why

    def _run(self) -> None:
        try:
            self._launcher = self._launch()
            self._selector.register(self._wake_out, selectors.EVENT_READ)
            while not self._stopped:
                self._fill(self._launcher)
                self._assign()
                for key, events in self._selector.select(self._patience()):
                    self._attend(key, events)
                self._expire(self._launcher, time.monotonic())
        except Exception as error:
            self._break(f"the parser processes cannot be run: {error}")
            raise
        finally:
            self._finish()

    def _launch(self) -> Launcher:
        """Start a zygote: here and not in the caller's thread, whose end would end it (launcher.Launcher)."""
        self._came_up = False
        launcher = Launcher(memory_mib=self._memory_mib, preload=self._preload)
        self._selector.register(launcher.control, selectors.EVENT_READ, launcher)
        return launcher

    def _fill(self, launcher: Launcher) -> None:
        """Keep `size` children beside those at their last task: the replacement waits for its turn, not we for it."""
        staying = sum(child.given < self._recycle for child in self._children.values())
        for _ in range(self._size - staying):
            self._numbers += 1
            child = Child(self._numbers, launcher.fork(self._numbers))
            self._children[child.number] = child
            self._selector.register(child.sock, selectors.EVENT_READ, child)

    def _assign(self) -> None:
        """Give idle children a task; with a backlog, write one ahead for each, so that none waits for this thread."""
        busy = sum(bool(child.tasks) for child in self._children.values())
        for child in self._able(0):
            if busy < self._size and self._queue:
                busy += self._give(child)
        for child in self._able(1):
            if len(self._queue) >= self._size:
                self._give(child)

    def _able(self, tasks: int) -> list[Child]:
        """Children with that many tasks that may take another one."""
        return [one for one in self._children.values() if len(one.tasks) == tasks and one.given < self._recycle]

    def _give(self, child: Child) -> bool:
        while self._queue:
            task = self._queue.popleft()
            if task.begin():
                child.give(task)
                self._write(child)
                return True
        return False

    def _attend(self, key: selectors.SelectorKey, events: int) -> None:
        if isinstance(key.data, Launcher):
            for one in key.data.news():
                self._hear(one)
        elif isinstance(key.data, Child):
            if events & selectors.EVENT_READ and key.data.number in self._children:
                self._read(key.data)
            if events & selectors.EVENT_WRITE and key.data.number in self._children:
                self._write(key.data)
        else:
            self._collect()

    def _collect(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_out.recv(64)
        with self._lock:
            self._queue.extend(self._inbox)
            self._inbox.clear()

    def _write(self, child: Child) -> None:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if child.write() else 0)
        if self._selector.get_key(child.sock).events != wanted:
            self._selector.modify(child.sock, wanted, child)

    def _read(self, child: Child) -> None:
        frames, ended = child.read()
        for frame in frames:
            self._settle(child, frame)
        if ended and child.number in self._children:
            self._dismiss(child)
            self._dying[child.number] = child

    def _settle(self, child: Child, frame: bytes) -> None:
        result, error = outcomes.of_answer(frame)
        future = child.answered().future
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
        if isinstance(error, TaskMemory) or (child.given >= self._recycle and not child.tasks):
            self._dismiss(child)
            self._take_back(child)

    def _dismiss(self, child: Child) -> None:
        """Hang up; a child that waits for a task ends by itself."""
        del self._children[child.number]
        self._selector.unregister(child.sock)
        child.sock.close()

    def _take_back(self, child: Child) -> None:
        """What was written ahead and never begun goes to another child."""
        self._queue.extendleft(reversed(child.tasks))
        child.tasks.clear()

    def _patience(self) -> float | None:
        ends = [end for child in self._children.values() if (end := child.expires) is not None]
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _expire(self, launcher: Launcher, now: float) -> None:
        for child in list(self._children.values()):
            end = child.expires
            if end is not None and now >= end:
                launcher.kill(child.number)
                self._dismiss(child)
                late = child.tasks.popleft()
                self._take_back(child)
                late.fail(TaskTimeout(f"no result within {late.deadline:g} s"))

    def _hear(self, news: News) -> None:
        if news.kind == "ready":
            self._came_up = True
        elif news.kind == "born" and news.number in self._children:
            self._children[news.number].pid = news.value
        elif news.kind == "gone":
            self._mourn(news)
        elif news.kind == "ended":
            self._relaunch(news.text)

    def _mourn(self, news: News) -> None:
        child = self._children.get(news.number)
        if child is not None:
            self._read(child)  # its last answer may have come before its end
        if news.number in self._children and child is not None:
            self._dismiss(child)
            self._dying[child.number] = child
        child = self._dying.pop(news.number, None)
        if child is not None:
            self._bury(child, outcomes.of_death(news, self._memory_mib))

    def _bury(self, child: Child, error: Exception) -> None:
        """Blame the task at work, if the child was able to work at all."""
        if child.ready:
            self._stillborn = 0
            if child.tasks:
                child.tasks.popleft().fail(error)
        else:
            self._stillborn += 1
        self._take_back(child)
        if self._stillborn >= _STILLBORN:
            self._break(f"the parser processes cannot start: {error}")

    def _relaunch(self, text: str) -> None:
        """Start another zygote, unless this one never came up: then its modules cannot be imported."""
        assert self._launcher is not None
        self._selector.unregister(self._launcher.control)
        self._launcher.close()
        for child in list(self._children.values()):
            self._dismiss(child)
            self._dying[child.number] = child
        for child in self._dying.values():
            self._bury(child, TaskCrashed("the process that children are forked from has ended"))
        self._dying.clear()
        if self._came_up:
            self._launcher = self._launch()
        else:
            self._break(f"the parser processes cannot start: {text or 'no reason given'}")

    def _finish(self) -> None:
        if self._launcher is not None:
            self._launcher.close()
        with self._lock:
            self._queue.extend(self._inbox)
            self._inbox.clear()
        for child in [*self._children.values(), *self._dying.values()]:
            child.sock.close()
            self._queue.extend(child.tasks)
        self._children.clear()
        for task in self._queue:
            if self._stopped == _CLOSED:
                task.drop(TaskCrashed(_CLOSED))
            else:
                task.fail(RuntimeError(self._stopped))
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()
