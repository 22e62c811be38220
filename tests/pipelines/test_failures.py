"""What a person is told when a stage broke."""

import logging
import pickle

import pytest

from newsbeam.connectors.state.errors import CommitUndone, LeaseLost, StateAway, StateError
from newsbeam.connectors.stores.store import StoreAway, StoreError
from newsbeam.pipelines.failures import Failed, of_connector, of_pipeline

TRACE = """Traceback (most recent call last):
  File "x.py", line 3, in process
newsbeam.connectors.stores.store.StoreError: sqlite:///news.db: the disk is full: free some space
[while running 'Store/Store']
"""


def test_an_error_meant_for_people_is_told_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    told = of_pipeline(RuntimeError(TRACE))
    assert str(told).startswith("sqlite:///news.db: the disk is full: free some space; nothing is lost")
    assert caplog.records == []


def test_our_own_bug_is_named_and_its_traceback_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        told = of_pipeline(KeyError("missing"))
    assert "KeyError" in str(told)
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("name", "passing"),
    [
        ("newsbeam.connectors.stores.store.StoreAway", True),
        ("newsbeam.connectors.state.errors.StateAway", True),
        ("newsbeam.connectors.state.errors.CommitUndone", True),
        ("newsbeam.connectors.stores.store.StoreError", False),
        ("newsbeam.connectors.state.errors.StateHeld", False),
        ("newsbeam.connectors.state.errors.LeaseLost", False),
        ("KeyError", False),
    ],
)
def test_whether_a_failure_passes_is_told_by_the_runners_text(name: str, passing: bool) -> None:
    told = of_pipeline(RuntimeError(TRACE.replace("newsbeam.connectors.stores.store.StoreError", name)))
    assert told.passing == passing
    assert str(told).startswith("sqlite:///news.db: the disk is full")
    assert ("KeyError" in str(told)) == (name == "KeyError")


def test_whether_a_failure_passes_is_told_by_the_error_itself() -> None:
    for error in (StoreAway("x"), StateAway("x"), CommitUndone("x")):
        assert of_connector(error).passing
        assert of_pipeline(error).passing
    for other in (StoreError("x"), StateError("x"), LeaseLost("x")):
        assert not of_connector(other).passing
        assert not of_pipeline(other).passing
    assert pickle.loads(pickle.dumps(Failed("x", passing=True))).passing


def test_a_failure_stays_itself() -> None:
    failed = Failed("x")
    assert of_pipeline(failed) is failed


def test_an_engine_that_broke_is_told_in_a_line_and_may_be_begun_anew(caplog: pytest.LogCaptureFixture) -> None:
    text = (
        "Pipeline job-001 failed in state FAILED: panic in stage.Execute bundle processing goroutine: runtime error: "
        "invalid memory address or nil pointer dereference, stage: &{ID:stage-028}\nstackTrace:\ngoroutine 7 [running]:"
    )
    told = of_pipeline(RuntimeError(text))
    assert told.passing
    assert told.cause == (
        "the engine broke by itself (runtime error: invalid memory address or nil pointer dereference)"
    )
    assert caplog.records == []
