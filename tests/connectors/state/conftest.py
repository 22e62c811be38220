"""The state's tests run in SQLite and in PostgreSQL. The disk's own safety is not what they test."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from newsbeam.connectors.state import engine
from tests.postgres import Server

_NUMBERS = itertools.count(1)


@pytest.fixture(autouse=True)
def _unsynchronised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SYNCHRONOUS", "OFF")
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def common_database(postgres_server: Server) -> str:
    """One database for all states of the session, each in a schema of its own."""
    return postgres_server.database()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_state(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """The address of a state that does not exist yet, at every call of another one."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path}/deep/er/state{next(_NUMBERS)}.db"
    database = request.getfixturevalue("common_database")
    return lambda: f"{database}&schema=state_{next(_NUMBERS)}"
