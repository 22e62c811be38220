"""What is noted of a run, in the state and in its file: how it was set, what it took, how it ended."""

import json
from pathlib import Path
from typing import Any

import pytest

import newsbeam
from newsbeam.config.settings import load
from newsbeam.connectors.state.runs import Run
from newsbeam.connectors.state.state import open_state
from newsbeam.pipelines import batch, engine, runs, stopping
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.request import Request
from tests.slow.worlds import prose


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    """A run over one text."""
    stopping.reset()
    (tmp_path / "story.txt").write_text("\n\n".join(prose(2, paragraphs=4)))
    return Request(
        texts=(f"{tmp_path}/*.txt",),
        stores=(f"jsonl:{tmp_path}/out",),
        settings=load(assignments=("extract.workers=1",)),
        beam=("--runner=FnApiRunner",),
    )


def noted(folder: Path) -> tuple[Run, dict[str, Any]]:
    """The last run by the state and by its file."""
    run = open_state(f"sqlite:///{folder}/out/.newsbeam/state.db").runs()[-1]
    return run, json.loads((folder / "out" / ".newsbeam" / "run.json").read_bytes())


def test_a_run_is_noted_whole(tmp_path: Path, request_: Request) -> None:
    report = batch.run(request_)
    run, told = noted(tmp_path)
    assert (run.run_id, run.outcome, run.version) == (report.run_id, "done", newsbeam.__version__)
    assert run.inputs == {"texts": [f"{tmp_path}/*.txt"]}
    assert run.stores == (f"jsonl:{tmp_path}/out",)
    assert (run.counts["seen"], run.counts["new"], run.counts["articles"]) == (1, 1, 1)
    assert run.seconds is not None
    assert run.ended is not None
    assert {"python", "apache-beam", "trafilatura"} <= run.versions.keys()
    assert told == {**told, "run_id": run.run_id, "outcome": "done", "seconds": run.seconds, "counts": run.counts}
    assert told.keys() == set(Run.__dataclass_fields__)


def test_a_run_that_breaks_is_noted_as_failed(
    tmp_path: Path, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise Failed("the disk is full; nothing is lost")

    monkeypatch.setattr(engine, "turn", broken)
    with pytest.raises(Failed):
        batch.run(request_)
    run, told = noted(tmp_path)
    assert (run.outcome, run.message) == ("failed", "the disk is full; nothing is lost")
    assert run.counts["articles"] == 0
    assert run.ended is not None
    assert (told["outcome"], told["message"]) == (run.outcome, run.message)


def test_of_an_error_that_is_not_made_for_people_only_the_kind_is_noted(
    tmp_path: Path, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("postgresql://me:secret@host/db")

    monkeypatch.setattr(engine, "turn", broken)
    with pytest.raises(ValueError, match="secret"):
        batch.run(request_)
    assert noted(tmp_path)[0].message == "ValueError"
    assert "secret" not in (tmp_path / "out" / ".newsbeam" / "run.json").read_text()


def test_while_it_runs_it_is_told_as_running(
    tmp_path: Path, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(engine, "turn", lambda *_: seen.append(noted(tmp_path)))
    batch.run(request_)
    run, told = seen[0]
    assert (run.outcome, run.ended, told["outcome"]) == ("running", None, "running")


def test_the_hash_of_the_settings_does_not_depend_on_where_they_came_from(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[fetch]\ntries = 4\ndeadline = 20\n[hosts."b.example"]\ndelay = 2\n')
    by_file = load(tmp_path / "own.toml")
    by_flags = load(assignments=('hosts."b.example".delay=2.0', "fetch.deadline=20.0", "fetch.tries=4"))
    assert runs.settings_hash(by_file) == runs.settings_hash(by_flags)
    assert runs.settings_hash(load(assignments=("fetch.tries=3",))) == runs.settings_hash(load())
    assert runs.settings_hash(by_file) != runs.settings_hash(load())


def test_credentials_are_not_told(request_: Request) -> None:
    listed = Request(feeds=("https://me:secret@a.example/rss", "feeds.txt"), settings=request_.settings)
    assert runs.inputs(listed) == {"feeds": ("https://a.example/rss", "feeds.txt")}


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("out/.newsbeam/state.db", "out/.newsbeam/run.json"),
        ("n.db.state", "n.db.run.json"),
        ("own.db", "own.db.run.json"),
    ],
)
def test_the_file_lies_beside_the_state(tmp_path: Path, request_: Request, state: str, found: str) -> None:
    opened = open_state(f"sqlite:///{tmp_path}/{state}")
    assert runs.json_path(request_, opened) == tmp_path / found
    named = Request(settings=request_.settings, run_json="elsewhere.json")
    assert runs.json_path(named, opened) == Path("elsewhere.json")


def test_the_file_is_swapped_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(run_id="a", epoch=1, version="1", settings_hash="00", started="2026-11-20T12:00:00Z")
    runs.written(tmp_path / "run.json", run)
    before = (tmp_path / "run.json").read_bytes()
    monkeypatch.setattr(runs.os, "fsync", lambda _: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="full"):
        runs.written(tmp_path / "run.json", Run(run_id="b", epoch=2, version="1", settings_hash="00", started="x"))
    assert (tmp_path / "run.json").read_bytes() == before


def test_a_file_that_cannot_be_written_ends_the_run_with_its_option(tmp_path: Path, request_: Request) -> None:
    wrong = Request(
        texts=request_.texts,
        stores=request_.stores,
        settings=request_.settings,
        beam=request_.beam,
        run_json=f"{tmp_path}/none/run.json",
    )
    with pytest.raises(Failed, match=r"--run-json .*none/run\.json: cannot be written"):
        batch.run(wrong)


def test_a_store_that_is_new_to_a_state_with_records_is_told(
    tmp_path: Path, request_: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    batch.run(request_)
    assert "lacks" not in capsys.readouterr().err
    more = Request(
        texts=request_.texts,
        stores=(*request_.stores, f"sqlite:///{tmp_path}/late.db"),
        settings=request_.settings,
        beam=request_.beam,
    )
    batch.run(more)
    said = capsys.readouterr().err
    assert f"sqlite:///{tmp_path}/late.db is new here and lacks the 1 records" in said
    assert f"newsbeam export --from jsonl:{tmp_path}/out --to sqlite:///{tmp_path}/late.db" in said
