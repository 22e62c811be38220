"""Where Prism is looked for, and who gets one. That one runs and ends with us is for the slow tests."""

from dataclasses import replace
from pathlib import Path

import apache_beam
import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines import prism
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.request import Request, UsageError

NAME = f"apache_beam-v{apache_beam.__version__}-prism-linux-amd64.zip"
REQUEST = Request(stores=("jsonl:out",), settings=load(), beam=("--runner=PrismRunner",), runner="PrismRunner")


def test_what_is_given_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBEAM_PRISM", str(tmp_path / "own"))
    assert prism.location(("--prism_location=/there/prism",)) == "/there/prism"
    assert prism.location(("--streaming", "--prism_location", "/there/prism")) == "/there/prism"
    assert prism.location(()) == str(tmp_path / "own")
    monkeypatch.setenv("NEWSBEAM_PRISM", "")
    assert prism.location(()) is None


def test_it_is_found_in_the_cache_of_beam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWSBEAM_PRISM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(prism, "__file__", str(tmp_path / "pipelines" / "prism.py"))
    assert prism.location(()) is None
    cached = tmp_path / ".apache_beam" / "cache" / "prism" / "bin" / NAME
    cached.parent.mkdir(parents=True)
    cached.touch()
    assert prism.location(()) == str(cached)


@pytest.mark.parametrize("more", [(), ("--prism_location=/nowhere/prism",)])
def test_prism_that_is_asked_for_must_be_there(more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBEAM_PRISM", "")
    asked = replace(REQUEST, beam=(*REQUEST.beam, *more))
    with pytest.raises(UsageError, match="make prism"), prism.beside(asked):
        pass


@pytest.mark.parametrize(
    ("runner", "more"),
    [("FnApiRunner", ()), ("FlinkRunner", ()), ("DirectRunner", ()), ("PrismRunner", ("--job_endpoint=there:8073",))],
)
def test_other_runners_get_what_was_given(runner: str, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSBEAM_PRISM", "")
    asked = replace(REQUEST, beam=(f"--runner={runner}", *more), runner=runner)
    with prism.beside(asked) as arguments:
        assert arguments == asked.beam


def test_an_address_is_left_to_beam_to_download(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "http://127.0.0.1:9/prism.zip"  # nothing listens at the discard port
    asked = replace(REQUEST, beam=(*REQUEST.beam, f"--prism_location={url}"))
    with pytest.raises(Failed, match=f"--prism_location={url}: Beam could not download it"), prism.beside(asked):
        pass
