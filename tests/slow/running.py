"""Running the command as a user does, and reading what it left: processes, stores, files."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ("articles", "duplicates", "rejected")
VOLATILE = ("fetched_at", "first_seen", "last_seen", "attempts", "retry_at", "updated_at", "run_id")
LISTS = ("authors", "removed", "comments", "attribution", "kept_because", "tags", "reserved")
_MARK = "NEWSBEAM_TEST_MARK"

_BEGUN: list["Run"] = []

Rows = dict[str, dict[str, dict[str, Any]]]
"""{collection: {id: row}}"""


@dataclass(kw_only=True)
class Run:
    """The command under way or ended, in a process group of its own. names: of every process it was seen to have."""

    process: "subprocess.Popen[str]"
    mark: str
    out: Path
    started: float
    names: set[str] = field(default_factory=set)

    @property
    def said(self) -> str:
        """Everything it wrote, to both streams."""
        return self.out.read_text("utf-8")

    def look(self) -> list[psutil.Process]:
        """Its processes, whatever has become of their parents."""
        found = []
        for one in psutil.process_iter():
            try:
                if one.environ().get(_MARK) == self.mark and one.status() != psutil.STATUS_ZOMBIE:
                    self.names.add(one.name())
                    found.append(one)
            except psutil.Error:
                continue
        return found

    def end(self, seconds: float = 120) -> int:
        """Wait for its exit status."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            self.look()
            time.sleep(0.1)
        if self.process.poll() is None:
            self.kill()
            raise AssertionError(f"no end within {seconds} s:\n{self.said}")
        return self.process.returncode

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def left(self, seconds: float = 5) -> list[str]:
        """Processes that are still there so long after the end."""
        until = time.monotonic() + seconds
        while (found := self.look()) and time.monotonic() < until:
            time.sleep(0.1)
        return [one.name() for one in found]

    def until(self, what: Callable[[], bool], seconds: float = 60) -> None:
        """Wait for something to be so, while the command goes on."""
        end = time.monotonic() + seconds
        while not what():
            assert self.process.poll() is None, f"it has ended ({self.process.returncode}):\n{self.said}"
            assert time.monotonic() < end, f"not within {seconds} s:\n{self.said}"
            time.sleep(0.1)


def start(folder: Path, *arguments: str, env: Mapping[str, str] | None = None, before: Sequence[str] = ()) -> Run:
    """The command with its output in a file below the folder. before: a command that starts it."""
    folder.mkdir(parents=True, exist_ok=True)
    mark, out = uuid.uuid4().hex, folder / f"said-{time.monotonic_ns()}.txt"
    environment = {**os.environ, _MARK: mark, **(env or {})}
    with out.open("w") as stream:
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "newsbeam", *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
    begun = Run(process=process, mark=mark, out=out, started=time.monotonic())
    _BEGUN.append(begun)
    return begun


def end_all() -> None:
    """End what a test that failed has left running, which would slow down or disturb the next one."""
    while _BEGUN:
        begun = _BEGUN.pop()
        if begun.process.poll() is None:
            begun.kill()


def run(
    folder: Path, *arguments: str, status: int = 0, env: Mapping[str, str] | None = None, seconds: float = 120
) -> Run:
    """The command run to its end, with the status that is expected."""
    done = start(folder, *arguments, env=env)
    found = done.end(seconds)
    assert found == status, f"status {found}:\n{done.said}"
    return done


class Held(Protocol):
    """Stores that a run writes to, and what it left there."""

    @property
    def options(self) -> tuple[str, ...]: ...

    def rows(self, *, volatile: tuple[str, ...] = VOLATILE) -> Rows: ...

    def count(self) -> int: ...

    def pending(self) -> int: ...

    def addresses(self, since: str) -> list[tuple[str, str]]: ...

    def check(self) -> None: ...


