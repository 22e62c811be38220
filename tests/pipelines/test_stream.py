"""The stream's sessions: what is waited for, what ends the stream, and what a signal does meanwhile."""

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines import session, stopping, stream
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.patience import Patience
from newsbeam.pipelines.report import Report
from newsbeam.pipelines.request import Request, without

REQUEST = Request(feeds=("http://a.example/feed",), settings=load(), runner="PrismRunner")
AWAY = Failed("postgresql://db is away; nothing is lost: run it again", passing=True)
DONE = Report(run_id="r", accounts=(), pending=0, seconds=0, new=1, corrected=0)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No wish from another test, none for the next."""
    stopping.reset()
    yield
    stopping.reset()


class Sessions:
    """Stands for the sessions: how each ends, in turn. A session that breaks has told its stages to stop."""

    def __init__(self, *ends: Failed | Report, opens: bool = True) -> None:
        self.ends, self.opens = list(ends), opens
        self.wishes: list[bool] = []
        self.arguments: list[tuple[str, ...]] = []

    def __call__(self, request: Request, feeds: object, *, drain: bool, opened: Callable[[], None]) -> Report:
        self.wishes.append(stopping.requested())
        self.arguments.append(request.beam)
        if self.opens:
            opened()
        end = self.ends.pop(0)
        stopping.request()
        if isinstance(end, Failed):
            raise end
        return end


def test_a_server_that_is_away_is_waited_for_and_the_next_session_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(session, "run", made := Sessions(AWAY, AWAY, DONE))
    assert stream.run(REQUEST) is DONE
    assert made.wishes == [False, False, False], "the wish that ended a session must not reach into the next"
    assert capsys.readouterr().err.count("postgresql://db is away; nothing is lost: the stream waits for it") == 2


def test_a_savepoint_is_gone_on_from_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "run", made := Sessions(AWAY, DONE))
    stream.run(replace(REQUEST, beam=("--savepoint_path=/old", "--parallelism", "2")))
    first, second = made.arguments
    assert "--savepoint_path=/old" in first
    assert second == without(first, "--savepoint_path"), "the state is ahead of it by now"
    assert "--parallelism" in second


def test_what_is_away_for_too_long_ends_the_stream_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "run", Sessions(AWAY, AWAY, AWAY, AWAY))
    request = replace(REQUEST, settings=load(assignments=("stream.patience=1",)))
    with pytest.raises(Failed, match="postgresql://db is away"):
        stream.run(request)


def test_what_fails_for_good_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "run", made := Sessions(Failed("jsonl:out: the disk is full"), DONE))
    with pytest.raises(Failed, match="the disk is full"):
        stream.run(REQUEST)
    assert len(made.wishes) == 1


def test_what_never_worked_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "run", Sessions(AWAY, DONE, opens=False))
    with pytest.raises(Failed, match="postgresql://db is away"):
        stream.run(REQUEST)


def test_a_signal_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "run", Sessions(AWAY, DONE))
    monkeypatch.setattr(Patience, "failed", lambda *_, **__: 60.0)
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    stopping.on_signals()
    try:
        monkeypatch.setattr(stopping, "go_on", lambda: (stopping.reset(), signal.raise_signal(signal.SIGTERM)))
        with pytest.raises(Failed, match="postgresql://db is away"):
            stream.run(REQUEST)
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
            signal.signal(number, handler)
