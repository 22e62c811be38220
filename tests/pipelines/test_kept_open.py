"""One state and one store an address in a process: stages and the driver share connections and the commit lock."""

import threading
import time
from pathlib import Path

import pytest

from newsbeam.config.settings import load
from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.store import Store
from newsbeam.connectors.stores.urls import open_store
from newsbeam.pipelines import engine, kept_open
from newsbeam.pipelines.request import Request


def request(folder: Path) -> Request:
    return Request(stores=(f"sqlite:///{folder}/news.db",), state=f"sqlite:///{folder}/state.db", settings=load())


def test_the_driver_works_with_what_the_stages_use(tmp_path: Path) -> None:
    with engine.opened(request(tmp_path)) as (job, state):
        assert job.state() is state
        assert job.state().committing is state.committing
        assert job.stores() == job.stores()


def test_a_later_session_opens_anew_and_closes_what_was_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    monkeypatch.setattr(State, "close", lambda self: closed.append(self.url))
    with engine.opened(request(tmp_path)) as (job, first):
        before = job.stores()
    assert closed == []
    with engine.opened(request(tmp_path)) as (job, second):
        assert second is not first
        assert job.state() is second
        assert job.stores() != before
    assert closed == [first.url]


def test_threads_that_ask_at_once_are_given_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def slow_state(url: str) -> State:
        opened.append(url)
        time.sleep(0.05)
        return open_state(url)

    def slow_store(url: str) -> Store:
        opened.append(url)
        time.sleep(0.05)
        return open_store(url)

    monkeypatch.setattr(kept_open, "open_state", slow_state)
    monkeypatch.setattr(kept_open, "open_store", slow_store)
    state_url, store_url = f"sqlite:///{tmp_path}/state.db", f"jsonl:{tmp_path}/out"
    found: list[tuple[State, Store]] = []
    threads = [
        threading.Thread(target=lambda: found.append((kept_open.state_at(state_url), kept_open.store_at(store_url))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [state_url, store_url]
    assert len({(id(state), id(store)) for state, store in found}) == 1
