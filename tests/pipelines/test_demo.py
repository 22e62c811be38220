"""The demo: the main job over the bundled world, twice."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from newsbeam.pipelines.demo import show
from newsbeam.pipelines.report import total


def rows(lines: Path, collection: str) -> list[dict[str, Any]]:
    return [json.loads(line) for file in (lines / collection).glob("*.jsonl") for line in file.read_text().splitlines()]


def test_everything_is_accounted_for_and_a_second_run_brings_nothing_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = show.run(tmp_path)
    whole = total(first.accounts)
    assert (whole.difference, first.pending) == (0, 0)
    articles, duplicates, rejected = (rows(tmp_path / "jsonl", one) for one in ("articles", "duplicates", "rejected"))
    assert (len(articles), len(duplicates), len(rejected)) == (whole.articles, whole.duplicates, whole.rejected)
    assert len(articles) >= 30
    assert {row["language"] for row in articles} >= {"en", "de", "el", "fr"}
    assert {row["reason"] for row in rejected} >= {"parse_timeout", "not_a_feed", "bad_link", "http_error"}

    clusters = {row["cluster_id"] for row in duplicates}
    assert len(clusters) == 1, "one wire story is carried by others"
    assert len(duplicates) == 4
    kept = next(row for row in articles if row["cluster_id"] in clusters)
    assert {row["duplicate_of"] for row in duplicates} == {kept["id"]}
    assert kept["kept_because"] != []

    database = sqlite3.connect(tmp_path / "news.db")
    for collection, written in (("articles", articles), ("duplicates", duplicates), ("rejected", rejected)):
        in_table = {row[0] for row in database.execute(f"select id from {collection}")}
        assert in_table == {row["id"] for row in written}, collection

    stories = [path for one in ("articles", "duplicates") for path in (tmp_path / "jsonl" / one).glob("*.jsonl")]
    before = {path: path.read_bytes() for path in stories}
    assert "nothing is new" not in capsys.readouterr().out
    second = show.run(tmp_path)
    assert "nothing is new" in capsys.readouterr().out
    assert (second.new, second.corrected, second.pending) == (0, 0, 0)
    assert {path: path.read_bytes() for path in stories} == before
