"""Which room may import which: the directions of docs/decisions.md, read from the code itself."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NEUTRAL = {"newsbeam", "newsbeam.records", "newsbeam.urls", "newsbeam.times", "newsbeam.text"}
ALLOWED = {
    "config": {"newsbeam.config"},
    "connectors": NEUTRAL | {"newsbeam.connectors", "newsbeam.config.tables", "newsbeam.config.errors"},
    "transforms": NEUTRAL | {"newsbeam.transforms", "newsbeam.config.rules"},
    "pipelines": NEUTRAL | {"newsbeam.pipelines", "newsbeam.transforms", "newsbeam.connectors", "newsbeam.config"},
}
SHELLS = {"transforms/copies.py"}
"""The Beam transforms among the pure files."""


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
        for name in imports(path)
        if name.split(".")[0] == "newsbeam" and not within(name, ALLOWED[room])
    ]
    assert wrong == []


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
