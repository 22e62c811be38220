"""What a person is told when a stage broke."""

import logging

import pytest

from newsbeam.pipelines.failures import Failed, of_pipeline

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


def test_a_failure_stays_itself() -> None:
    failed = Failed("x")
    assert of_pipeline(failed) is failed
