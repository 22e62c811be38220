"""A task on its way, and a child as the dispatcher sees it."""

import collections
import socket
import time
from concurrent.futures import Future
from typing import Any

from newsbeam.connectors.processes.frames import Decoder, receive


class Task:
    """What one child shall run. frame: the order as it goes over the wire. deadline: seconds."""

    __slots__ = ("deadline", "frame", "future")

    def __init__(self, frame: bytes, deadline: float) -> None:
        self.frame = frame
        self.deadline = deadline
        self.future: Future[Any] = Future()

    def begin(self) -> bool:
        """Whether the task may be sent: False when its caller has cancelled it."""
        return self.future.running() or self.future.set_running_or_notify_cancel()

    def fail(self, error: BaseException) -> None:
        """End with an error, unless it was cancelled."""
        if self.begin():
            self.future.set_exception(error)

    def drop(self, error: BaseException) -> None:
        """End as cancelled, or with an error where it had begun."""
        if self.future.cancel():
            self.future.set_running_or_notify_cancel()
        elif not self.future.done():
            self.future.set_exception(error)


class Child:
    """One process. tasks: the one at work, then at most one written ahead. started: when the first one could begin."""

    __slots__ = ("_decoder", "_outgoing", "_started", "given", "number", "pid", "ready", "sock", "tasks")

    def __init__(self, number: int, sock: socket.socket) -> None:
        self.number = number
        self.sock = sock
        self.pid: int | None = None
        self.tasks: collections.deque[Task] = collections.deque()
        self.given = 0
        self.ready = False
        self._started = 0.0
        self._decoder = Decoder()
        self._outgoing: collections.deque[memoryview] = collections.deque()

    @property
    def expires(self) -> float | None:
        """The moment (monotonic) at which the task at work is over its deadline; None without one."""
        return self._started + self.tasks[0].deadline if self.ready and self.tasks else None

    def give(self, task: Task) -> None:
        """Queue a task's bytes; write() sends them."""
        self.tasks.append(task)
        self.given += 1
        if len(self.tasks) == 1:
            self._started = time.monotonic()
        self._outgoing.append(memoryview(task.frame))

    def answered(self) -> Task:
        """The task whose answer has come; the next one, written ahead, begins now."""
        self._started = time.monotonic()
        return self.tasks.popleft()

    def write(self) -> bool:
        """Send what the socket takes; whether something is left."""
        try:
            while self._outgoing:
                sent = self.sock.send(self._outgoing[0])
                if sent == len(self._outgoing[0]):
                    self._outgoing.popleft()
                else:
                    self._outgoing[0] = self._outgoing[0][sent:]
        except BlockingIOError:
            return True
        except ConnectionError:
            self._outgoing.clear()  # it has died: the read side tells
        return False

    def read(self) -> tuple[list[bytes], bool]:
        """The answers that have come, and whether the child has hung up."""
        data, ended = receive(self.sock)
        frames = self._decoder.feed(data)
        if frames and not frames[0]:
            self.ready = True
            self._started = time.monotonic()
        return [frame for frame in frames if frame], ended
