"""From the addresses that are given to the feeds that are polled."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines import inputs, session, subscribing
from newsbeam.pipelines.job import fetcher_for
from newsbeam.pipelines.request import Request, UsageError

OPML = b"""<?xml version="1.0"?><opml version="2.0"><body><outline text="Group"><outline text="Inner">
<outline text="A" xmlUrl="http://a.example/feed"/></outline><outline text="B" xmlUrl="http://b.example/feed"/></outline>
</body></opml>"""
FEED = b"<rss version='2.0'><channel><title>T</title></channel></rss>"
INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>/old.xml</loc><lastmod>2020-01-01</lastmod></sitemap>
<sitemap><loc>/new.xml</loc><lastmod>2026-11-01</lastmod></sitemap>
<sitemap><loc>https://elsewhere.example/x.xml</loc></sitemap></sitemapindex>"""
HTML = "<!DOCTYPE html><html><head>{}</head><body>News</body></html>"
LINK = "<link rel=alternate type=application/rss+xml href={}>"


class Site(BaseHTTPRequestHandler):
    """Lists, an index, pages, and a feed at any other address but those said to be missing."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        base = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
        bodies = {
            "/list.opml": OPML,
            "/subscriptions": OPML,
            "/sitemap_index.xml": INDEX,
            "/of-sitemaps": f'<opml><body><outline xmlUrl="{base}/sitemap_index.xml"/></body></opml>'.encode(),
            "/broken.opml": b"<opml><body>",
            "/page": HTML.format(LINK.format("/comments/feed") + LINK.format("/stories")).encode(),
            "/bare": HTML.format("").encode(),
            "/": HTML.format("").encode(),
        }
        body = bodies.get(self.path, FEED)
        self.send_response(404 if self.path in ("/feed", "/rss") else 200)
        self.send_header("Content-Type", "text/html" if b"<html" in body else "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is its own."""


@dataclass(frozen=True)
class World:
    """The site: its address, and the paths that it was asked for."""

    base: str
    asked: list[str]

    def request(self, *paths: str, since: str | None = None) -> Request:
        settings = load(assignments=["fetch.host_delay=0", "fetch.tries=1"])
        feeds = tuple(f"{self.base}{path}" if path.startswith("/") else path for path in paths)
        return Request(feeds=feeds, allow=(f"127.0.0.0/8:{self.base[17:]}",), settings=settings, since=since)

    def look(self, asked: Request, known: frozenset[str] = frozenset()) -> subscribing.Looked:
        return subscribing.Looked(asked, known.__contains__, lambda: fetcher_for(asked.settings, asked.allow))

    def found(self, *paths: str, known: frozenset[str] = frozenset()) -> list[str]:
        asked = self.request(*paths)
        return [feed.url.removeprefix(self.base) for feed in self.look(asked, known).feeds(inputs.feeds_of(asked))]


@pytest.fixture
def world() -> Iterator[World]:
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Asked", (Site,), {"asked": asked}))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield World(f"http://127.0.0.1:{server.server_address[1]}", asked)
    server.shutdown()
    server.server_close()


NAMED = ["http://a.example/feed", "http://b.example/feed"]


def test_a_list_is_told_by_its_name_or_by_what_it_holds(world: World) -> None:
    assert world.found("/list.opml") == NAMED
    assert world.found("/subscriptions") == NAMED


def test_a_feed_stays_a_feed_and_a_known_one_is_not_asked_beforehand(world: World) -> None:
    assert world.found("/f.xml") == ["/f.xml"]
    before = len(world.asked)
    assert world.found("/subscriptions", known=frozenset([f"{world.base}/subscriptions"])) == ["/subscriptions"]
    assert len(world.asked) == before


def test_a_feed_that_cannot_be_reached_is_left_to_its_poll(world: World) -> None:
    assert world.found("http://127.0.0.1:9/feed") == ["http://127.0.0.1:9/feed"]


def test_a_list_that_cannot_be_had_or_read_is_the_callers_to_mend(world: World) -> None:
    with pytest.raises(UsageError, match=r"--feeds: http://127\.0\.0\.1:9/list\.opml"):
        inputs.feeds_of(world.request("http://127.0.0.1:9/list.opml"))
    with pytest.raises(UsageError, match="OPML that cannot be read"):
        world.found("/broken.opml")


def test_an_index_is_read_where_it_is_given_and_where_a_list_names_it(world: World) -> None:
    assert world.found("/sitemap_index.xml") == ["/new.xml", "/old.xml"]
    assert world.found("/of-sitemaps") == ["/new.xml", "/old.xml"]


def test_what_of_an_index_is_not_read_is_in_its_account(world: World) -> None:
    asked = world.request("/sitemap_index.xml", since="2026-10-01T00:00:00Z")
    looked = world.look(asked)
    assert [feed.url for feed in looked.feeds(inputs.feeds_of(asked))] == [f"{world.base}/new.xml"]
    (url,), (meaning,) = looked.meanings.keys(), looked.meanings.values()
    assert meaning.index is not None
    account = subscribing.of_index(url, meaning.index, datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC))
    assert [(skip.reason, skip.count) for skip in account.skipped] == [("older", 1)]
    assert [(row.reason, row.url) for row in account.rejected] == [("bad_link", "https://elsewhere.example/x.xml")]
    assert account.seen == (("feed", url, 2),)


def test_the_feed_of_a_page_takes_its_place(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.found("/page") == ["/stories"]
    assert f"{world.base}/page is a page; its feed {world.base}/stories is read" in capsys.readouterr().err
    assert world.found("/page", known=frozenset([f"{world.base}/stories"])) == ["/stories"]
    assert capsys.readouterr().err == "", "it was told once"


def test_a_home_page_without_an_offer_is_sought_at_usual_addresses(world: World) -> None:
    assert world.found("/") == ["/rss.xml"]
    assert world.asked == ["/", "/feed", "/rss", "/rss.xml"]


def test_a_page_without_a_feed_stands_for_itself(world: World) -> None:
    assert world.found("/bare") == ["/bare"]
    assert world.asked == ["/bare"]


@pytest.mark.parametrize(("pause", "times"), [(-1.0, 3), (1e9, 0)])
def test_a_stream_looks_again_and_bears_a_list_that_is_broken_for_now(
    monkeypatch: pytest.MonkeyPatch, pause: float, times: int
) -> None:
    rounds, looks = iter([False, False, False, True]), list[str]()
    running, handing = SimpleNamespace(state="RUNNING"), SimpleNamespace(due=lambda: None)
    monkeypatch.setattr(session.stopping, "asked", lambda: next(rounds))
    monkeypatch.setattr(session.stopping, "wait", lambda _: False)
    monkeypatch.setattr(session, "_LISTS", pause)

    def look_again() -> None:
        looks.append("looked")
        raise UsageError("a list that is broken")

    session._until_asked(running, None, None, handing, look_again)  # type: ignore[arg-type]  # stand-ins
    assert len(looks) == times
