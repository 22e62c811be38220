"""Store addresses."""

from pathlib import Path

import pytest

from newsbeam.connectors.stores.store import StoreError
from newsbeam.connectors.stores.urls import default_state_url, open_store


def test_known_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_store("jsonl:out").url == f"jsonl:{tmp_path}/out"
    assert open_store("sqlite:///news.db").url == f"sqlite:///{tmp_path}/news.db"
    assert not (tmp_path / "out").exists(), "opening writes nothing"


@pytest.mark.parametrize("url", ["", "out", "jsonl:", "csv:out", "sqlite:", "sqlite://", "sqlite:///:memory:", "jsonl"])
def test_unknown_forms_are_refused_with_the_known_ones(url: str) -> None:
    with pytest.raises(StoreError, match=r"sqlite:///"):
        open_store(url)


@pytest.mark.parametrize("url", ["mysql://me:secret@host/db", "kafka:me:secret@host:9092/news"])
def test_what_cannot_be_opened_is_told_without_its_secrets(url: str) -> None:
    with pytest.raises(StoreError) as raised:
        open_store(url)
    assert "secret" not in str(raised.value)


def test_the_state_lies_with_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_state_url("jsonl:out") == f"sqlite:///{tmp_path}/out/.newsbeam/state.db"
    assert default_state_url("sqlite:///news.db") == f"sqlite:///{tmp_path}/news.db.state"
    with pytest.raises(StoreError, match="--state"):
        default_state_url("kafka://host/topic")
