"""The killable pool: what a task may do to itself, and never to its neighbours."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, wait
from pathlib import Path

import psutil
import pytest

from newsbeam.connectors.processes import Pool, TaskCrashed, TaskFailed, TaskMemory, TaskTimeout, shared_pool
from newsbeam.connectors.processes.frames import Decoder, encode

PATIENCE = 30.0

TASKS = """
import os, sys, time, threading

class Odd(Exception):
    pass

class Unbuildable(Exception):
    def __init__(self, *, word):
        super().__init__(word)

def pid(_):
    return os.getpid()

def echo(value):
    return value

def name_of_main(_):
    return sys.modules["__main__"].__spec__, getattr(sys.modules["__main__"], "__file__", None)

def modules(_):
    return sorted(sys.modules)

def threads(_):
    return len(os.listdir("/proc/self/task")), threading.active_count()

def nap(seconds):
    time.sleep(seconds)
    return seconds

def hog(_):
    parts = []
    while True:
        parts.append(bytearray(16 << 20))

def hidden_hog(_):
    try:
        hog(None)
    except MemoryError:
        raise ValueError("the parser broke") from None

def fall(number):
    os.kill(os.getpid(), number)
    time.sleep(60)

def leave(status):
    os._exit(status)

def broken(word):
    raise LookupError(word)

def odd(word):
    raise Odd(word)

def unbuildable(word):
    raise Unbuildable(word=word)

def unpicklable(_):
    return lambda: None

def chatter(_):
    print("noise")
    os.write(1, b"more noise" * 10_000)
    sys.stdout.flush()
    return sys.stdin.read()

loaded = []

def load():
    loaded.append(os.getpid())

def loaded_by(_):
    return loaded, os.getppid()

def begun(path):
    with open(path, "w") as out:
        out.write(str(os.getpid()))
    time.sleep(60)
