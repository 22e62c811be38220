"""Runs over what `--feeds` may be given besides feeds, with `--since`, and over a story that its feed has revised."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines import batch, stopping
from newsbeam.pipelines.report import Report, total
from newsbeam.pipelines.request import Request
from tests.slow.worlds import Answer, Site, page, prose

pytestmark = pytest.mark.slow

SPACES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
QUICK = ("extract.workers=1", "fetch.host_delay=0.01", "fetch.tries=1", "fetch.robots=false", "feeds.sitemaps=2")
HTML = "text/html"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site({}) as made:
        yield made


def taken_in(folder: Path, site: Site, *paths: str, since: str | None = None) -> tuple[Report, dict[str, list[Any]]]:
    """The report of a run in this process that adds up, and the rows of its store."""
    stopping.reset()
    request = Request(
        feeds=tuple(f"{site.base}{path}" for path in paths),
        allow=(f"127.0.0.0/8:{site.port}",),
        stores=(f"jsonl:{folder / 'out'}",),
        settings=load(assignments=QUICK),
        beam=("--runner=FnApiRunner",),
        since=since,
    )
    report = batch.run(request)
    rows = {
        name: [json.loads(line) for path in (folder / "out" / name).glob("*.jsonl") for line in path.open("rb")]
        for name in ("articles", "duplicates", "rejected")
    }
    assert (total(report.accounts).difference, report.pending) == (0, 0)
    return report, rows


def paths(rows: list[Any], site: Site) -> list[str]:
    return sorted(row["url"].removeprefix(site.base) for row in rows)


def stories(*names: str) -> dict[str, Answer]:
    return {f"/{one}": (HTML, page(f"Story {one}", prose(len(one) * 97 + ord(one[-1]), paragraphs=5))) for one in names}


def atom(site: Site, *entries: tuple[str, str]) -> Answer:
    body = "".join(
        f"<entry><id>{name}</id><title>Story {name}</title><link href='{site.base}/{name}'/>"
        f"<updated>{updated}</updated></entry>"
        for name, updated in entries
    )
    feed = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Harbour Post</title>{body}</feed>"
    return "application/atom+xml", feed.encode()


def urlset(*paths: str) -> bytes:
    return f"<urlset {SPACES}>{''.join(f'<url><loc>{path}</loc></url>' for path in paths)}</urlset>".encode()


def test_sitemaps_of_an_index_are_feeds_of_their_own(tmp_path: Path, site: Site) -> None:
    named = "".join(
        f"<sitemap><loc>/{month}.xml.gz</loc><lastmod>2026-{month}-01</lastmod></sitemap>" for month in (10, 11, 9)
    )
    site.answers = {
        "/index.xml": ("text/xml", f"<sitemapindex {SPACES}>{named}</sitemapindex>".encode()),
        "/10.xml.gz": ("application/gzip", gzip.compress(urlset("/one", "/two", "/"))),
        "/11.xml.gz": ("application/gzip", gzip.compress(urlset("/three"))),
        **stories("one", "two", "three"),
    }
    report, rows = taken_in(tmp_path, site, "/index.xml")
    assert paths(rows["articles"], site) == ["/one", "/three", "/two"]
    assert [row["reason"] for row in rows["rejected"]] == ["bad_link"]
    accounts = {one.source.removeprefix(site.base): one for one in report.accounts}
    assert accounts["/index.xml"].skipped == {"over_limit": 1}
    assert [(path, accounts[path].seen) for path in ("/10.xml.gz", "/11.xml.gz")] == [
        ("/10.xml.gz", 3),
        ("/11.xml.gz", 1),
    ]
    report, _ = taken_in(tmp_path, site, "/index.xml")
    assert report.new == 0


def test_a_page_is_rejected_until_it_offers_a_feed_which_then_takes_its_place(tmp_path: Path, site: Site) -> None:
    head = "<!DOCTYPE html><html><head><title>News</title>{}</head><body>News</body></html>"
    link = '<link rel="alternate" type="application/atom+xml" href="/stories">'
    site.answers = {"/": (HTML, head.format("").encode()), **stories("one")}
    _, rows = taken_in(tmp_path, site, "/")
    (row,) = rows["rejected"]
    assert (row["reason"], row["stage"]) == ("not_a_feed", "poll")
    assert "link rel=alternate" in row["detail"]
    assert "give the address of a feed" in row["detail"]
    site.answers |= {"/": (HTML, head.format(link).encode()), "/stories": atom(site, ("one", "2026-11-20T08:00:00Z"))}
    report, rows = taken_in(tmp_path, site, "/")
    assert (paths(rows["articles"], site), rows["rejected"]) == (["/one"], [])
    assert rows["articles"][0]["feed_url"] == f"{site.base}/stories"
    assert [one.source for one in report.accounts] == [f"{site.base}/stories"]


def test_what_since_left_alone_is_taken_by_a_run_without_it(tmp_path: Path, site: Site) -> None:
    site.answers = {
        "/feed": atom(site, ("one", "2026-11-20T08:00:00Z"), ("two", "2026-11-01T08:00:00Z")),
        **stories("one", "two"),
    }
    for skipped in ({"older": 1}, {"not_modified": 2}):  # the second time the feed sends the same bytes
        report, rows = taken_in(tmp_path, site, "/feed", since="2026-11-10T00:00:00Z")
        assert paths(rows["articles"], site) == ["/one"]
        assert total(report.accounts).skipped == skipped
    report, rows = taken_in(tmp_path, site, "/feed")
    assert paths(rows["articles"], site) == ["/one", "/two"]
    assert total(report.accounts).skipped == {"known": 1}


def test_a_story_that_its_feed_has_revised_is_fetched_once_more(tmp_path: Path, site: Site) -> None:
    def announced(hour: int) -> Answer:
        return atom(site, ("one", f"2026-11-20T{hour:02}:00:00Z"), ("two", "2026-11-20T07:00:00Z"))

    first, second = stories("one")["/one"], (HTML, page("Story one", prose(4711, paragraphs=5)))
    site.answers = {"/feed": announced(8), **stories("one", "two")}
    report, rows = taken_in(tmp_path, site, "/feed")
    before = {row["url"]: row for row in rows["articles"]}[f"{site.base}/one"]
    site.answers |= {"/feed": announced(9), "/one": second}
    report, rows = taken_in(tmp_path, site, "/feed")
    assert (total(report.accounts).seen, total(report.accounts).skipped) == (2, {"known": 1})
    after = {row["url"]: row for row in rows["articles"]}[f"{site.base}/one"]
    assert (after["id"], after["body"] != before["body"]) == (before["id"], True)
    (revision,) = rows["duplicates"]
    assert (revision["relation"], revision["duplicate_of"]) == ("revision", before["id"])
    assert revision["body"] == before["body"]
    asked = site.asked.count("/one")
    report, again = taken_in(tmp_path, site, "/feed")
    assert (site.asked.count("/one"), again) == (asked, rows), "once for each change"
    site.answers |= {"/feed": announced(10)}
    report, _ = taken_in(tmp_path, site, "/feed")
    assert site.asked.count("/one") == asked + 1
    assert total(report.accounts).skipped == {"known": 1, "same_text": 1}
    assert first != second
