"""The batch again and again: its pace, what ends it, and what is waited for."""

import time
from collections.abc import Iterator

import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines import batch, rounds, stopping
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.report import Report
from newsbeam.pipelines.request import Request, UsageError

REQUEST = Request(settings=load())


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No wish from another test, none for the next."""
    stopping.reset()
    yield
    stopping.reset()


class Batch:
    """Stands for the batch: what each round does, in turn; the last of them is asked to stop."""

    def __init__(self, *rounds_: Failed | None) -> None:
        self.left = list(rounds_)
        self.starts: list[float] = []

    def __call__(self, request: Request) -> Report:
        self.starts.append(time.monotonic())
        outcome = self.left.pop(0)
        if outcome is not None:
            raise outcome
        if not self.left:
            stopping.request()
        return Report(run_id=f"r{len(self.starts)}", accounts=(), pending=0, seconds=0, new=1, corrected=0)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("5m", 300), ("1.5h", 5400), ("1d", 86_400)])
def test_an_interval_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert rounds.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "0s", "0.5s", "-5m", "5 weeks"])
def test_what_is_no_interval_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match=r"--interval: .* give one such as 90s, 5m"):
        rounds.seconds_of(text)


def test_rounds_start_at_the_interval_and_each_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(batch, "run", made := Batch(None, None, None))
    last = rounds.run(REQUEST, 1.0, quiet=True)
    gaps = [after - before for before, after in zip(made.starts, made.starts[1:], strict=False)]
    assert last.run_id == "r3"
    assert len(gaps) == 2
    assert min(gaps) >= 1.0
    told = capsys.readouterr()
    assert [f"run r{number}:" in told.out for number in (1, 2, 3)] == [True, True, False], "the caller tells the last"
    assert "no engine streams" in told.err


def test_a_server_that_is_away_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    away = Failed("postgresql://db is away; nothing is lost: run it again", passing=True)
    monkeypatch.setattr(batch, "run", Batch(None, away, None))
    assert rounds.run(REQUEST, 1.0, quiet=True).run_id == "r3"
    assert "postgresql://db is away; nothing is lost: tried again in 1 s" in capsys.readouterr().err


def test_what_never_worked_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "run", Batch(Failed("postgresql://db is away", passing=True), None))
    with pytest.raises(Failed, match="postgresql://db is away"):
        rounds.run(REQUEST, 60.0, quiet=True)


def test_what_fails_for_good_ends_the_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "run", made := Batch(None, Failed("jsonl:out: the disk is full"), None))
    with pytest.raises(Failed, match="the disk is full"):
        rounds.run(REQUEST, 1.0, quiet=True)
    assert len(made.starts) == 2
