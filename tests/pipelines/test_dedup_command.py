"""`newsbeam dedup sample` and `score`: pairs of a store to be marked, and what thresholds make of the marks."""

import json
from pathlib import Path
from typing import Any

import pytest

from newsbeam.connectors.state import engine
from newsbeam.connectors.stores.filling import copy
from newsbeam.connectors.stores.urls import open_store
from newsbeam.pipelines import marking
from newsbeam.pipelines.cli import main
from tests.connectors.stores.fakes import NOW, Place
from tests.pipelines.test_forgetting import story, take_in
from tests.slow.worlds import prose

COMMON = prose(7, paragraphs=20, sentences=2)
STORIES = [
    story(
        f"s{n}",
        [*COMMON[: 4 + n % 4 * 3], *prose(100 + n, paragraphs=n % 5 * 3, sentences=2)],
        f"{chr(97 + n)}.example",
    )
    for n in range(16)
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(engine, "SYNCHRONOUS", "OFF")
    made = Place(tmp_path, stores=("jsonl", "sqlite"))
    take_in(made, STORIES)
    return made


def called(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> tuple[str, str]:
    assert main(("dedup", *arguments)) == status
    said = capsys.readouterr()
    return said.out, said.err


def test_pairs_on_both_sides_of_both_thresholds_the_same_from_every_store(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    before = place.contents()
    first, said = called(capsys, "sample", "--store", place.urls[0], "--count", "12")
    assert "12 pairs to stdout" in said
    assert called(capsys, "sample", "--store", place.urls[1], "--count", "12")[0] == first
    backwards = open_store(f"jsonl:{place.folder}/backwards")
    rows: dict[Any, Any] = {name: list(place.stores[0].rows(name))[::-1] for name in ("articles", "duplicates")}  # type: ignore[arg-type]
    copy(backwards, rows, now=NOW)
    assert called(capsys, "sample", "--store", backwards.url, "--count", "12")[0] == first
    assert place.contents() == before

    pairs = [json.loads(line) for line in first.splitlines()]
    assert len({(one["a"]["id"], one["b"]["id"]) for one in pairs}) == 12
    assert {one["border"] for one in pairs} >= {"above dedup.similarity", "below dedup.similarity"}
    known = {one.id: one for one in STORIES}
    for one in pairs:
        assert next(iter(one)) == "same"
        assert one["same"] is None
        assert one["a"]["url"] == known[one["a"]["id"]].url
        texts = known[one["a"]["id"]].body, known[one["b"]["id"]].body
        assert one["passages"]
        for passage in one["passages"]:
            assert all(part is None or len(part) <= 240 for part in passage.values())
            assert passage["a"] is None or passage["a"][:40] not in texts[1].replace("\n\n", " ")
    decided = {row["id"]: row for row in before[0].values()}
    for one in pairs:
        together = decided[one["a"]["id"]]["cluster_id"] == decided[one["b"]["id"]]["cluster_id"]
        assert (one["relation"] is not None) == together


def test_only_the_window_of_a_state_counts_where_one_is_named(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    whole, _ = called(capsys, "sample", "--store", place.urls[0])
    assert called(capsys, "sample", "--store", place.urls[0], "--state", place.state_url)[0] == whole
    place.state.expire(before="2027-01-01T00:00:00Z", epoch=place.epoch)
    out, said = called(capsys, "sample", "--store", place.urls[0], "--state", place.state_url)
    assert (out, "0 pairs" in said) == ("", True)


def test_what_was_marked_is_scored_and_bad_lines_are_named(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    out = place.folder / "pairs.jsonl"
    called(capsys, "sample", "--store", place.urls[0], "--out", str(out))
    _, said = called(capsys, "sample", "--store", place.urls[0], "--out", str(out), status=2)
    assert "exists, and may hold marks" in said
    _, said = called(capsys, "score", str(out), status=2)
    assert "no pair of it is marked" in said

    pairs = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(pairs) > 8
    for one in pairs[:-1]:
        one["same"] = one["border"].startswith("above")
    bad = ["no JSON at all", json.dumps(pairs[0] | {"same": "yes"}), json.dumps(pairs[0]), json.dumps([1])]
    out.write_text("\n".join([*map(json.dumps, pairs), "", *bad]) + "\n")
    table, said = called(capsys, "score", str(out))
    last = len(pairs) + 1
    assert [line.split(":")[2] for line in said.splitlines()] == [str(last + n) for n in (1, 2, 3, 4)]
    assert "\"same\" is 'yes': use true, false or null" in said
    assert "the pair of line 1 again" in said
    lines = table.splitlines()
    assert lines[0].startswith(f"{len(pairs) - 1} marked (")
    assert lines[0].endswith("1 unmarked, 4 bad lines")
    assert lines[2].split() == ["0.4", "0.7", "1.00", "1.00", "0", "0"]
    other, _ = called(capsys, "score", str(out), "--similarity", ".6", "--containment", ".9")
    assert other.splitlines()[2].split()[:2] == ["0.6", "0.9"]
    assert float(other.splitlines()[2].split()[3]) < 1
    assert (
        "--similarity: 3.0 is not within 0.05 to 1"
        in called(capsys, "score", str(out), "--similarity", "3", status=2)[1]
    )


def test_a_line_that_is_changed_where_it_must_not_be_is_bad() -> None:
    good = {
        "same": True,
        "similarity": 0.4,
        "containment": 0.5,
        "by": ["similarity"],
        "a": {"id": "x"},
        "b": {"id": "y"},
    }
    wrong: list[dict[str, Any]] = [{"similarity": 2}, {"by": []}, {"by": ["luck"]}, {"a": None}, {"containment": True}]
    lines = [json.dumps(good | {"a": {"id": "w"}} | change).encode() for change in wrong]
    found = marking.read([*lines, json.dumps(good).encode()])
    assert [number for number, _ in found.bad] == [1, 2, 3, 4, 5]
    assert len(found.marked) == 1
