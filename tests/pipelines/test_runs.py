"""Inputs that are broken, and a state that is held: what is kept, what is rejected, what a person is told."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from newsbeam.connectors.state.lease import this_owner
from newsbeam.connectors.state.state import open_state
from newsbeam.pipelines import engine
from newsbeam.pipelines.cli import main

STORY = " ".join(f"The {noun} of the valley was repaired on a {day}." for noun in ("bridge", "mill", "tower", "weir")
                 for day in ("Monday", "Tuesday", "Friday"))  # fmt: skip


def record(number: int) -> bytes:
    body = f"<html><body><article><h1>Story {number}</h1><p>{STORY} It was number {number}.</p></article></body></html>"
    http = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    head = (
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number:032x}>\r\n"
        f"WARC-Date: 2023-05-03T12:00:0{number}Z\r\nWARC-Target-URI: https://www.site{number}.example/story\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return gzip.compress((head + http + "\r\n\r\n").encode(), mtime=0)


def rows(folder: Path, collection: str) -> list[dict[str, Any]]:
    files = sorted((folder / collection).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def test_a_warc_cut_in_the_middle_keeps_what_was_read_and_says_where_it_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = [record(number) for number in range(3)]
    archive = tmp_path / "cut.warc.gz"
    archive.write_bytes(whole[0] + whole[1] + whole[2][: len(whole[2]) // 2])
    out = tmp_path / "out"
    assert main(["run", "--warc", str(archive), "--store", f"jsonl:{out}"]) == 0
    stories = rows(out, "articles") + rows(out, "duplicates")
    assert {row["url"] for row in stories} == {f"https://www.site{number}.example/story" for number in range(2)}
    (cut,) = rows(out, "rejected")
    assert (cut["reason"], cut["stage"], cut["retry_at"]) == ("truncated_archive", "read", None)
    assert cut["url"].startswith(archive.as_uri())
    assert "difference 0, pending 0" in capsys.readouterr().out


def test_a_text_that_is_not_text_is_a_row_and_harms_no_neighbour(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(f"The valley\n{STORY}\n", "utf-8")
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8)
    out = tmp_path / "out"
    assert main(["run", "--texts", str(tmp_path / "*.txt"), "--store", f"jsonl:{out}"]) == 0
    assert [row["title"] for row in rows(out, "articles")] == ["The valley"]
    assert [(row["reason"], row["url"].rpartition("/")[2]) for row in rows(out, "rejected")] == [
        ("not_text", "picture.txt")
    ]


def test_the_second_run_of_two_on_one_state_says_who_holds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.txt").write_text(STORY, "utf-8")
    call = ["run", "--texts", str(tmp_path / "*.txt"), "--store", f"jsonl:{tmp_path / 'out'}"]
    assert main(call) == 0
    state = open_state(f"sqlite:///{tmp_path / 'out' / '.newsbeam' / 'state.db'}")
    epoch = state.take_lease(owner=this_owner(), seconds=60, now=engine.now())
    capsys.readouterr()
    assert main(call) == 1
    assert this_owner() in capsys.readouterr().err
    state.release_lease(epoch)
    assert main(call) == 0


def test_a_run_is_noted_in_the_state_with_its_counts(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(STORY, "utf-8")
    assert main(["run", "--texts", str(tmp_path / "*.txt"), "--store", f"sqlite:///{tmp_path / 'news.db'}"]) == 0
    (run,) = open_state(f"sqlite:///{tmp_path / 'news.db.state'}").runs()
    assert (run.outcome, run.counts["seen"], run.counts["articles"], run.counts["pending"]) == ("done", 1, 1, 0)
    assert run.ended is not None
    assert len(run.settings_hash) == 16