"""


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of tasks that only children can have imported."""
    (tmp_path / "pool_tasks.py").write_text(TASKS, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.fixture
def make(tasks: None) -> Iterator[Callable[..., Pool]]:
    """Pools that are closed after the test."""
    pools: list[Pool] = []

    def build(*, size: int = 1, memory_mib: int = 256, recycle: int = 1000, preload: tuple[str, ...] = ()) -> Pool:
        pools.append(Pool(size=size, memory_mib=memory_mib, recycle=recycle, preload=preload))
        return pools[-1]

    yield build
    for pool in pools:
        pool.close()


def until(condition: Callable[[], bool]) -> bool:
    """Whether the condition came true within PATIENCE seconds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def alive(pid: int) -> bool:
    """Whether the process still runs; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def run(pool: Pool, name: str, argument: object = None, *, deadline: float = PATIENCE) -> object:
    return pool.submit(f"pool_tasks:{name}", argument, deadline=deadline).result(PATIENCE)


def test_a_task_runs_in_another_process_and_its_module_is_not_imported_here(make: Callable[..., Pool]) -> None:
    pool = make()
    assert run(pool, "pid") in pool.pids
    assert os.getpid() not in pool.pids
    assert "pool_tasks" not in sys.modules


def test_children_hold_neither_beam_nor_our_main_nor_threads(make: Callable[..., Pool]) -> None:
    pool = make(preload=("lxml.html", "numpy"))
    modules = run(pool, "modules")
    assert isinstance(modules, list)
    assert "lxml.html" in modules
    assert "numpy" in modules
    assert not {"apache_beam", "grpc", "pytest", "__mp_main__"} & set(modules)
    assert run(pool, "name_of_main") == (None, None)
    assert run(pool, "threads") == (1, 1)


def test_a_task_over_its_deadline_is_killed_and_its_neighbours_are_not(make: Callable[..., Pool]) -> None:
    pool = make(size=2)
    slow = pool.submit("pool_tasks:nap", 60, deadline=0.3)
    others = [pool.submit("pool_tasks:echo", number, deadline=PATIENCE) for number in range(50)]
    assert [one.result(PATIENCE) for one in others] == list(range(50))
    with pytest.raises(TaskTimeout, match=r"0\.3 s"):
        slow.result(PATIENCE)
    assert until(lambda: len(pool.pids) == 2 and all(map(alive, pool.pids)))


def test_what_was_written_ahead_to_a_killed_child_runs_elsewhere(make: Callable[..., Pool]) -> None:
    pool = make(size=1)
    futures = [pool.submit("pool_tasks:nap", 60, deadline=0.2)]
    futures += [pool.submit("pool_tasks:leave", 7, deadline=PATIENCE)]
    futures += [pool.submit("pool_tasks:hog", None, deadline=PATIENCE)]
    futures += [pool.submit("pool_tasks:echo", number, deadline=PATIENCE) for number in range(20)]
    wait(futures, PATIENCE)
    assert isinstance(futures[0].exception(), TaskTimeout)
    assert isinstance(futures[1].exception(), TaskCrashed)
    assert isinstance(futures[2].exception(), TaskMemory)
    assert [one.result() for one in futures[3:]] == list(range(20))


def test_the_deadline_counts_from_the_task_not_from_the_queue(make: Callable[..., Pool]) -> None:
    pool = make(size=1)
    futures = [pool.submit("pool_tasks:nap", 0.2, deadline=1.5) for _ in range(10)]
    assert [one.result(PATIENCE) for one in futures] == [0.2] * 10


@pytest.mark.parametrize("name", ["hog", "hidden_hog"])
def test_a_task_over_its_memory_says_so(make: Callable[..., Pool], name: str) -> None:
    pool = make(memory_mib=128)
    before = run(pool, "pid")
    with pytest.raises(TaskMemory):
        run(pool, name)
    assert run(pool, "pid") != before


@pytest.mark.parametrize(
    ("name", "argument", "words"),
    [("fall", signal.SIGSEGV, "SIGSEGV"), ("fall", signal.SIGKILL, "SIGKILL"), ("leave", 3, "status 3")],
)
def test_the_death_of_a_child_is_told_with_its_cause(
    make: Callable[..., Pool], name: str, argument: int, words: str
) -> None:
    pool = make()
    with pytest.raises(TaskCrashed, match=words):
        run(pool, name, argument)
    assert run(pool, "echo", 1) == 1


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("pool_tasks:broken", "LookupError"),
        ("pool_tasks:odd", "Odd"),
        ("pool_tasks:nowhere", "AttributeError"),
        ("no_such_module:f", "ModuleNotFoundError"),
        ("pool_tasks:unpicklable", "PicklingError|AttributeError"),
        ("sys:exit", "SystemExit"),
    ],
)
def test_an_exception_arrives_by_name_and_message(make: Callable[..., Pool], target: str, kind: str) -> None:
    with pytest.raises(TaskFailed, match=kind) as failure:
        make().submit(target, "word", deadline=PATIENCE).result(PATIENCE)
    assert failure.value.kind in kind.split("|")


def test_only_listed_exceptions_pass_as_themselves(make: Callable[..., Pool]) -> None:
    pool = make()
    with pytest.raises(LookupError, match="word"):
        pool.submit("pool_tasks:broken", "word", deadline=PATIENCE, raises=[LookupError]).result(PATIENCE)
    with pytest.raises(TaskFailed, match="LookupError: word"):
        pool.submit("pool_tasks:broken", "word", deadline=PATIENCE, raises=[KeyError]).result(PATIENCE)


