"""What the documents list is what the code knows."""

import contextlib
import datetime
import inspect
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.urls import open_store
from newsbeam.pipelines import cli
from newsbeam.pipelines.commands.options import DONE, FAILED, MISTAKE
from newsbeam.records import REASONS, SKIPS
from newsbeam.transforms import ClusterCopies, DetectLanguage, ExtractArticles
from newsbeam.transforms.limits import LIMITS
from tests.pipelines.shells.pages import html_of
from tests.transforms.relation_texts import story

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
UNITS = sorted((ROOT / "examples" / "systemd").iterdir())
BINARY = "/opt/newsbeam/.venv/bin/newsbeam"


def test_every_reason_and_skip_is_documented_and_no_other() -> None:
    text = (DOCS / "rejected.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) == {*REASONS, *SKIPS}


def test_the_example_for_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(f"jsonl:{tmp_path}/news")
    store.check()
    row = {"id": "a", "published": "2026-11-20", "site": "Harbour Post", "title": "A crane", "updated_at": "2001-01-01"}
    (tmp_path / "news/articles/part.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "news/rejected/part.jsonl").write_text(json.dumps({"id": "b", "reason": "gone"}) + "\n")
    code = re.findall(r"^```python\n(.*?)^```", (DOCS / "export.md").read_text("utf-8"), re.M | re.S)[0]
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    assert printed.getvalue() == "2026-11-20 Harbour Post A crane\n"
    assert names["reasons"] == {"gone"}
    assert list(names["week"]) == []


def test_the_limits_are_those_of_the_code() -> None:
    text = (DOCS / "records.md").read_text("utf-8")
    table = text.partition("## Limits")[2].partition("## ")[0]
    numbers = {int(one.replace(",", "")) for one in re.findall(r"\d[\d,]*\d", table.partition("Body and")[0])}
    assert {getattr(LIMITS, one) for one in LIMITS.__slots__} <= numbers


def blocks(name: str, language: str) -> list[str]:
    """The code of a language that a document shows, in its order."""
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / name).read_text("utf-8"), re.M | re.S)


def test_the_transforms_run_as_they_are_shown() -> None:
    names: dict[str, Any] = {
        "html": html_of("en", 1),
        "raw": "\n".join((*story("en", 2), "Subscribe to our newsletter")),
    }
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for code in blocks("transforms.md", "python"):
            exec(code, names)
    article, clean = printed.getvalue().splitlines()
    assert re.fullmatch(r"A bridge en [0-9a-f]{32}", article)
    assert clean == "file:///a.txt ['newsletter']"
    assert names["page"].fetched_at == "2026-11-20T10:00:00Z"


def test_the_options_of_the_transforms_are_documented_with_their_defaults() -> None:
    text = (DOCS / "transforms.md").read_text("utf-8")
    table = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.M))
    parameters = inspect.signature(ExtractArticles.__init__).parameters
    defaults = {name: one.default for name, one in parameters.items() if name != "self"}
    assert table == {
        name: f"{value:g}" if type(value) is float else str(value).lower() for name, value in defaults.items()
    }
    for one in (DetectLanguage, ClusterCopies):
        for name, parameter in inspect.signature(one.__init__).parameters.items():
            if name != "self":
                default = parameter.default
                shown = f"`{default}`" if isinstance(default, str) else f"{default:g}".removeprefix("0")
                assert re.search(rf"`{name}` \({re.escape(shown)}(?!\w)", text), name


def commands() -> list[str]:
    """The commands of newsbeam that schedulers are given."""
    found = [
        line.removeprefix("ExecStart=")
        for path in UNITS
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("ExecStart=")
    ]
    text = (DOCS / "scheduling.md").read_text("utf-8")
    shown = re.findall(r"^    (?:15 3 \* \* \*  )?(newsbeam (?:run|stream) .*?)(?: >>.*)?$", text, re.M)
    return [*found, *shown, *(one["bash_command"] for one in airflow_tasks())]


def airflow_tasks() -> list[dict[str, Any]]:
    """What the example's DAG gives to Airflow's operator, with a stand-in for Airflow."""
    tasks: list[dict[str, Any]] = []
    bash, sdk = types.ModuleType("bash"), types.ModuleType("sdk")
    bash.BashOperator = lambda **given: tasks.append(given)  # type: ignore[attr-defined]
    sdk.DAG = lambda **_: contextlib.nullcontext()  # type: ignore[attr-defined]
    names = {"airflow.providers.standard.operators.bash": bash, "airflow.sdk": sdk}
    with pytest.MonkeyPatch.context() as patch:
        for name, module in names.items():
            patch.setitem(sys.modules, name, module)
        for name in (
            "airflow",
            "airflow.providers",
            "airflow.providers.standard",
            "airflow.providers.standard.operators",
        ):
            patch.setitem(sys.modules, name, types.ModuleType(name))
        exec((ROOT / "examples" / "airflow_dag.py").read_text("utf-8"), {})
    return tasks


def test_every_scheduler_is_given_a_command_that_newsbeam_takes() -> None:
    given = commands()
    assert len(given) == 5
    for one in given:
        program, *arguments = shlex.split(one)
        assert program in ("newsbeam", BINARY)
        known, rest = cli._parser().parse_known_args(arguments)
        assert known.command in ("run", "stream")
        assert rest == []
        for store in known.store:
            assert open_store(store).url


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed here: only systemd can tell whether it takes a unit")
    for path in UNITS:
        # The program must exist where the unit is checked.
        (tmp_path / path.name).write_text(path.read_text("utf-8").replace(BINARY, sys.executable), "utf-8")
    done = subprocess.run(
        [program, "verify", *sorted(map(str, tmp_path.iterdir()))], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_units_agree_with_the_exit_statuses() -> None:
    stream = (ROOT / "examples" / "systemd" / "newsbeam-stream.service").read_text("utf-8")
    assert f"RestartPreventExitStatus={MISTAKE}\n" in stream
    table = dict(re.findall(r"^\| (\d) \| (.*?) \|", (DOCS / "scheduling.md").read_text("utf-8"), re.M))
    assert {int(one) for one in table} == {DONE, FAILED, MISTAKE}
    assert "mistake" in table[str(MISTAKE)]


def test_a_second_run_is_told_what_the_document_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/news.db"
    state = open_state(f"sqlite:///{tmp_path}/news.db.state")
    state.take_lease(owner="other.example:1:1", seconds=60, now=datetime.datetime.now(datetime.UTC))
    (tmp_path / "a.txt").write_text("\n".join(story("en", 1)))
    assert cli.main(["run", "--texts", f"{tmp_path}/a.txt", "--store", url]) == FAILED
    said = capsys.readouterr().err.strip().splitlines()[-1]
    shown = re.search(r"^    (newsbeam: the state is held by .*)$", (DOCS / "scheduling.md").read_text("utf-8"), re.M)
    assert shown is not None
    assert re.sub(r"by \S+ until \S+", "by X until X", said) == re.sub(r"by \S+ until \S+", "by X until X", shown[1])
