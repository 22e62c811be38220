"""Polls of a server on loopback: what is asked, what is believed, and what the state has of it afterwards."""

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP

from newsbeam import times
from newsbeam.config.settings import load
from newsbeam.connectors.state import engine
from newsbeam.connectors.state.health import Health
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.state.watched import Watched
from newsbeam.pipelines import stopping
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages import asking
from newsbeam.pipelines.stages.poll import _PollFeeds
from newsbeam.records import Feed
from tests.pipelines.feed_site import Answer, Site, body


@pytest.fixture(autouse=True)
def _unsynchronised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk's own safety is not what is tested here."""
    monkeypatch.setattr(engine, "SYNCHRONOUS", "OFF")


@pytest.fixture(autouse=True)
def _audited_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "AUDIT", 4)


class Reader:
    """Polls the feed at /feed of a site, each time in a run of its own, or in one stream."""

    def __init__(self, site: Site, folder: Path, *, endless: bool = False) -> None:
        stopping.reset()
        self.site, self.url, self.endless = site, f"{site.root}/feed", endless
        self.state_url = f"sqlite:///{folder}/state.db"
        self.state = open_state(self.state_url)
        self.settings = load(assignments=("fetch.host_delay=0", "fetch.tries=1", "extract.workers=1"))
        self.epoch = 0

    def poll(self) -> Health:
        """Poll once more; the feed's health afterwards."""
        if not (self.endless and self.epoch):
            owner, now = "elsewhere:1:1", datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=self.epoch)
            self.epoch = self.state.take_lease(owner=owner, seconds=1, now=now)
        self.state.subscribe([Feed(url=self.url)], epoch=self.epoch)
        job = Job(
            state_url=self.state_url,
            store_urls=(),
            settings=self.settings,
            epoch=self.epoch,
            run_id="run",
            allow=(f"127.0.0.0/8:{self.site.port}",),
            endless=self.endless,
        )
        beyond = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=99)
        (feed,) = self.state.take_feeds(limit=1, due_only=self.endless, epoch=self.epoch, now=beyond)
        stage = _PollFeeds(job)
        stage.start_bundle()
        list(stage.process(("host", [feed]), GlobalWindow(), MIN_TIMESTAMP))
        list(stage.finish_bundle())
        return self.watched().health

    def watched(self) -> Watched:
        """The feed as a person would watch it."""
        (found,) = self.state.watched()
        return found

    def account(self) -> tuple[int, dict[str, int]]:
        """(seen, skipped) of the last run."""
        (account,) = self.state.accounts(self.epoch)
        return account.seen, account.skipped


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def reader(site: Site, tmp_path: Path) -> Reader:
    return Reader(site, tmp_path)


