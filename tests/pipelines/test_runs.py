"""Wrong use and broken input that only a run shows: each with its message, each without harm to what is well."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from newsbeam.config.settings import load
from newsbeam.connectors.state.lease import this_owner
from newsbeam.connectors.state.state import open_state
from newsbeam.pipelines import batch, cli, stopping
from newsbeam.pipelines.engine import now
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.report import Report, total
from newsbeam.pipelines.request import Request
from tests.slow.worlds import page, prose, warc_record, write_warc


def taken_in(folder: Path, **sources: Sequence[str]) -> tuple[Report, dict[str, list[dict[str, Any]]]]:
    """The report of a run in this process, and the rows of its store."""
    stopping.reset()
    request = Request(
        **{kind: tuple(names) for kind, names in sources.items()},
        stores=(f"jsonl:{folder / 'out'}",),
        settings=load(assignments=("extract.workers=1",)),
        beam=("--runner=FnApiRunner",),
    )
    report = batch.run(request)
    rows = {
        name: [json.loads(line) for path in (folder / "out" / name).glob("*.jsonl") for line in path.open("rb")]
        for name in ("articles", "duplicates", "rejected")
    }
    whole = total(report.accounts)
    assert (whole.difference, report.pending) == (0, 0)
    return report, rows


def test_of_an_archive_that_is_cut_all_before_the_cut_is_kept(tmp_path: Path) -> None:
    records = [
        warc_record(f"https://a.example/{number}", page(f"Story {number}", prose(number, paragraphs=5)), day)
        for number, day in enumerate(("2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"))
    ]
    path = write_warc(tmp_path / "cut.warc.gz", [*records[:2], records[2][: len(records[2]) // 2]])
    report, rows = taken_in(tmp_path, warc=(path,))
    assert sorted(row["url"] for row in rows["articles"]) == ["https://a.example/0", "https://a.example/1"]
    (cut,) = rows["rejected"]
    assert (cut["reason"], cut["stage"], cut["attempts"]) == ("truncated_archive", "read", 1)
    assert (total(report.accounts).articles, total(report.accounts).rejected) == (2, 1)
    report, again = taken_in(tmp_path, warc=(path,))
    assert again == rows
    assert report.new == 0


def test_a_file_that_is_no_text_is_a_row_beside_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("\n\n".join(prose(1, paragraphs=4)))
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8)
    _, rows = taken_in(tmp_path, texts=(f"{tmp_path}/*.txt",))
    assert [row["url"] for row in rows["articles"]] == [(tmp_path / "good.txt").as_uri()]
    (wrong,) = rows["rejected"]
    assert (wrong["reason"], wrong["url"]) == ("not_text", (tmp_path / "picture.txt").as_uri())


@pytest.fixture
def text(tmp_path: Path) -> str:
    """A text that a run could take in."""
    path = tmp_path / "story.txt"
    path.write_text("\n\n".join(prose(2, paragraphs=4)))
    return str(path)


def test_a_folder_that_cannot_be_written_is_named_before_anything_is_read(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    assert cli.main(["run", "--texts", text, "--store", f"jsonl:{tmp_path}/taken/out"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"newsbeam: jsonl:{tmp_path}/taken/out: cannot be written: ")
    assert "Traceback" not in said


def test_a_database_that_is_none_is_named(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "news.db").write_bytes(b"no database, " * 400)
    assert cli.main(["run", "--texts", text, "--store", f"sqlite:///{tmp_path}/news.db"]) == 1
    assert f"sqlite:///{tmp_path}/news.db" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("fetch.host_delya=1", "fetch.host_delya"),
        ("fetsch.host_delay=1", "fetsch"),
        ("fetch.host_delay=soon", "fetch.host_delay"),
        ("fetch.host_delay=-1", "fetch.host_delay"),
    ],
)
def test_a_setting_that_is_wrong_is_the_callers_mistake(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str], assignment: str, said: str
) -> None:
    store = f"jsonl:{tmp_path}/out"
    assert cli.main(["run", "--texts", text, "--store", store, "--set", assignment]) == 2
    assert capsys.readouterr().err.startswith(f"newsbeam: {said}")
    assert not (tmp_path / "out").exists()


def test_a_key_misspelt_in_a_file_is_the_callers_mistake(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.toml").write_text("[extract]\ndeadlin = 4\n")
    options = ["--store", f"jsonl:{tmp_path}/out", "--config", str(tmp_path / "own.toml")]
    assert cli.main(["run", "--texts", text, *options]) == 2
    assert capsys.readouterr().err.startswith("newsbeam: extract.deadlin")


def test_of_two_runs_on_one_state_the_second_says_who_holds_it(tmp_path: Path, text: str) -> None:
    taken_in(tmp_path, texts=(text,))
    state = open_state(f"sqlite:///{tmp_path}/out/.newsbeam/state.db")
    epoch = state.take_lease(owner=this_owner(), seconds=60, now=now())
    with pytest.raises(Failed, match=r"the state is held by .+:\d+:\d+ until 20\d\d-"):
        taken_in(tmp_path, texts=(text,))
    state.release_lease(epoch)
    report, _ = taken_in(tmp_path, texts=(text,))
    assert report.new == 0
