"""The batch again and again: its pace, what ends it, and what is waited for."""

import types
from collections.abc import Iterator, Sequence

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


class Clock:
    """Stands for the time that the rounds wait by."""

    def __init__(self) -> None:
        self.now = 1000.0

    def wait(self, seconds: float) -> bool:
        """The time is over at once; whether a stop was asked for."""
        self.now += max(0.0, seconds)
        return stopping.asked()


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The rounds' own time: a batch takes of it what the test says."""
    made = Clock()
    monkeypatch.setattr(rounds, "time", types.SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr(stopping, "wait", made.wait)
    return made


class Batch:
    """Stands for the batch: what each round does, in turn; the last of them is asked to stop."""

    def __init__(self, *rounds_: Failed | None, clock: Clock | None = None, takes: Sequence[float] = ()) -> None:
        self.left = list(rounds_)
        self.clock = clock or Clock()
        self.takes = list(takes)
        self.starts: list[float] = []

    def __call__(self, request: Request) -> Report:
        self.starts.append(self.clock.now)
        self.clock.now += self.takes.pop(0) if self.takes else 0.0
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
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    monkeypatch.setattr(batch, "run", made := Batch(None, None, None, clock=clock, takes=[10.0, 59.0]))
    last = rounds.run(REQUEST, 60.0, quiet=True)
    assert last.run_id == "r3"
    assert made.starts == [1000.0, 1060.0, 1120.0], "an interval counts from start to start"
    told = capsys.readouterr()
    assert [f"run r{number}:" in told.out for number in (1, 2, 3)] == [True, True, False], "the caller tells the last"
    assert "no engine streams" in told.err


def test_a_round_longer_than_the_interval_is_followed_at_once(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(batch, "run", made := Batch(None, None, None, clock=clock, takes=[200.0]))
    rounds.run(REQUEST, 60.0, quiet=True)
    assert made.starts == [1000.0, 1200.0, 1260.0]


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
