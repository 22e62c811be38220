"""Claims that end, the most that may be under way, an intake that closes, and how a stream stands."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.standing import Standing
from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.commit import Settlement, commit
from newsbeam.records import Entry, Feed, Poll, Rejected, Skipped, digest
from tests.connectors.stores.fakes import NOW, article, document, later, rejected

FEED = Feed(url="https://a.example/feed")
END = 300
"""Seconds after NOW at which claims end."""


def entry(number: int, host: str = "x") -> Entry:
    """An entry as the feed announces it."""
    url = f"https://{host}.example/{number}"
    return Entry(key=digest("feed", url), feed_url=FEED.url, url=url, title="A title")


class Stream:
    """A state that a stream holds, with entries pending."""

    def __init__(self, url: str, entries: int = 0) -> None:
        self.state: State = open_state(url)
        self.epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=1, now=NOW)
        self.state.subscribe([FEED], epoch=self.epoch)
        self.announce(*(entry(number) for number in range(entries)))

    def announce(self, *entries: Entry) -> None:
        """Note a poll."""
        self.state.record_poll(Poll(feed=FEED, entries=entries), epoch=self.epoch, now=NOW, next_poll=later(60))

    def claim(self, after: float = 0, *, most: int | None = None, limit: int = 100) -> Sequence[Entry | Rejected]:
        """Take up entries, for END seconds."""
        now = later(after)
        return self.state.claim(
            limit=limit, host_share=100, again=True, epoch=self.epoch, now=now, until=later(after + END), most=most
        )

    def take(self, after: float = 0, *, most: int | None = None) -> list[str]:
        """Take feeds to poll, for END seconds."""
        found = self.state.take_feeds(
            limit=9, due_only=True, epoch=self.epoch, now=later(after), until=later(after + END), most=most
        )
        return [feed.url for feed in found]

    def skip(self, *entries: Entry | Rejected) -> None:
        """Settle entries without stores."""
        done = Settlement(skipped=tuple(Skipped(origin=one.origin, reason="robots") for one in entries))
        commit(self.state, [], done, epoch=self.epoch, now=NOW, run_id="run")

    @property
    def difference(self) -> int:
        """What is seen and not accounted for."""
        return sum(one.difference for one in self.state.accounts(self.epoch))


@pytest.fixture
def stream(new_state: Callable[[], str]) -> Stream:
    return Stream(new_state(), entries=6)


def test_a_claim_ends_and_its_entry_is_counted_once(stream: Stream) -> None:
    first = stream.claim()
    assert len(first) == 6
    assert stream.claim(END) == [], "its last second is the worker's"
    again = stream.claim(END + 1)
    assert [one.origin for one in again] == [one.origin for one in first]
    assert stream.claim(END + 2) == [], "it was claimed anew"
    assert stream.difference == 6
    stream.skip(*again)
    assert stream.difference == 0


def test_a_claim_without_an_end_holds_for_its_epoch(stream: Stream) -> None:
    taken = stream.state.claim(limit=9, host_share=9, epoch=stream.epoch, now=NOW)
    assert len(taken) == 6
    assert stream.claim(1_000_000) == []


def test_an_ended_claim_leaves_room_with_its_host(stream: Stream) -> None:
    def claim(after: float) -> int:
        now, until = later(after), later(after + END)
        return len(stream.state.claim(limit=9, host_share=4, epoch=stream.epoch, now=now, until=until))

    assert [claim(0), claim(1), claim(END + 1)] == [4, 0, 4]


def test_what_is_given_back_has_no_end_left(stream: Stream) -> None:
    claimed = stream.claim()
    stream.state.give_back([one.origin.key for one in claimed], epoch=stream.epoch)
    stream.state.claim(limit=9, host_share=9, epoch=stream.epoch, now=NOW)
    assert stream.claim(END + 1) == [], "the second claim, which has no end, is not ended by the first one's"


def test_a_feed_whose_poll_left_no_sign_is_taken_again(stream: Stream) -> None:
    assert stream.take(60) == [FEED.url]
    assert stream.take(60 + END) == []
    assert stream.take(61 + END) == [FEED.url]
    stream.announce()
    stream.state.give_back_feeds([FEED.url], epoch=stream.epoch)
    assert stream.take(END + 1000) == [FEED.url], "what is noted is due in its turn"


def test_a_batch_polls_a_feed_of_a_lost_worker_again_but_none_twice(stream: Stream) -> None:
    state, epoch = stream.state, stream.state.take_lease(owner="elsewhere:1:1", seconds=1, now=later(10))
    state.subscribe([FEED], epoch=epoch)

    def take(after: float) -> int:
        now, until = later(after), later(after + END)
        return len(state.take_feeds(limit=9, due_only=False, epoch=epoch, now=now, until=until))

    assert [take(10), take(10 + END), take(11 + END)] == [1, 0, 1]
    state.record_poll(Poll(feed=FEED), epoch=epoch, now=NOW, next_poll=NOW)
    assert take(10_000) == 0


def test_what_is_freed_can_be_taken_up_at_once(stream: Stream) -> None:
    claimed = stream.claim(limit=4)
    stream.take(60)
    stream.skip(claimed[0])
    assert stream.state.free_claims(stream.epoch) == 4, "three entries and a feed"
    assert stream.state.free_claims(stream.epoch) == 0
    assert stream.state.under_way(stream.epoch) == 0
    assert len(stream.claim()) == 5
    assert stream.take(60) == [FEED.url]


def test_a_freed_retry_is_taken_up_again_in_the_same_run(stream: Stream) -> None:
    (claimed, *_) = stream.claim()
    row = rejected(claimed.origin, retry_at="2026-11-20T13:00:00Z")
    commit(stream.state, [], Settlement(rejected=(row,)), epoch=stream.epoch, now=NOW, run_id="run")
    epoch = stream.state.take_lease(owner="elsewhere:1:1", seconds=1, now=later(7200))

    def claim() -> set[str]:
        found = stream.state.claim(limit=9, host_share=9, epoch=epoch, now=later(7200))
        return {one.origin.key for one in found}

    assert claimed.origin.key in claim()
    assert claim() == set()
    stream.state.free_claims(epoch)
    assert claimed.origin.key in claim()


def test_no_more_is_under_way_than_may_be_while_nothing_is_settled(stream: Stream) -> None:
    claimed = list(stream.claim(most=4, limit=3))
    claimed += stream.claim(most=4, limit=3)
    assert len(claimed) == 4
    assert stream.claim(most=4) == [], "a store that takes nothing stops the claims"
    standing = stream.state.standing(stream.epoch, NOW)
    assert (standing.pending, standing.claimed) == (6, 4), "the rest waits in the frontier"
    stream.skip(*claimed[:3])
    assert len(stream.claim(most=4)) == 2
    assert len(stream.claim(END + 1, most=2)) == 2, "claims that have ended do not count"


def test_no_more_feeds_are_polled_at_a_time_than_may_be(new_state: Callable[[], str]) -> None:
    stream = Stream(new_state())
    stream.state.subscribe([Feed(url=f"https://{name}.example/feed") for name in "bcd"], epoch=stream.epoch)
    taken = stream.take(60, most=3)
    assert len(taken) == 3
    assert stream.take(60, most=3) == []
    for url in taken:
        stream.state.record_poll(Poll(feed=Feed(url=url)), epoch=stream.epoch, now=NOW, next_poll=later(900))
    assert len(stream.take(60, most=3)) == 1


def test_a_closed_intake_takes_nothing_up_until_the_next_epoch(stream: Stream) -> None:
    claimed = stream.claim(limit=2)
    stream.state.close_intake(stream.epoch)
    assert stream.claim() == []
    assert stream.take(60) == []
    assert stream.state.under_way(stream.epoch) == 2
    stream.announce(entry(99))
    stream.skip(*claimed)
    assert stream.state.under_way(stream.epoch) == 0
    stream.epoch = stream.state.take_lease(owner="elsewhere:1:1", seconds=1, now=later(10))
    assert len(stream.claim(20)) == 5, "what was left, and what came in meanwhile"


def test_what_a_lost_worker_had_is_not_waited_for(stream: Stream) -> None:
    stream.claim(limit=2)
    stream.take(60)
    assert stream.state.under_way(stream.epoch) == 3
    assert stream.state.under_way(stream.epoch, now=later(END)) == 3
    assert stream.state.under_way(stream.epoch, now=later(END + 1)) == 1
    assert stream.state.under_way(stream.epoch, now=later(END + 61)) == 0


def test_how_a_stream_stands(new_state: Callable[[], str]) -> None:
    stream = Stream(new_state(), entries=5)
    state, epoch = stream.state, stream.epoch
    assert state.standing(epoch, NOW).oldest_pending == "2026-11-20T12:00:00Z"
    one, two, _ = stream.claim(limit=3)
    done = Settlement(
        records=(article(document("one", at=one.origin)),),
        rejected=(rejected(two.origin, retry_at="2026-11-20T13:00:00Z"),),
        since=(later(-4), later(-4000)),
    )
    commit(state, [], done, epoch=epoch, now=NOW, run_id="run")
    broken = Feed(url="https://broken.example/feed")
    state.subscribe([broken], epoch=epoch)
    itself = rejected(replace(one.origin, source=broken.url, key="itself"), url=broken.url, stage="poll")
    state.record_poll(Poll(feed=broken, rejected=(itself,)), epoch=epoch, now=NOW, next_poll=NOW)
    assert state.standing(epoch, later(60)) == Standing(
        pending=3,
        claimed=1,
        oldest_pending="2026-11-20T12:00:00Z",
        retries=1,
        feeds=2,
        feeds_due=2,
        feeds_failing=1,
        held={"articles": 1, "duplicates": 0, "rejected": 1},
        lags={-1: 1, 5: 1},
        commits=1,
    )
    stream.take(60)
    standing = state.standing(epoch, later(END + 1))
    assert (standing.feeds_due, standing.claimed) == (0, 0)
    assert state.pending() == 3


def test_an_empty_state_stands_at_nothing(new_state: Callable[[], str]) -> None:
    state = open_state(new_state())
    standing = state.standing(state.holder().epoch, NOW)
    assert (standing.pending, standing.oldest_pending, standing.feeds, standing.lags) == (0, None, 0, {})


def test_what_waits_is_read_from_the_index_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    state = open_state(f"sqlite:///{tmp_path_factory.mktemp('plans')}/state.db")
    asked: list[tuple[str, tuple[object, ...]]] = []
    with state.read() as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=1, now=NOW)
    state.standing(epoch, NOW)
    state.under_way(epoch, now=NOW)
    state.pending()
    state.claimable(epoch=epoch, now=NOW)
    state.claim(limit=9, host_share=9, epoch=epoch, now=NOW, most=9)
    queries = [one for one in asked if f"FROM {schema.frontier.name}" in one[0]]
    assert len(queries) == 6
    with state.read() as connection:
        for statement, values in queries:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            scans = [line for line in plan if schema.frontier.name in line]
            assert scans
            assert all("COVERING INDEX frontier_waiting" in line for line in scans), plan