def test_an_exception_that_cannot_be_built_again_keeps_name_and_message(
    make: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = type("Unbuildable", (Exception,), {"__module__": "pool_tasks"})
    with pytest.raises(TaskFailed, match=r"TypeError|Unbuildable"):
        make().submit("pool_tasks:unbuildable", "word", deadline=PATIENCE, raises=[stand_in]).result(PATIENCE)


@pytest.mark.parametrize("size", [0, 1, 100_000, 30_000_000])
def test_arguments_and_results_of_any_size_pass(make: Callable[..., Pool], size: int) -> None:
    pool = make(size=2)
    body = os.urandom(size)
    futures = [pool.submit("pool_tasks:echo", body, deadline=PATIENCE) for _ in range(4)]
    assert all(one.result(PATIENCE) == body for one in futures)


def test_output_of_a_task_goes_nowhere(make: Callable[..., Pool], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(make(), "chatter") == ""
    assert "noise" not in capfd.readouterr().out


def test_a_child_is_replaced_after_its_share_of_tasks(make: Callable[..., Pool]) -> None:
    pool = make(size=2, recycle=5)
    futures = [pool.submit("pool_tasks:pid", None, deadline=PATIENCE) for _ in range(40)]
    pids = [one.result(PATIENCE) for one in futures]
    assert max(pids.count(pid) for pid in pids) <= 5
    assert len(set(pids)) >= 8


def test_many_threads_may_submit(make: Callable[..., Pool]) -> None:
    pool = make(size=2)
    results: list[object] = []

    def work(start: int) -> None:
        futures = [pool.submit("pool_tasks:echo", start + step, deadline=PATIENCE) for step in range(100)]
        results.extend(one.result(PATIENCE) for one in futures)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 800, 100)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(PATIENCE)
    assert sorted(results) == list(range(800))  # type: ignore[type-var]


def test_a_terminals_signals_leave_the_children_alone(make: Callable[..., Pool]) -> None:
    pool = make(size=1)
    pid = run(pool, "pid")
    assert isinstance(pid, int)
    future = pool.submit("pool_tasks:nap", 0.5, deadline=PATIENCE)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)
        os.kill(psutil.Process(pid).ppid(), number)
    assert future.result(PATIENCE) == 0.5
    assert run(pool, "pid") == pid


def test_the_zygotes_death_costs_the_tasks_at_work_and_nothing_else(make: Callable[..., Pool]) -> None:
    pool = make(size=1)
    pid = run(pool, "pid")
    assert isinstance(pid, int)
    at_work = pool.submit("pool_tasks:nap", 60, deadline=PATIENCE)
    assert until(at_work.running)
    waiting = [pool.submit("pool_tasks:echo", number, deadline=PATIENCE) for number in range(3)]
    os.kill(psutil.Process(pid).ppid(), signal.SIGKILL)
    assert isinstance(at_work.exception(PATIENCE), TaskCrashed)
    assert [one.result(PATIENCE) for one in waiting] == [0, 1, 2]
    assert until(lambda: not alive(pid))


def test_a_module_that_cannot_be_preloaded_is_named(make: Callable[..., Pool]) -> None:
    pool = make(preload=("no_such_parser",))
    with pytest.raises(RuntimeError, match="no_such_parser"):
        pool.submit("pool_tasks:echo", 1, deadline=PATIENCE).result(PATIENCE)
    assert until(lambda: _refuses(pool))


def _refuses(pool: Pool) -> bool:
    try:
        pool.submit("pool_tasks:echo", 1, deadline=PATIENCE)
    except RuntimeError as error:
        return "no_such_parser" in str(error)
    return False


def test_what_is_loaded_beforehand_is_loaded_once_for_all_children(make: Callable[..., Pool]) -> None:
    pool = make(size=2, recycle=1, preload=("pool_tasks:load",))
    found = [run(pool, "loaded_by") for _ in range(4)]
    loaders, zygote = found[0]  # type: ignore[misc]
    assert loaders == [zygote]
    assert all(one == ([zygote], zygote) for one in found)


