"""Pages that reserve themselves in a whole run: kept by default; left out of stores and archive where that is set."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines import batch, stopping
from newsbeam.pipelines.request import Request
from tests.slow.worlds import Answer, Site, page, prose, rss

HURRIED = ("fetch.host_delay=0", "extract.workers=1")
ROBOTS = b"User-agent: GPTBot\nDisallow: /reserved\n"
EVIDENCE = ["header x-robots-tag: noai", "robots.txt refuses: GPTBot"]


def rows(folder: Path, collection: str) -> dict[str, dict[str, Any]]:
    found = (line for file in (folder / collection).glob("*.jsonl") for line in file.read_text("utf-8").splitlines())
    return {row["url"]: row for row in map(json.loads, found)}


def read_again(folder: Path, keep: bool, collection: str) -> dict[str, dict[str, Any]]:
    """The rows that the archive in the folder gives."""
    batch.run(
        Request(
            warc=(f"{folder}/kept/**/*.warc.gz",),
            stores=(f"jsonl:{folder}/again-{keep}",),
            settings=load(assignments=(*HURRIED, f"fetch.keep_reserved={str(keep).lower()}")),
            beam=("--runner=FnApiRunner",),
        )
    )
    return rows(folder / f"again-{keep}", collection)


@pytest.mark.parametrize("kept", [True, False])
def test_a_reserved_page_goes_by_the_setting(tmp_path: Path, kept: bool) -> None:
    stopping.reset()
    answers: dict[str, Answer] = {
        "/robots.txt": ("text/plain", ROBOTS),
        "/free": ("text/html", page("A free story", prose(1, paragraphs=4))),
        "/reserved": ("text/html\r\nX-Robots-Tag: noai", page("A reserved story", prose(2, paragraphs=4))),
    }
    settings = load(assignments=(*HURRIED, f"fetch.keep_reserved={str(kept).lower()}"))
    with Site(answers) as site:
        site.answers["/feed"] = rss(site.base, ["/free", "/reserved"])
        report = batch.run(
            Request(
                feeds=(f"{site.base}/feed",),
                stores=(f"jsonl:{tmp_path}/out", f"warc:{tmp_path}/kept"),
                allow=(f"127.0.0.0/8:{site.port}",),
                settings=settings,
                beam=("--runner=FnApiRunner",),
            )
        )
    assert report.pending == 0
    assert all(one.difference == 0 for one in report.accounts)
    articles, rejected = rows(tmp_path / "out", "articles"), rows(tmp_path / "out", "rejected")
    archived = b"".join(gzip.decompress(file.read_bytes()) for file in (tmp_path / "kept").rglob("*.warc.gz"))
    assert (f"{site.base}/reserved" in articles) is kept
    assert articles[f"{site.base}/free"]["reserved"] == []
    assert (b"<h1>A reserved story</h1>" in archived) is kept
    assert b"<h1>A free story</h1>" in archived
    told = {url: (row["stage"], row["reason"], row["detail"]) for url, row in rejected.items()}
    assert told == ({} if kept else {f"{site.base}/reserved": ("extract", "reserved", "; ".join(EVIDENCE))})
    if kept:
        assert articles[f"{site.base}/reserved"]["reserved"] == EVIDENCE
        again = {url: row["reserved"] for url, row in read_again(tmp_path, True, "articles").items()}
        assert again == {url: row["reserved"] for url, row in articles.items()}
        (row,) = read_again(tmp_path, False, "rejected").values()
        assert (row["reason"], row["detail"]) == ("reserved", "; ".join(EVIDENCE)), "archives tell it, too"
