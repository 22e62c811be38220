"""Records, stores' contents and a kill between any two steps, for the tests of stores and state."""

import contextlib
import datetime
import itertools
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores import commit as commit_module
from newsbeam.connectors.stores.commit import Settlement, commit, recover
from newsbeam.connectors.stores.rows import VOLATILE
from newsbeam.connectors.stores.store import Store
from newsbeam.connectors.stores.urls import open_store
from newsbeam.records import (
    COLLECTIONS,
    Article,
    Decision,
    Document,
    Duplicate,
    Origin,
    Rejected,
    Removed,
    Sketch,
    SourceKind,
    digest,
)

NOW = datetime.datetime(2026, 11, 20, 12, 0, 0, tzinfo=datetime.UTC)


_HOURS = itertools.count()
"""Every process starts when the leases of all earlier ones are over."""


def later(seconds: float) -> datetime.datetime:
    """A moment after NOW."""
    return NOW + datetime.timedelta(seconds=seconds)


def origin(name: str, *, kind: SourceKind = "warc", source: str = "a.warc") -> Origin:
    """Where the story `name` came in."""
    return Origin(kind=kind, source=source, key=digest(kind, name))


def document(name: str, body: str = "", *, at: Origin | None = None, **changes: Any) -> Document:
    """A document with an id made of its name."""
    url = f"https://{name}.example/story"
    one = Document(
        id=digest("article", name),
        url=url,
        canonical_url=url,
        feed_url=None,
        site=f"{name}.example",
        title=f"Story {name}",
        authors=("Ana Lind",),
        published="2026-11-19T08:00:00Z",
        modified=None,
        fetched_at="2026-11-20T10:00:00Z",
        language="en",
        language_confidence=0.99,
        declared_language="en",
        body=body or f"The text of {name}.\n\nIts second paragraph.",
        removed=(Removed(kind="notice", text="All rights reserved.", position=3),),
        comments=(),
        attribution=None,
        based_on=(),
        extracted_from="html",
        paywalled=None,
        image=None,
        tags=("harbour",),
        fingerprint=f"nb1:{name}:{body}",
        word_count=7,
        origin=at or origin(name),
    )
    return replace(one, **changes)


def article(one: Document, **decided: Any) -> Article:
    """The document as a kept one."""
    return Article(document=one, decision=Decision(id=one.id, cluster_id=decided.pop("cluster_id", one.id), **decided))


def duplicate(one: Document, kept: Document) -> Duplicate:
    """The document as a copy of another."""
    decision = Decision(id=one.id, cluster_id=kept.id, duplicate_of=kept.id, relation="near", similarity=0.75)
    return Duplicate(document=one, decision=decision)


def revision(one: Document, article_id: str) -> Duplicate:
    """The document as an earlier text of an article."""
    own = replace(one, id=digest("revision", article_id, one.body), revision_of=article_id)
    decision = Decision(id=own.id, cluster_id=article_id, duplicate_of=article_id, relation="revision", similarity=0.5)
    return Duplicate(document=own, decision=decision)


def rejected(at: Origin, reason: str = "timeout", **changes: Any) -> Rejected:
    """A rejected row for a place."""
    one = Rejected(
        origin=at,
        url="https://slow.example/story",
        feed_url=None,
        stage="fetch",
        reason=reason,
        detail="no answer in 30 s",
        attempts=1,
        first_seen="2026-11-20T11:00:00Z",
        last_seen="2026-11-20T11:00:00Z",
    )
    return replace(one, **changes)


def sketch(one: Document) -> Sketch:
    """The document's entry in the index."""
    return Sketch(
        id=one.id,
        url=one.url,
        canonical_url=one.canonical_url,
        site=one.site,
        fingerprint=one.fingerprint,
        fetched_at=one.fetched_at,
        published=one.published,
        words=one.word_count,
    )


ADDRESSES = {
    "jsonl": "jsonl:{}/out",
    "jsonl-zstd-day": "jsonl:{}/lines?compression=zstd&partition=day",
    "jsonl-gzip": "jsonl:{}/zipped?compression=gzip",
    "parquet": "parquet:{}/columns",
    "memory": "parquet:memory:/{}/far",
    "s3": "parquet:s3://newsbeam-tests{}/far",
    "gs": "parquet:gs://newsbeam-tests{}/far",
    "sqlite": "sqlite:///{}/news.db",
}
"""The address of each kind of store in a folder."""

FILE_SUFFIXES = (".jsonl", ".jsonl.zst", ".jsonl.gz", ".parquet")


def address(kind: str, folder: Path) -> str:
    """The address of a kind of store in a folder; `KIND?OPTIONS` has further options."""
    name, _, options = kind.partition("?")
    made = ADDRESSES[name].format(folder)
    return f"{made}{'&' if '?' in made else '?'}{options}" if options else made


