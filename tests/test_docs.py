"""What the documents list is what the code knows."""

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from newsbeam.connectors.stores.urls import open_store
from newsbeam.records import REASONS, SKIPS
from newsbeam.transforms.limits import LIMITS

DOCS = Path(__file__).parent.parent / "docs"


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
