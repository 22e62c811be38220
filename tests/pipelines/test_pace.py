"""The pace of a stream: what one window takes up of a host, for how long, and which turns are over."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp

from newsbeam.config.settings import load
from newsbeam.connectors.state.state import open_state
from newsbeam.pipelines import stopping
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.pace import claim_end, host_share, is_past, within_share
from newsbeam.pipelines.stages import claim, poll
from newsbeam.records import Entry, Feed, Poll, digest

NOW = datetime.datetime(2026, 11, 20, 12, 0, 0, tzinfo=datetime.UTC)
FEED = Feed(url="https://a.example/feed")


@pytest.mark.parametrize(
    ("window", "delay", "share"), [(10, 1, 10), (10, 0, 100), (2, 5, 1), (600, 1, 100), (10, 0.01, 100)]
)
def test_a_window_takes_of_a_host_what_its_pace_lets_through(window: float, delay: float, share: int) -> None:
    settings = load(assignments=(f"stream.window={window}", f"fetch.host_delay={delay}"))
    assert host_share(settings) == share


def test_feeds_beyond_the_share_of_their_host_wait() -> None:
    settings = load(assignments=("stream.window=2", "fetch.host_delay=1"))
    big = [Feed(url=f"https://big.example/{number}") for number in range(4)]
    small = [Feed(url=f"https://small.example/{number}") for number in range(2)]
    taken, beyond = within_share([big[0], small[0], *big[1:], small[1]], settings)
    assert taken == [big[0], small[0], big[1], small[1]]
    assert beyond == [big[2].url, big[3].url]


@pytest.mark.parametrize(
    ("behind", "window", "past"), [(59, 2, False), (61, 2, True), (61, 10, False), (99, 10, False), (101, 10, True)]
)
def test_a_turn_is_over_after_ten_windows_and_a_minute(behind: float, window: float, past: bool) -> None:
    assert is_past(NOW.timestamp() - behind, NOW, window) is past


def test_a_turn_of_the_future_is_not_over() -> None:
    assert not is_past(NOW.timestamp() + 3600, NOW, 10)


def test_what_is_taken_up_is_believed_in_for_longer_than_a_window() -> None:
    settings = load(assignments=("stream.window=600", "stream.claim=5"))
    assert claim_end(settings, NOW) == NOW + datetime.timedelta(seconds=605)


class Intake:
    """What a tick takes up of a state with a feed that is due and three entries that are pending."""

    def __init__(self, folder: Path, *, endless: bool, spread: bool = False) -> None:
        stopping.reset()
        url, now = f"sqlite:///{folder}/state.db", datetime.datetime.now(datetime.UTC)
        self.state = open_state(url)
        epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=60, now=now)
        settings = load(assignments=("stream.window=2", "stream.under_way=2"))
        self.job = Job(
            state_url=url,
            store_urls=(),
            settings=settings,
            epoch=epoch,
            run_id="run",
            endless=endless,
            spread=spread,
        )
        pages = [f"https://{name}.example/story" for name in "xyz"]
        entries = tuple(Entry(key=digest("feed", page), feed_url=FEED.url, url=page) for page in pages)
        self.state.record_poll(Poll(feed=FEED, entries=entries), epoch=epoch, now=now, next_poll=now)
        self.state.subscribe([Feed(url=f"https://{name}.example/feed") for name in "bcd"], epoch=epoch)

    def claims(self, timestamp: Any) -> int:
        """How many entries a tick claims."""
        return len(list(claim._Claim(self.job).process((0, [9]), timestamp)))

    def polls(self, timestamp: Any) -> int:
        """How many feeds a tick takes."""
        return len(list(poll._TakeFeeds(self.job).process(Tick(polls=9), timestamp)))

    def ends(self) -> list[str | None]:
        """Until when entries and feeds are taken up."""
        with self.state.read() as connection:
            claimed = connection.exec_driver_sql("SELECT claimed_until FROM frontier WHERE claimed_epoch > 0")
            taken = connection.exec_driver_sql("SELECT taken_until FROM feeds WHERE taken_epoch > 0")
            return [row[0] for rows in (claimed, taken) for row in rows]


def test_a_late_tick_of_a_stream_takes_up_nothing(tmp_path: Path) -> None:
    intake, late = Intake(tmp_path, endless=True), Timestamp.now() - 61
    assert (intake.claims(late), intake.polls(late)) == (0, 0)


def test_a_stream_takes_up_no_more_than_may_be_under_way_and_for_a_time(tmp_path: Path) -> None:
    intake, now = Intake(tmp_path, endless=True), Timestamp.now()
    assert (intake.claims(now), intake.polls(now)) == (2, 2)
    assert (intake.claims(now), intake.polls(now)) == (0, 0)
    assert len(intake.ends()) == 4
    assert None not in intake.ends()


def test_a_batch_takes_up_all_and_its_ticks_have_no_time(tmp_path: Path) -> None:
    intake = Intake(tmp_path, endless=False)
    assert (intake.claims(MIN_TIMESTAMP), intake.polls(MIN_TIMESTAMP)) == (3, 3)
    assert set(intake.ends()) == {None}, "where no worker can be lost alone, nothing ends"


def test_a_batch_on_several_workers_takes_up_all_for_a_time(tmp_path: Path) -> None:
    intake = Intake(tmp_path, endless=False, spread=True)
    assert (intake.claims(MIN_TIMESTAMP), intake.polls(MIN_TIMESTAMP)) == (3, 3)
    assert None not in intake.ends()