class Stores:
    """A folder of JSON lines and a SQLite file beside it, written by the same runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines, self.database = folder / "jsonl", folder / "news.db"
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def options(self) -> tuple[str, ...]:
        """The command's options that name them."""
        return "--store", f"jsonl:{self.lines}", "--store", f"sqlite:///{self.database}"

    def rows(self, *, volatile: tuple[str, ...] = VOLATILE) -> Rows:
        """What both hold; each id stands once in one collection, and the two agree."""
        found = by_id(self._lines())
        assert without(found, volatile) == without(by_id(self._tables()), volatile)
        return without(found, volatile)

    def count(self) -> int:
        """Rows in the database, at any moment of a run."""
        if not self.database.exists():
            return 0
        with sqlite3.connect(self.database, timeout=30) as database:
            there = database.execute("select count(*) from sqlite_master where name = 'rejected'").fetchone()[0]
            return sum(database.execute(f"select count(*) from {one}").fetchone()[0] for one in COLLECTIONS if there)

    def pending(self) -> int:
        """Entries that the state has and that no store holds yet; 0 before there is a state."""
        if not (self.lines / ".newsbeam" / "state.db").exists():
            return 0
        with sqlite3.connect(self.lines / ".newsbeam" / "state.db", timeout=30) as state:
            found: int = state.execute("select count(*) from frontier where fate = 'pending'").fetchone()[0]
            return found

    def addresses(self, since: str) -> list[tuple[str, str]]:
        """(url, updated_at) of the rows in the database that were written at this moment (ISO 8601) or later."""
        if self.count() == 0:
            return []
        each = (f"select url, updated_at from {one} where updated_at >= :since" for one in COLLECTIONS)
        with sqlite3.connect(self.database, timeout=30) as database:
            return database.execute(" union all ".join(each), {"since": since}).fetchall()

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Time of change and content of the files with articles and duplicates."""
        names = [path for one in COLLECTIONS[:2] for path in (self.lines / one).rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in names}

    def check(self) -> None:
        """Nothing is broken and nothing half done lies about."""
        for database in (self.database, self.lines / ".newsbeam" / "state.db"):
            if database.exists():
                with sqlite3.connect(database) as one:
                    assert one.execute("pragma integrity_check").fetchall() == [("ok",)], database
        stray = [path for one in COLLECTIONS for path in (self.lines / one).iterdir() if path.suffix != ".jsonl"]
        assert stray == []

    def _lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for collection in COLLECTIONS:
            for path in sorted((self.lines / collection).glob("*.jsonl")):
                for line in path.read_text("utf-8").splitlines():
                    yield collection, json.loads(line)

    def _tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        with sqlite3.connect(self.database) as database:
            database.row_factory = sqlite3.Row
            for collection in COLLECTIONS:
                for row in database.execute(f"select * from {collection}"):
                    yield collection, plain(dict(row))


def same(one: Rows, other: Rows, what: str = "") -> None:
    """Assert that two readings hold the same."""
    said = differences(one, other)
    assert not said, "\n".join((f"{what}: {len(said)} rows differ", *said[:20]))


def differences(one: Rows, other: Rows) -> list[str]:
    """What two readings do not share, a line for each row, with the fields that differ."""
    said = []
    for collection in COLLECTIONS:
        mine, theirs = one[collection], other[collection]
        for key in sorted(mine.keys() | theirs.keys()):
            a, b = mine.get(key), theirs.get(key)
            if a is None or b is None:
                there = a or b or {}
                said.append(f"{collection} {key}: only in {'one' if a else 'the other'}: {there.get('url')}")
            elif a != b:
                fields = [f"{name}: {a.get(name)!r} != {b.get(name)!r}" for name in a if a.get(name) != b.get(name)]
                said.append(f"{collection} {key} {a.get('url')}: " + "; ".join(field[:300] for field in fields))
    return said


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A table's row as the lines have it: lists from their JSON text, truth values from numbers."""
    for name in LISTS:
        if isinstance(row.get(name), str):
            row[name] = json.loads(row[name])
    if row.get("paywalled") is not None:
        row["paywalled"] = bool(row["paywalled"])
    return row


def by_id(rows: Iterator[tuple[str, dict[str, Any]]]) -> Rows:
    found: Rows = {collection: {} for collection in COLLECTIONS}
    for collection, row in rows:
        assert not any(row["id"] in one for one in found.values()), f"{row['id']} stands twice"
        found[collection][row["id"]] = row
    return found


def without(rows: Rows, names: tuple[str, ...]) -> Rows:
    return {
        collection: {one: {k: v for k, v in row.items() if k not in names} for one, row in held.items()}
        for collection, held in rows.items()
    }