def test_close_ends_every_process_and_every_future(make: Callable[..., Pool]) -> None:
    pool = make(size=2)
    pid = run(pool, "pid")
    assert isinstance(pid, int)
    family = [*pool.pids, psutil.Process(pid).ppid()]
    futures = [pool.submit("pool_tasks:nap", 60, deadline=PATIENCE) for _ in range(8)]
    assert until(futures[0].running)
    pool.close()
    pool.close()
    assert until(lambda: not any(map(alive, family)))
    for one in futures:
        with pytest.raises((CancelledError, TaskCrashed)):
            one.result(0)
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit("pool_tasks:echo", 1, deadline=PATIENCE)


def test_a_cancelled_task_is_never_run(make: Callable[..., Pool], tmp_path: Path) -> None:
    pool = make(size=1)
    first = pool.submit("pool_tasks:nap", 0.5, deadline=PATIENCE)
    last = [pool.submit("pool_tasks:begun", str(tmp_path / f"ran{number}"), deadline=0.1) for number in range(3)]
    assert last[2].cancel()
    first.result(PATIENCE)
    wait(last, PATIENCE)
    assert not (tmp_path / "ran2").exists()


def test_the_shared_pool_is_one_for_the_same_settings(tasks: None) -> None:
    one = shared_pool(size=1, memory_mib=200, recycle=10, preload=())
    assert shared_pool(size=1, memory_mib=200, recycle=10, preload=()) is one
    one.close()


PARENT = """
import sys, time
from newsbeam.connectors.processes import Pool, shared_pool
if __name__ == "__main__":
    pool = shared_pool(size=2, memory_mib=256, recycle=100, preload=())
    assert "pool_tasks" not in sys.modules
    modules = pool.submit("pool_tasks:modules", None, deadline=30).result()
    assert not [name for name in modules if name in ("apache_beam", "parent_main", "__mp_main__")], modules
    for number in range(2):
        pool.submit("pool_tasks:begun", sys.argv[1] + str(number), deadline=60)
    {end}
"""


def _parent(tmp_path: Path, end: str, *, as_module: bool) -> tuple["subprocess.Popen[bytes]", list[int]]:
    """A process whose pool has two tasks at work, and the pids of its zygote and children."""
    (tmp_path / "parent_main.py").write_text(PARENT.format(end=end), "utf-8")
    ours = [part for part in sys.path if part]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *ours])}
    command = [sys.executable, *(["-m", "parent_main"] if as_module else [str(tmp_path / "parent_main.py")])]
    parent = subprocess.Popen([*command, str(tmp_path / "begun")], env=environment)
    marks = [tmp_path / "begun0", tmp_path / "begun1"]
    assert until(lambda: all(mark.exists() and mark.read_text() for mark in marks) or parent.poll() is not None)
    assert parent.poll() is None or parent.returncode == 0
    children = [int(mark.read_text()) for mark in marks]
    family = (
        {one.pid for one in psutil.Process(parent.pid).children(recursive=True)} if parent.poll() is None else set()
    )
    return parent, sorted(family | set(children))


@pytest.mark.parametrize("as_module", [False, True])
def test_nothing_is_left_after_the_parent_was_killed(tasks: None, tmp_path: Path, as_module: bool) -> None:
    parent, family = _parent(tmp_path, "time.sleep(60)", as_module=as_module)
    assert len(family) == 3
    parent.kill()
    parent.wait(PATIENCE)
    assert until(lambda: not any(map(alive, family)))


def test_nothing_is_left_after_the_parent_ended(tasks: None, tmp_path: Path) -> None:
    parent, family = _parent(tmp_path, "time.sleep(0.5)", as_module=False)
    assert parent.wait(PATIENCE) == 0
    assert until(lambda: not any(map(alive, family)))


def test_frames_survive_any_cut() -> None:
    bodies = [b"", b"a", b"bc" * 1000, b""]
    wire = b"".join(map(encode, bodies))
    for step in (1, 3, 8, 9, 1000, len(wire)):
        decoder = Decoder()
        found = [frame for start in range(0, len(wire), step) for frame in decoder.feed(wire[start : start + step])]
        assert found == bodies