def test_the_same_bytes_again_are_no_news_and_are_not_parsed(
    site: Site, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.answers["/feed"] = lambda _: (200, {}, body("1", "2"))
    reader.poll()
    assert reader.account() == (2, {}), "pending"
    with monkeypatch.context() as patched:
        patched.setattr(Job, "pool", lambda _: pytest.fail("there is nothing to parse"))
        health = reader.poll()
    assert reader.account() == (2, {"not_modified": 2})
    assert (health.failures, health.unaudited, health.gaps) == (0, 0, 0)
    site.answers["/feed"] = lambda _: (200, {}, body("2", "3"))
    assert reader.poll().gaps == 0
    assert reader.account() == (2, {}), "both are pending: one of them, which no run took up, from an earlier run"


def test_a_feed_that_changed_back_to_what_it_was_is_mended(site: Site, reader: Reader) -> None:
    site.answers["/feed"] = lambda _: (200, {}, body("1"))
    reader.poll()
    site.answers["/feed"] = lambda _: (200, {}, b"<html><body>Please wait</body></html>")
    assert reader.poll().failures == 1
    site.answers["/feed"] = lambda _: (200, {}, body("1"))
    assert reader.poll().failures == 0


def always_unchanged(content: bytes) -> Callable[[bool], Answer]:
    """A server that answers whatever has a validator with 304."""
    return lambda conditional: (304, {}, b"") if conditional else (200, {"ETag": f'"{len(content)}"'}, content)


def test_a_server_that_hides_new_entries_is_found_out_and_asked_without_validators_from_then_on(
    site: Site, reader: Reader
) -> None:
    site.answers["/feed"] = always_unchanged(body("1"))
    for _ in range(asking.AUDIT):
        assert reader.poll().distrusted is None
    assert [conditional for _, conditional in site.asked] == [False] + [True] * (asking.AUDIT - 1)
    site.answers["/feed"] = always_unchanged(body("1", "22"))
    site.asked.clear()
    health = reader.poll()
    assert [conditional for _, conditional in site.asked] == [False, True], "the audit, and whether it lies"
    assert health.distrusted is not None
    assert reader.state.pending() == 2, "what was hidden is there"
    site.answers["/feed"] = always_unchanged(body("1", "22", "333"))
    site.asked.clear()
    reader.poll()
    reader.poll()
    assert [conditional for _, conditional in site.asked] == [False, False]
    assert reader.account() == (3, {"not_modified": 3}), "the same bytes are no news here, too"


def test_a_server_whose_feed_changed_just_before_the_audit_does_not_lie(site: Site, reader: Reader) -> None:
    site.answers["/feed"] = always_unchanged(body("1"))
    for _ in range(asking.AUDIT):
        reader.poll()
    site.answers["/feed"] = lambda _: (200, {"ETag": '"new"'}, body("1", "2"))
    health = reader.poll()
    assert (health.distrusted, health.unaudited) == (None, 0)
    site.asked.clear()
    reader.poll()
    assert site.asked == [("/feed", True)], "its validators are sent again"


def test_an_audit_that_finds_the_same_costs_one_request(site: Site, reader: Reader) -> None:
    site.answers["/feed"] = always_unchanged(body("1"))
    for _ in range(2 * asking.AUDIT + 1):
        reader.poll()
    conditional = [one for _, one in site.asked]
    assert conditional == ([False] + [True] * (asking.AUDIT - 1)) * 2 + [False]


def test_a_feed_that_moved_for_good_is_asked_there_once_that_is_certain_and_back_when_it_fails(
    site: Site, reader: Reader
) -> None:
    site.answers["/feed"] = lambda _: (301, {"Location": "/new"}, b"")
    site.answers["/new"] = lambda _: (200, {}, body("1"))
    for _ in range(asking.MOVED_POLLS):
        health = reader.poll()
    assert (health.moved, health.moved_polls) == (f"{site.root}/new", asking.MOVED_POLLS)
    site.asked.clear()
    reader.poll()
    assert [path for path, _ in site.asked] == ["/feed", "/new"], "it may be a mistake of today"
    before = times.utc(datetime.datetime.now(datetime.UTC) - asking.MOVED_FOR)
    with reader.state.write() as connection:
        connection.exec_driver_sql(f"UPDATE feeds SET moved_since = '{before}'")
    site.asked.clear()
    reader.poll()
    assert reader.poll().moved == f"{site.root}/new"
    assert [path for path, _ in site.asked] == ["/new", "/new"]
    assert reader.account() == (1, {"not_modified": 1})
    site.answers["/new"] = lambda _: (404, {}, b"")
    assert reader.poll().failures == 1
    site.answers["/feed"] = lambda _: (200, {}, body("1"))
    site.asked.clear()
    health = reader.poll()
    assert [path for path, _ in site.asked] == ["/feed"]
    assert (health.failures, health.moved) == (0, None)
    assert [one.source for one in reader.state.accounts(reader.epoch)] == [reader.url], "the source is the same"


def test_a_redirect_for_now_is_followed_each_time(site: Site, reader: Reader) -> None:
    site.answers["/feed"] = lambda _: (302, {"Location": "/new"}, b"")
    site.answers["/new"] = lambda _: (200, {}, body("1"))
    assert reader.poll().moved is None


@pytest.mark.parametrize("endless", [False, True], ids=["batch", "stream"])
def test_a_gap_is_suspected_in_both_modes_alike(site: Site, tmp_path: Path, endless: bool) -> None:
    reader = Reader(site, tmp_path, endless=endless)
    gaps = []
    for names in ("12", "23", "23", "45", "56"):
        site.answers["/feed"] = lambda _, names=names: (200, {}, body(*names))  # type: ignore[misc]
        gaps.append(reader.poll().gaps)
    assert gaps == [0, 0, 0, 1, 1]


def test_the_next_poll_is_chosen_by_what_the_feed_says(site: Site, reader: Reader) -> None:
    site.answers["/feed"] = lambda _: (200, {}, body("1", head="<ttl>30</ttl>"))
    reader.poll()
    assert reader.watched().interval_s == 1800
    site.answers["/feed"] = lambda _: (200, {"Cache-Control": "max-age=900"}, body("1", "2"))
    reader.poll()
    assert reader.watched().interval_s == 900
    site.answers["/feed"] = lambda _: (503, {"Retry-After": "7200"}, b"")
    reader.poll()
    watched = reader.watched()
    assert watched.interval_s is not None
    assert 7190 <= watched.interval_s <= 7200
    assert watched.next_allowed == watched.next_poll
