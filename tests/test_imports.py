"""Which room may import which: the directions of docs/decisions.md, read from the code itself."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import newsbeam.transforms

ROOT = Path(__file__).parent.parent
NEUTRAL = {"newsbeam", *(f"newsbeam.{name}" for name in "records urls times zones text reserving".split())}
ALLOWED = {
    "config": {"newsbeam.config"},
    "connectors": NEUTRAL
    | {"newsbeam.connectors", "newsbeam.config.tables", "newsbeam.config.headers", "newsbeam.config.errors"},
    "transforms": NEUTRAL | {"newsbeam.transforms", "newsbeam.config.rules"},
    "pipelines": NEUTRAL | {"newsbeam.pipelines", "newsbeam.transforms", "newsbeam.connectors", "newsbeam.config"},
}
SHELLS = {"transforms/copies.py"}
"""The Beam transforms among the pure files."""
FRONT = "transforms/__init__.py"
"""Names the transforms that lie in pipelines: to type checkers only, and loads them when they are asked for."""


def imports(path: Path) -> set[str]:
    """Every module that a file names in an import, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{one.name}" for one in node.names}
    return found


def imports_for_types(path: Path) -> set[str]:
    """Every module that a file names for type checkers alone."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for one in node.body:
                assert isinstance(one, ast.ImportFrom), f"{path}: more than an import under TYPE_CHECKING"
                found |= {f"{one.module}.{name.name}" for name in one.names}
    return found


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def within(name: str, allowed: set[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in allowed - {"newsbeam"}) or (
        "newsbeam" in allowed and name in ("newsbeam", "newsbeam.__version__", *_neutral_members())
    )


def _neutral_members() -> set[str]:
    return {f"newsbeam.{one}" for one in ("records", "urls", "times", "text")}


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_each_room_imports_only_what_it_may(room: str) -> None:
    assert files(room), f"{room} is empty"
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files(room)
        for name in imports(path) - (imports_for_types(path) if str(path.relative_to(ROOT)) == FRONT else set())
        if name.split(".")[0] == "newsbeam" and not within(name, ALLOWED[room])
    ]
    assert wrong == []


def test_the_names_of_the_transforms_are_all_that_is_lent_to_another_room() -> None:
    lent = imports_for_types(ROOT / FRONT)
    assert lent
    assert all(name.startswith("newsbeam.pipelines.shells.") for name in lent)
    assert {name.rpartition(".")[2] for name in lent} == set(newsbeam.transforms.__all__)


def test_a_process_that_parses_loads_neither_beam_nor_the_pipelines() -> None:
    code = """
import sys
import newsbeam.transforms, newsbeam.transforms.documents, newsbeam.connectors.sources.feed
print([name for name in sys.modules if name.startswith(("apache_beam", "newsbeam.pipelines", "sqlalchemy"))])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_transforms_are_loaded_when_they_are_asked_for() -> None:
    for name in newsbeam.transforms.__all__:
        assert name in dir(newsbeam.transforms)
        assert getattr(newsbeam.transforms, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'ExtractAricles'"):
        getattr(newsbeam.transforms, "ExtractAricles")  # noqa: B009


def test_no_module_goes_by_its_folder_name_alone() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for room in [*ALLOWED, "tests", "benchmarks"]
        for path in files(room)
        for name in imports(path)
        if name.split(".")[0] in ALLOWED
    ]
    assert wrong == []


def test_pure_text_work_touches_no_beam_clock_or_network() -> None:
    forbidden = {"apache_beam", "time", "socket", "random", "aiohttp", "sqlalchemy", "subprocess", "threading"}
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files("transforms")
        if str(path.relative_to(ROOT)) not in SHELLS
        for name in imports(path)
        if name.split(".")[0] in forbidden
    ]
    assert wrong == []


def test_what_children_run_never_imports_beam() -> None:
    light = [*files("transforms"), *files("connectors/sources"), *files("connectors/processes")]
    wrong = [
        str(path.relative_to(ROOT))
        for path in light
        if str(path.relative_to(ROOT)) not in SHELLS
        and any(name.split(".")[0] == "apache_beam" for name in imports(path))
    ]
    assert wrong == []


def test_records_import_nothing_of_ours() -> None:
    assert [name for name in imports(ROOT / "newsbeam" / "records.py") if name.startswith("newsbeam")] == []
