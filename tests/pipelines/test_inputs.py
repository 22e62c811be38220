"""From the command line to feeds and spans."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines import inputs
from newsbeam.pipelines.request import Request, UsageError
from newsbeam.records import Span

OPML = b"""<?xml version="1.0"?><opml version="2.0"><body>
<outline text="A" xmlUrl="http://a.example/feed"/><outline text="B" xmlUrl="http://b.example/feed"/></body></opml>"""


class Lists(BaseHTTPRequestHandler):
    """Serves an OPML list at two addresses and a feed at any other."""

    def do_GET(self) -> None:
        body = OPML if self.path in ("/list.opml", "/subscriptions") else b"<rss version='2.0'><channel/></rss>"
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is its own."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Lists)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def request(port: int, *feeds: str) -> Request:
    settings = load(assignments=["fetch.host_delay=0"])
    return Request(feeds=feeds, allow=(f"127.0.0.0/8:{port}",), settings=settings)


def urls(asked: Request, known: set[str] | None = None) -> list[str]:
    found = inputs.with_lists(inputs.feeds_of(asked), asked, (known or set()).__contains__)
    return [feed.url for feed in found]


def test_a_list_is_told_by_its_name_or_by_what_it_holds(port: int) -> None:
    named = ["http://a.example/feed", "http://b.example/feed"]
    assert urls(request(port, f"http://127.0.0.1:{port}/list.opml")) == named
    assert urls(request(port, f"http://127.0.0.1:{port}/subscriptions")) == named


def test_a_feed_stays_a_feed_and_a_known_one_is_not_asked_beforehand(port: int) -> None:
    feed, listed = f"http://127.0.0.1:{port}/feed", f"http://127.0.0.1:{port}/subscriptions"
    assert urls(request(port, feed)) == [feed]
    assert urls(request(port, listed), known={listed}) == [listed]


def test_a_feed_that_cannot_be_reached_is_left_to_its_poll(port: int) -> None:
    refused = "http://127.0.0.1:9/feed"
    assert urls(request(port, refused)) == [refused]


def test_a_list_that_cannot_be_had_is_the_callers_to_mend(port: int) -> None:
    with pytest.raises(UsageError, match=r"--feeds: http://127\.0\.0\.1:9/list\.opml"):
        inputs.feeds_of(request(port, "http://127.0.0.1:9/list.opml"))


def test_feeds_named_twice_come_once_in_the_order_of_their_addresses(port: int, tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("http://c.example/f\nhttp://a.example/f\n# a comment\n")
    two.write_text("http://a.example/f\n")
    asked = request(port, str(one), str(two))
    assert [feed.url for feed in inputs.feeds_of(asked)] == ["http://a.example/f", "http://c.example/f"]


def test_archives_are_read_alone_and_files_of_one_record_together() -> None:
    spans = [
        Span(kind="pages", path=path, source="s", identity="i", start=0, limit=2)
        for path in ("a.html", "b.html", "c.html", "d.jsonl", "e.warc.gz")
    ]
    turns = [[span.path for span in turn] for turn in inputs.slices(spans, 2)]
    assert turns == [["a.html", "b.html"], ["d.jsonl"], ["e.warc.gz"], ["c.html"]]


def test_a_portion_is_some_archives_side_by_side_and_then_as_many_single_files_as_fit() -> None:
    def span(name: str) -> Span:
        return Span(kind="pages", path=name, source="*", identity="x", start=0, limit=1)

    files = [span("a.warc.gz"), span("b.html"), span("c.jsonl"), span("d.html"), span("e.html"), span("f.warc")]
    taken = inputs.portion(files, 10, 2)
    assert [(one.path, one.limit) for one in taken] == [("a.warc.gz", 5), ("c.jsonl", 5)]
    assert [one.path for one in inputs.portion([files[1], files[3], files[4]], 2, 2)] == ["b.html", "d.html"]
    assert inputs.portion([], 10, 2) == ()
