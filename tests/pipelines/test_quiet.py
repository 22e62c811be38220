"""What Beam's workers print is dropped; what anybody else says is not."""

import logging
import sys

import pytest
from apache_beam.utils.thread_pool_executor import UnboundedThreadPoolExecutor

import newsbeam.__main__
from newsbeam.pipelines import quiet


def test_only_what_beams_workers_print_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stderr
    with UnboundedThreadPoolExecutor() as pool:
        with quiet.workers():
            pool.submit(lambda: print("Traceback", file=sys.stderr)).result()
            print("newsbeam: a line", file=sys.stderr)
            assert not sys.stderr.isatty()
        assert sys.stderr is before
        pool.submit(lambda: print("afterwards", file=sys.stderr)).result()
    assert capsys.readouterr().err == "newsbeam: a line\nafterwards\n"


def test_what_a_worker_prints_after_the_command_is_dropped_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["newsbeam", "config"])
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    assert newsbeam.__main__.main() == 0
    with UnboundedThreadPoolExecutor() as pool:
        pool.submit(lambda: print("Traceback", file=sys.stderr)).result()
    print("Python's own", file=sys.stderr)
    assert capsys.readouterr().err == "Python's own\n"


def test_only_an_engines_messages_are_kept_out_of_the_log() -> None:
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        with quiet.workers():
            logging.error("bundle inst136 failed: Traceback")
            logging.getLogger("newsbeam.pipelines").error("a stage broke")
        logging.error("later")
    finally:
        logging.getLogger().removeHandler(handler)
    assert said == ["a stage broke", "later"]