class Place:
    """A state and its stores in a folder, opened anew as often as a process would."""

    def __init__(self, folder: Path, *, stores: Sequence[str] = ("jsonl", "sqlite")) -> None:
        self.folder = folder
        self.kinds = tuple(stores)
        self.urls = [address(kind, folder) for kind in stores]
        self.state_url = f"sqlite:///{folder}/state.db"
        self.state: State
        self.stores: list[Store]
        self.epoch = 0
        self.start()

    def start(self) -> "Place":
        """What a process does when it begins."""
        self.state = open_state(self.state_url)
        self.stores = [open_store(url) for url in self.urls]
        for store in self.stores:
            store.check()
        self.epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=60, now=later(3600 * next(_HOURS)))
        recover(self.state, self.stores, epoch=self.epoch)
        return self

    def restart(self) -> "Place":
        """Another process, after this one has ended in whatever way."""
        self.state.close()
        for store in self.stores:
            store.close()
        return self.start()

    def superseded(self) -> int:
        """The epoch of another process that takes the state, and does not hold it for long."""
        return self.state.take_lease(owner="elsewhere:2:2", seconds=1, now=later(3600 * next(_HOURS)))

    def copy(self, folder: Path) -> "Place":
        """Another place with the same content, as a process that starts there finds it."""
        self.state.close()
        for store in self.stores:
            store.close()
        shutil.copytree(self.folder, folder)
        self._copy_far(folder)
        return Place(folder, stores=self.kinds)

    def _copy_far(self, folder: Path) -> None:
        """Copy what lies in memory:, which a state knows by its whole address."""
        for path, content in _far(self.folder).items():
            MemoryFileSystem().pipe_file(path.replace(str(self.folder), str(folder), 1), content)
        known = [
            (address("memory", folder), address("memory", self.folder))
            for kind in self.kinds
            if kind.startswith("memory")
        ]
        with contextlib.closing(sqlite3.connect(folder / "state.db")) as state, state:
            for table, column in (("stores", "name"), ("files", "store"), ("places", "store"), ("intents", "store")):
                state.executemany(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", known)

    def commit(self, settlement: Settlement, *, run_id: str = "run") -> commit_module.Committed:
        """Settle into every store."""
        return commit(self.state, self.stores, settlement, epoch=self.epoch, now=NOW, run_id=run_id)

    def contents(self) -> list[dict[str, dict[str, Any]]]:
        """What each store holds."""
        return [contents(store) for store in self.stores]

    def strays(self) -> list[str]:
        """Files that are neither a store's nor a database's."""
        near = (str(path) for path in self.folder.glob("*/**/*") if path.is_file())
        return sorted(
            name
            for name in (*near, *_far(self.folder))
            if not name.endswith(FILE_SUFFIXES) or name.rpartition("/")[2].startswith(".")
        )


def _far(folder: Path) -> dict[str, bytes]:
    """The objects of memory: stores below a folder."""
    return {
        path: bytes(file.getvalue()) for path, file in MemoryFileSystem.store.items() if path.startswith(f"{folder}/")
    }


def contents(store: Store) -> dict[str, dict[str, Any]]:
    """The store's rows by id, their collection in them and their volatile fields left out; each id stands once."""
    found: dict[str, dict[str, Any]] = {}
    for collection in COLLECTIONS:
        for row in store.rows(collection):
            assert row["id"] not in found, f"{row['id']} stands twice"
            found[row["id"]] = {"collection": collection} | {k: v for k, v in row.items() if k not in VOLATILE}
    return found


class Killed(BaseException):
    """The process ended here. Not an Exception, so that nothing handles it."""


class Steps:
    """Counts the steps of a commit, and kills before the one that is wanted."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.kill_at = kill_at
        self.taken = 0

    def step(self) -> None:
        """One boundary."""
        self.taken += 1
        if self.taken == self.kill_at:
            raise Killed

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with a boundary before and after it."""

        def stepped(*arguments: Any, **named: Any) -> Any:
            self.step()
            answer = function(*arguments, **named)
            self.step()
            return answer

        return stepped


@contextlib.contextmanager
def stepping(place: Place, steps: Steps) -> Iterator[None]:
    """Boundaries around every transaction, every call of a store, every fsync, rename and removal."""
    with pytest.MonkeyPatch.context() as patch:
        for store in place.stores:
            for name in ("plan", "prepare", "publish", "discard", "restore"):
                patch.setattr(store, name, steps.around(getattr(store, name)))
        write = place.state.write

        @contextlib.contextmanager
        def stepped_write(epoch: int | None = None) -> Iterator[Any]:
            steps.step()
            with write(epoch) as connection:
                yield connection
                steps.step()
            steps.step()

        patch.setattr(place.state, "write", stepped_write)
        for name in ("replace", "fsync"):
            patch.setattr(os, name, steps.around(getattr(os, name)))
        patch.setattr(Path, "unlink", steps.around(Path.unlink))
        for name in ("cp_file", "rm_file"):
            patch.setattr(MemoryFileSystem, name, steps.around(getattr(MemoryFileSystem, name)))
        yield


def without(rows: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The mapping without some of its keys."""
    return {name: value for name, value in rows.items() if name not in names}
