"""The table of long tests' outcomes."""

import datetime
from pathlib import Path
from typing import Literal

import pytest

from tests.outcomes import Outcomes, row

DAY = datetime.date(2026, 11, 26)


def _report(outcome: Literal["passed", "failed", "skipped"], when: Literal["setup", "call"]) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid="tests/slow/test_x.py::test_y[11]",
        location=("tests/slow/test_x.py", 1, "test_y"),
        keywords={},
        outcome=outcome,
        longrepr=None,
        when=when,
        user_properties=[("figures", "p95 4.0 s | 600 stories"), ("other", "not shown")],
        duration=61.4,
    )


def test_a_row_has_the_figures_that_the_test_gave() -> None:
    said = row(_report("passed", "call"), DAY)
    assert said == ("| 2026-11-26 | `tests/slow/test_x.py::test_y[11]` | passed in 61 s: p95 4.0 s / 600 stories |")


def test_a_test_is_entered_once_and_one_that_did_not_run_too(tmp_path: Path) -> None:
    (path := tmp_path / "table.md").write_text("| date | test | outcome |\n|---|---|---|\n")
    outcomes = Outcomes(path)
    outcomes.pytest_runtest_logreport(_report("passed", "setup"))
    outcomes.pytest_runtest_logreport(_report("failed", "call"))
    outcomes.pytest_runtest_logreport(_report("skipped", "setup"))
    lines = path.read_text().splitlines()[2:]
    assert [line.split("|")[3].split(":")[0].strip() for line in lines] == [
        "failed in 61 s",
        "skipped in its setup in 61 s",
    ]
