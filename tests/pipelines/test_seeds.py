"""The five documents that the project began with, on one event: clean, apart, and a copy of the first found."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from newsbeam.pipelines.cli import main
from newsbeam.records import Removed
from newsbeam.transforms.removed import rebuild

SHARED = Path(os.environ.get("NEWSBEAM_SHARED", Path(__file__).parents[3] / "shared"))
SEEDS = SHARED / "seeds"

pytestmark = pytest.mark.skipif(not (SEEDS / "gold.jsonl").exists(), reason=f"no seed documents in {SEEDS}")


def run(folder: Path, *patterns: str) -> dict[str, list[dict[str, Any]]]:
    texts = [part for pattern in patterns for part in ("--texts", pattern)]
    assert main(["run", *texts, "--store", f"jsonl:{folder}", "--quiet"]) == 0
    return {
        one: [json.loads(line) for file in (folder / one).glob("*.jsonl") for line in file.read_text().splitlines()]
        for one in ("articles", "duplicates", "rejected")
    }


def words(text: str) -> str:
    return " ".join("".join(char if char.isalnum() else " " for char in text.lower()).split())


def test_every_line_of_gold_is_where_it_belongs(tmp_path: Path) -> None:
    found = run(tmp_path, str(SEEDS / "*.txt"))
    assert len(found["articles"]) == 5
    assert found["duplicates"] == found["rejected"] == []
    for line in (SEEDS / "gold.jsonl").read_text("utf-8").splitlines():
        gold = json.loads(line)
        record = next(one for one in found["articles"] if one["url"].endswith(gold["file"]))
        removed = [(one["kind"], words(one["text"])) for one in record["removed"]]
        body = words(record["body"])
        for row in gold["lines"]:
            text = words(row["text"].replace("date 2023-05-03", ""))
            if row["kind"] in ("body", "embedded_post"):
                assert text in body, (gold["file"], row)
            elif row["kind"] == "title":
                assert words(record["title"]) == text
            else:
                assert any(kind == row["kind"] and text in taken for kind, taken in removed), (gold["file"], row)
        credit = record["attribution"] and record["attribution"]["source"]
        assert credit == gold["attribution"]
        passages = tuple(Removed(**one) for one in record["removed"])
        original = (SEEDS / gold["file"]).read_text("utf-8")
        assert words(rebuild(record["body"], passages)) == words(original)


def test_a_republished_copy_joins_the_first_and_the_others_stay_apart(tmp_path: Path) -> None:
    """Another headline, another site's furniture, the last paragraph cut: still the same story."""
    first = next(SEEDS.glob("000_*.txt")).read_text("utf-8")
    story = [line for line in first.splitlines() if line.strip()]
    cut = [line for line in story[:-3] if not line.startswith("Source:")]
    furniture = [
        "Tweet",
        "Share on WhatsApp",
        "Print this page",
        "Sign up for our evening newsletter",
        "More from World",
    ]
    copy = tmp_path / "copy.txt"
    copy.write_text("\n".join(["What the night over the capital means", *cut, "Read also:", *furniture]), "utf-8")
    found = run(tmp_path / "out", str(SEEDS / "*.txt"), str(copy))
    assert len(found["articles"]) == 5
    (duplicate,) = found["duplicates"]
    kept = next(one for one in found["articles"] if one["id"] == duplicate["duplicate_of"])
    assert {one["url"].rpartition("/")[2] for one in (duplicate, kept)} == {
        "copy.txt",
        next(SEEDS.glob("000_*.txt")).name,
    }
    assert duplicate["cluster_id"] == kept["cluster_id"]
    assert len({one["cluster_id"] for one in found["articles"]}) == 5
    assert kept["kept_because"] != []
