"""A pytest plugin that enters what long tests came to in a Markdown table: date, test, outcome, and their figures.

python -m pytest -m full -p tests.outcomes --outcomes benchmarks/results-full.md

A test gives its figures by `record_property("figures", "…")`.
"""

import datetime
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", type=Path, metavar="FILE", help="add a row for each test to the table in this file")


def pytest_configure(config: pytest.Config) -> None:
    path: Path | None = config.getoption("--outcomes")
    if path is not None:
        config.pluginmanager.register(Outcomes(path), "outcomes")


class Outcomes:
    """Adds rows to a table at the end of a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Enter a test that has run, or that did not come to it."""
        if report.when == "call" or report.outcome != "passed":
            line = row(report, datetime.datetime.now(datetime.UTC).date())
            with self._path.open("a", encoding="utf-8") as out:
                out.write(f"{line}\n")


def row(report: pytest.TestReport, day: datetime.date) -> str:
    """A test's line of the table."""
    figures = "; ".join(str(value) for name, value in report.user_properties if name == "figures")
    during = "" if report.when == "call" else f" in its {report.when}"
    outcome = f"{report.outcome}{during} in {report.duration:.0f} s" + (f": {figures}" if figures else "")
    return f"| {day} | `{report.nodeid}` | {outcome.replace('|', '/')} |"
