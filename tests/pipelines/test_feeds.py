"""`newsbeam feeds` and `newsbeam feeds check` on the command line."""

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsbeam import times
from newsbeam.connectors.sources import repeats
from newsbeam.connectors.state.state import State, open_state
from newsbeam.pipelines import feed_status, stopping
from newsbeam.pipelines.cli import main
from newsbeam.pipelines.stages import answers
from newsbeam.records import Entry, Feed, Heard, Poll
from tests.connectors.stores.fakes import rejected
from tests.pipelines.feed_site import Site, body

GOOD, BAD, DEAD, OLD, GAP, MOVED, TWIN = (
    Feed(url=f"https://{name}.example/feed") for name in ("good", "bad", "dead", "old", "gap", "moved", "twin")
)
NOW = datetime.datetime.now(datetime.UTC)


def ago(days: float) -> datetime.datetime:
    return NOW - datetime.timedelta(days=days)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No wish from another test, none for the next."""
    stopping.reset()
    yield
    stopping.reset()


class Watch:
    """A state with feeds that have gone each its own way."""

    def __init__(self, folder: Path) -> None:
        self.store = f"sqlite:///{folder}/news.db"
        self.state: State = open_state(f"{self.store}.state")
        self.epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=1, now=ago(40))
        self.state.subscribe([OLD], epoch=self.epoch)
        self.epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=60, now=ago(20))
        self.state.subscribe([GOOD, BAD, DEAD, GAP, MOVED, TWIN], epoch=self.epoch)
        self.good(GOOD, "1", days=9)
        self.good(GOOD, "1", "2", days=1, url="https://moved.example/home")
        self.good(BAD, "3", days=2)
        self.fail(BAD, 0.1)
        for days in (9, 5, 1):
            self.fail(DEAD, days)
        self.good(GAP, "4", days=3)
        self.good(GAP, "5", days=2)
        self.good(MOVED, "6", days=1, url="https://new.example/feed", permanent="https://new.example/feed")
        self.good(TWIN, "2", days=1, url="https://moved.example/home")

    def good(self, feed: Feed, *names: str, days: float, url: str | None = None, permanent: str | None = None) -> None:
        """A poll so many days ago that brings these entries."""
        entries = tuple(Entry(key=name, feed_url=feed.url, url=f"https://x.example/{name}") for name in names)
        heard = Heard(asked=feed.url, url=url or feed.url, permanent=permanent, keys=repeats.keys(entries))
        poll = Poll(feed=feed, entries=entries, heard=heard)
        self.state.record_poll(poll, epoch=self.epoch, now=ago(days), next_poll=ago(days - 1))

    def fail(self, feed: Feed, days: float) -> None:
        """A poll so many days ago that fails."""
        at = answers.feed_origin(feed)
        row = rejected(at, "timeout", url=feed.url, feed_url=feed.url, stage="poll", detail="no answer within 30 s")
        self.state.record_poll(Poll(feed=feed, rejected=(row,)), epoch=self.epoch, now=ago(days), next_poll=ago(-1))


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def rows(said: str) -> list[tuple[str, str]]:
    """(status, feed) of each row of the table; the head and what stands below a row left out."""
    lines = [line for line in said.splitlines()[1:] if not line.startswith("    ")]
    return [(line.split("  ")[0], line.split()[-1]) for line in lines]


def test_feeds_are_listed_with_the_most_pressing_first(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feeds", "--store", watch.store]) == 0
    said = capsys.readouterr()
    assert rows(said.out) == [
        ("dead", DEAD.url),
        ("failing", BAD.url),
        ("gap", GAP.url),
        ("moved", MOVED.url),
        ("same as", TWIN.url),
        ("ok", GOOD.url),
    ]
    assert "failed 3 times since " in said.out
    assert "timeout: no answer within 30 s" in said.out
    assert "no poll has gone well yet" in said.out
    assert "gap suspected once, last " in said.out
    assert "moved for good to https://new.example/feed (so in 1 polls" in said.out
    assert f"the same feed as {GOOD.url}" in said.out
    assert said.err == "6 feeds: dead 1, failing 1, gap 1, moved 1, same as 1, ok 1\n"


@pytest.mark.parametrize(
    ("options", "urls"),
    [
        (("--failing",), [DEAD.url, BAD.url]),
        (("--status", "gap", "--status", "moved"), [GAP.url, MOVED.url]),
        (("--status", "left"), [OLD.url]),
    ],
)
def test_a_person_sees_what_is_asked_for(
    watch: Watch, options: tuple[str, ...], urls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["feeds", "--store", watch.store, *options]) == 0
    assert [url for _, url in rows(capsys.readouterr().out)] == urls


def test_json_has_everything_a_line_a_feed(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feeds", "--state", f"{watch.store}.state", "--all", "--json"]) == 0
    found = {one["url"]: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    assert len(found) == 7
    old = found[OLD.url]
    assert (old["status"], old["statuses"], old["wanted"]) == ("left", ["left", "new"], False)
    good = found[GOOD.url]
    assert 0.1 < good["new_per_day"] < 0.2
    assert (good["polls"], good["failures"], good["skip_hours"], good["entries"]) == (2, 0, [], 0)
    assert found[BAD.url]["last_error"] == "timeout: no answer within 30 s"


def test_every_status_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "feeds.md").read_text("utf-8")
    assert dict(re.findall(r"^\| `([a-z ]+)` \| (.+) \|$", text, re.M)) == feed_status.STATUSES


def test_a_silent_and_a_lying_feed_are_told(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    with watch.state.write() as connection:
        moment = times.utc(ago(31))
        connection.exec_driver_sql(f"UPDATE feeds SET last_new = '{moment}' WHERE url = '{GOOD.url}'")
        connection.exec_driver_sql(f"UPDATE feeds SET distrusted = '{moment}' WHERE url = '{TWIN.url}'")
    assert main(["feeds", "--store", watch.store, "--status", "silent", "--status", "lying"]) == 0
    said = capsys.readouterr().out
    assert rows(said) == [("lying, same as", TWIN.url), ("silent", GOOD.url)]
    assert f"said 'not modified' of new entries; since {moment} the whole feed is asked for" in said


def test_no_state_is_the_callers_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feeds"]) == 2
    assert "no state" in capsys.readouterr().err


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        site.answers["/robots.txt"] = lambda _: (200, {}, b"User-agent: *\nDisallow: /secret")
        yield site


def test_a_run_tells_of_a_gap_and_so_do_the_feeds(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*names: str) -> str:
        stopping.reset()
        story = (
            "<item><title>{0}</title><description>" + "A story of its own, at length. " * 9 + "</description></item>"
        )
        feed = f"<rss version='2.0'><channel>{''.join(story.format(one) for one in names)}</channel></rss>"
        site.answers["/feed"] = lambda _: (200, {}, feed.encode())
        source = ("--feeds", f"{site.root}/feed", "--allow-address", f"127.0.0.0/8:{site.port}")
        settings = ("--set", "fetch.host_delay=0", "--set", "extract.workers=1")
        assert main(["run", *source, "--store", f"sqlite:///{tmp_path}/news.db", *settings]) == 0
        return capsys.readouterr().out

    assert "gap" not in run("one", "two")
    told = run("four", "five")
    assert "gap suspected in 1 of the feeds: " in told
    assert f"come and gone in between ({site.root}/feed)" in told
    assert "difference 0, pending 0" in told
    again = run("four", "five")
    assert "skipped 2 (not_modified 2)" in again
    assert "gap" not in again
    assert main(["feeds", "--store", f"sqlite:///{tmp_path}/news.db"]) == 0
    assert rows(capsys.readouterr().out) == [("gap", f"{site.root}/feed")]


def check(site: Site, path: str, *options: str) -> int:
    """The exit status of a check."""
    settings = ("--set", "fetch.host_delay=0", "--set", "fetch.tries=1", "--set", "extract.workers=1")
    allowed = ("--allow-address", f"127.0.0.0/8:{site.port}")
    return main(["feeds", "check", f"{site.root}{path}", *allowed, *settings, *options])


def test_a_feed_that_can_be_read_is_told_in_full(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    items = (
        "<item><link>/one</link><pubDate>Thu, 26 Nov 2026 08:00:00 GMT</pubDate></item>"
        "<item><title>No link</title></item><item><description>&lt;p>A story&lt;/p></description></item>"
    )
    feed = f"<rss version='2.0'><channel><title>A</title><ttl>60</ttl>{items}</channel></rss>".encode()
    headers = {"ETag": '"1"', "Content-Type": "application/rss+xml; charset=UTF-8"}
    site.answers["/old"] = lambda _: (301, {"Location": "/feed"}, b"")
    site.answers["/feed"] = lambda conditional: (304 if conditional else 200, headers, b"" if conditional else feed)
    assert check(site, "/old") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{site.root}/old: can be read"
    assert said[1:3] == [f"answer: 301 {site.root}/old -> /feed", f"answer: 200 {site.root}/feed"]
    for line in (
        f"moved for good: subscribe to {site.root}/feed",
        "robots.txt, feed: allowed",
        "robots.txt, newest entry: allowed",
        "type: application/rss+xml",
        "charset: utf-8",
        "format: rss20",
        "title: A",
        "entries: 2, 1 without a link, 1 without a date",
        "newest entry: 2026-11-26T08:00:00Z",
        "validators: ETag hold: the second answer was 304",
        "asks to be left alone for: 3600 s",
        "a stream polls it at first every: 3600 s",
    ):
        assert line in said
    assert said[-1].startswith("gives no record: no_link")


@pytest.mark.parametrize(
    ("headers", "bodies", "verdict"),
    [
        ({"ETag": '"1"'}, ("1", "1"), "ETag do not hold: the same bytes were sent again"),
        ({"ETag": '"1"'}, ("1", "2"), "ETag do not hold: another body was sent at once"),
        ({}, ("1", "1"), "none: the whole feed is sent each time"),
    ],
)
def test_validators_that_do_not_hold_are_told(
    site: Site, headers: dict[str, str], bodies: tuple[str, str], verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    site.answers["/feed"] = lambda conditional: (200, headers, body(bodies[conditional]))
    assert check(site, "/feed", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["validators"], found["readable"], found["interval_s"]) == (verdict, True, 300)


def test_a_page_is_no_feed_but_may_name_one(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    link = b"<link rel=alternate type='application/rss+xml' href='/f?a=1&amp;b=2'>"
    page = b"<!doctype html><html><head>" + link + b"<link rel=stylesheet href=/a.css></head></html>"
    site.answers["/"] = lambda _: (200, {"Content-Type": "text/html"}, page)
    assert check(site, "/") == 1
    said = capsys.readouterr().out
    assert f"{site.root}/: cannot be read" in said
    assert "problem: not_a_feed: " in said
    assert f"the page names a feed: newsbeam feeds check {site.root}/f?a=1&b=2" in said


def test_a_feed_that_does_not_answer_is_told_with_the_way_there(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    site.answers["/old"] = lambda _: (302, {"Location": "/gone"}, b"")
    site.answers["/gone"] = lambda _: (410, {}, b"")
    assert check(site, "/old") == 1
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{site.root}/old: cannot be read",
        f"answer: 302 {site.root}/old -> /gone",
        f"answer: 410 {site.root}/gone",
        "problem: gone: status 410",
    ]


def test_robots_txt_against_the_feed_or_its_pages_is_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    feed = b"<rss version='2.0'><channel><item><link>/secret/1</link></item></channel></rss>"
    site.answers["/secret/feed"] = lambda _: (200, {}, feed)
    assert check(site, "/secret/feed") == 0
    said = capsys.readouterr().out
    assert f"robots.txt, feed: disallowed ({site.root}/secret/feed)" in said
    assert f"robots.txt, newest entry: disallowed ({site.root}/secret/1)" in said


def test_an_address_that_may_not_be_contacted_is_a_problem_of_the_feed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feeds", "check", "http://127.0.0.1:1/feed"]) == 1
    assert "problem: address_refused" in capsys.readouterr().out
    assert main(["feeds", "check", "http://a.example/feed", "--allow-address", "127.0.0.1"]) == 2
    assert "--allow-address" in capsys.readouterr().err
