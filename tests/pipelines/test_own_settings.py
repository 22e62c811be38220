"""Settings of single hosts and feeds in a whole run: what is off is counted, what is set is sent and kept secret."""

import datetime
import json
import sqlite3
from pathlib import Path

import pytest

from newsbeam import times
from newsbeam.config.settings import load
from newsbeam.pipelines import batch, stopping, subscribing
from newsbeam.pipelines.request import Request
from newsbeam.records import Feed
from tests.slow.worlds import Answer, Site, page, prose, rss

HURRIED = ("fetch.host_delay=0", "fetch.retry_wait=0.01", "extract.workers=1")


def test_what_is_switched_off_is_asked_for_nothing_and_counted_and_secrets_stay_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping.reset()
    monkeypatch.setenv("HARBOUR_COOKIE", "sid=hush-hush")
    answers: dict[str, Answer] = {"/1": ("text/html", page("A story", prose(1, paragraphs=4)))}
    with Site(answers) as site:
        elsewhere = f"http://127.0.0.9:{site.port}"
        kind, feed = rss(site.base, ["/1"])
        site.answers["/feed"] = (
            kind,
            feed.replace(b"</channel>", f"<item><link>{elsewhere}/2</link></item></channel>".encode()),
        )
        site.answers["/off"] = rss(site.base, ["/3"])
        file = tmp_path / "own.toml"
        file.write_text(
            f"""
            [hosts."127.0.0.9"]
            enabled = false
            [subscriptions."{site.base}/off"]
            enabled = false
            [subscriptions."{site.base}/feed"]
            headers = {{ Cookie = "$HARBOUR_COOKIE" }}
            poll = 7200
            """
        )
        request = Request(
            feeds=(f"{site.base}/feed", f"{site.base}/off", f"{elsewhere}/feed"),
            stores=(f"jsonl:{tmp_path}/out",),
            allow=(f"127.0.0.0/8:{site.port}",),
            settings=load(file, HURRIED),
            beam=("--runner=FnApiRunner",),
        )
        report = batch.run(request)
        asked, heads = list(site.asked), list(site.heads)
    told = {one.source: (one.seen, one.articles, one.skipped) for one in report.accounts}
    assert told == {
        f"{site.base}/feed": (2, 1, {"disabled": 1}),
        f"{site.base}/off": (1, 0, {"disabled": 1}),
        f"{elsewhere}/feed": (1, 0, {"disabled": 1}),
    }
    assert report.pending == 0
    assert set(asked) == {"/feed", "/robots.txt", "/1"}
    with_cookie = {path for path, head in zip(asked, heads, strict=True) if "Cookie: sid=hush-hush" in head}
    assert with_cookie == {"/feed"}
    with sqlite3.connect(tmp_path / "out" / ".newsbeam" / "state.db") as state:
        rows = state.execute("select url, last_success, next_poll from feeds").fetchall()
    polled = {url: (success, planned) for url, success, planned in rows}
    success, planned = polled[f"{site.base}/feed"]
    assert times.parse(planned) - times.parse(success) == datetime.timedelta(hours=2)  # type: ignore[operator]
    assert polled[f"{site.base}/off"][0] is None, "what is not asked does not succeed"
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"hush-hush" not in file.read_bytes(), file
    assert json.loads((tmp_path / "out" / ".newsbeam" / "run.json").read_text())["outcome"] == "done"


def test_settings_for_a_feed_that_nobody_reads_are_told() -> None:
    settings = load(None, ['subscriptions."https://a.example/fed".poll=60'])
    (said,) = subscribing.strangers(settings, [Feed(url="https://a.example/feed")])
    assert said.startswith('subscriptions."https://a.example/fed": --feeds names no such feed')
    assert subscribing.strangers(settings, [Feed(url="https://a.example/fed")]) == []
