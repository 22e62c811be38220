"""`newsbeam replay` after a server is mended: every row of it becomes a record once, and nothing else is asked for."""

import json
from pathlib import Path

import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines import batch, stopping
from newsbeam.pipelines.cli import main
from newsbeam.pipelines.report import Report
from newsbeam.pipelines.request import Request
from tests.slow.worlds import Answer, Site, page, prose, rss, warc_record, write_warc

HURRIED = ("fetch.host_delay=0", "fetch.retry_wait=0.01", "fetch.robots=false", "extract.workers=1")


def rows(folder: Path, collection: str) -> dict[str, dict[str, object]]:
    found = (line for file in (folder / collection).glob("*.jsonl") for line in file.read_text("utf-8").splitlines())
    return {row["url"]: row for row in map(json.loads, found)}


def taken_in(request: Request) -> Report:
    stopping.reset()
    report = batch.run(request)
    assert report.pending == 0
    assert all(one.difference == 0 for one in report.accounts)
    return report


def test_what_a_mended_server_gives_is_taken_in_once_and_its_rows_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: dict[str, Answer] = {"/ok": ("text/html", page("Fine", prose(9, paragraphs=4)))}
    with Site(answers) as site:
        site.answers["/feed"] = rss(site.base, ["/1", "/2", "/ok", "/never"])
        out, store = tmp_path / "out", f"jsonl:{tmp_path}/out"
        request = Request(
            feeds=(f"{site.base}/feed",),
            stores=(store,),
            allow=(f"127.0.0.0/8:{site.port}",),
            settings=load(assignments=HURRIED),
            beam=("--runner=FnApiRunner",),
        )
        taken_in(request)
        assert rows(out, "rejected").keys() == {f"{site.base}/{name}" for name in ("1", "2", "never")}
        for number in (1, 2):
            site.answers[f"/{number}"] = ("text/html", page(f"Mended {number}", prose(number, paragraphs=4)))
        taken_in(request)
        assert len(rows(out, "rejected")) == 3, "final rows are not taken up by themselves"

        assert main(["replay", "--store", store, "--dry-run"]) == 0
        assert "3 entries would be taken up again by the next run: http_error 3" in capsys.readouterr().out
        taken_in(request)
        assert len(rows(out, "rejected")) == 3, "a dry run changes nothing"

        site.asked.clear()
        assert main(["replay", "--store", store, "--reason", "http_error", "--host", "127.0.0.1"]) == 0
        assert "3 entries are taken up again by the next run: http_error 3" in capsys.readouterr().out
        taken_in(request)
        assert sorted(site.asked) == ["/1", "/2", "/feed", "/never"]
        assert rows(out, "rejected").keys() == {f"{site.base}/never"}
        assert rows(out, "rejected")[f"{site.base}/never"]["attempts"] == 2
        articles = rows(out, "articles")
        assert {row["title"] for row in articles.values()} == {"Fine", "Mended 1", "Mended 2"}

        site.asked.clear()
        assert main(["replay", "--store", store, "--reason", "timeout"]) == 0
        assert capsys.readouterr().out.endswith("0 entries are taken up again by the next run\n")
        taken_in(request)
        assert site.asked == ["/feed"]
        assert rows(out, "articles") == articles


def test_an_archive_with_rejected_records_is_read_again_from_its_beginning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = b"<html><body><p>Too short a text, by some.</p></body></html>"
    records = [
        warc_record("https://a.example/1", page("One", prose(1, paragraphs=4)), "2026-11-20T08:00:00Z"),
        warc_record("https://a.example/2", short, "2026-11-20T08:00:00Z"),
    ]
    archive = write_warc(tmp_path / "a.warc.gz", records)
    store = f"jsonl:{tmp_path}/out"
    request = Request(
        warc=(archive,), stores=(store,), settings=load(assignments=HURRIED), beam=("--runner=FnApiRunner",)
    )
    taken_in(request)
    assert rows(tmp_path / "out", "rejected").keys() == {"https://a.example/2"}
    assert main(["replay", "--store", store, "--reason", "no_text"]) == 0
    assert (
        f"{archive}: are read again from the beginning by the next run with --warc (1 rows)" in capsys.readouterr().out
    )
    lower = Request(
        warc=(archive,),
        stores=(store,),
        settings=load(assignments=(*HURRIED, "extract.min_chars=10")),
        beam=("--runner=FnApiRunner",),
    )
    report = taken_in(lower)
    (account,) = report.accounts
    assert (account.seen, account.articles, account.skipped) == (2, 1, {"same_text": 1})
    assert rows(tmp_path / "out", "rejected") == {}


def test_a_reason_that_is_none_and_a_state_that_is_not_there_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "--store", f"jsonl:{tmp_path}/out", "--reason", "no_txt"]) == 2
    assert "--reason 'no_txt': no such reason; known: address_refused" in capsys.readouterr().err
    assert main(["replay", "--store", f"jsonl:{tmp_path}/out"]) == 1
    assert "there is no state" in capsys.readouterr().err
