"""The disk's own safety is not what these tests test: they end processes, not machines."""

import os

import pytest

from newsbeam.connectors.state import engine


@pytest.fixture(autouse=True)
def _unsynchronised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SYNCHRONOUS", "OFF")
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
