"""Feeds and the frontier: polls in any order, fair claims, retries, and accounts that add up."""

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.commit import Settlement, commit
from newsbeam.records import Entry, Feed, Origin, Poll, Rejected, Skipped, digest
from tests.connectors.stores.fakes import NOW, article, document, duplicate, later, rejected

FEEDS = [Feed(url=f"https://{name}.example/feed") for name in "abc"]


def entry(url: str, feed: Feed, title: str = "A title") -> Entry:
    """An entry as the feed announces it."""
    return Entry(key=digest("feed", url), feed_url=feed.url, url=url, title=title)


def itself(feed: Feed, **changes: object) -> Rejected:
    """The row of a feed that could not be polled."""
    at = Origin(kind="feed", source=feed.url, key=digest("feed-poll", feed.url))
    return rejected(at, url=feed.url, feed_url=feed.url, stage="poll", **changes)


class Run:
    """A state, one epoch after another."""

    def __init__(self, url: str) -> None:
        self.state: State = open_state(url)
        self.epoch = 0
        self.next()

    def next(self) -> None:
        """Another run."""
        self.epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=1, now=later(3600 * self.epoch))
        self.state.subscribe(FEEDS, epoch=self.epoch)

    def poll(self, feed: Feed, *entries: Entry, **more: object) -> tuple[int, int, bool]:
        """Note a poll."""
        found = Poll(feed=feed, entries=entries, **more)  # type: ignore[arg-type]
        count = self.state.record_poll(found, epoch=self.epoch, now=NOW, next_poll=later(300))
        return count.new, count.known, count.recovered

    def claim(
        self, limit: int = 100, host_share: int = 100, after: float = 0, again: bool = False
    ) -> Sequence[Entry | Rejected]:
        """Take up entries."""
        now = later(after)
        return self.state.claim(limit=limit, host_share=host_share, again=again, epoch=self.epoch, now=now)

    def settle(self, settlement: Settlement) -> None:
        """Settle without stores."""
        commit(self.state, [], settlement, epoch=self.epoch, now=NOW, run_id="run")

    def differences(self) -> dict[str, int]:
        """What is seen and not accounted for, by source."""
        return {one.source: one.difference for one in self.state.accounts(self.epoch)}


@pytest.fixture
def run(new_state: Callable[[], str]) -> Run:
    return Run(new_state())


def test_every_feed_is_taken_once_a_run_unless_its_server_asked_to_wait(run: Run) -> None:
    state, epoch = run.state, run.epoch
    assert [feed.url for feed in state.take_feeds(limit=2, due_only=False, epoch=epoch, now=NOW)] == [
        FEEDS[0].url,
        FEEDS[1].url,
    ]
    assert [feed.url for feed in state.take_feeds(limit=9, due_only=False, epoch=epoch, now=NOW)] == [FEEDS[2].url]
    for feed in FEEDS:
        state.record_poll(
            Poll(feed=feed),
            epoch=epoch,
            now=NOW,
            next_poll=later(9),
            not_before=later(50) if feed is FEEDS[1] else None,
        )
    assert state.take_feeds(limit=9, due_only=False, epoch=epoch, now=later(60)) == []
    run.next()
    taken = state.take_feeds(limit=9, due_only=False, epoch=run.epoch, now=later(49))
    assert [feed.url for feed in taken] == [FEEDS[0].url, FEEDS[2].url]
    taken = state.take_feeds(limit=9, due_only=False, epoch=run.epoch, now=later(50))
    assert [feed.url for feed in taken] == [FEEDS[1].url]


def test_a_stream_takes_what_is_due_and_not_being_polled(run: Run) -> None:
    state, epoch = run.state, run.epoch
    assert len(state.take_feeds(limit=9, due_only=True, epoch=epoch, now=NOW)) == 3
    assert state.take_feeds(limit=9, due_only=True, epoch=epoch, now=NOW) == []
    run.poll(FEEDS[0])
    assert state.take_feeds(limit=9, due_only=True, epoch=epoch, now=later(299)) == []
    assert len(state.take_feeds(limit=9, due_only=True, epoch=epoch, now=later(300))) == 1


def test_only_feeds_of_this_run_are_taken(run: Run) -> None:
    run.epoch = run.state.take_lease(owner="elsewhere:1:1", seconds=1, now=later(90_000))
    run.state.subscribe(FEEDS[1:], epoch=run.epoch)
    taken = run.state.take_feeds(limit=9, due_only=False, epoch=run.epoch, now=NOW)
    assert [feed.url for feed in taken] == [FEEDS[1].url, FEEDS[2].url]


def test_a_poll_leaves_validators_and_health_behind(run: Run) -> None:
    good = replace(FEEDS[0], title="A", etag='"1"', last_modified="yesterday", body_hash="00", entries=4)
    run.poll(good)
    run.poll(FEEDS[0], rejected=(itself(FEEDS[0]),))
    run.poll(FEEDS[0], rejected=(itself(FEEDS[0]),))
    run.next()
    (feed, *_) = run.state.take_feeds(limit=9, due_only=False, epoch=run.epoch, now=NOW)
    assert (feed.etag, feed.last_modified, feed.body_hash, feed.entries) == ('"1"', "yesterday", "00", 4)
    assert (feed.polls, feed.failures, feed.first_failed) == (3, 2, "2026-11-20T12:00:00Z")
    run.poll(feed)
    run.next()
    (feed, *_) = run.state.take_feeds(limit=9, due_only=False, epoch=run.epoch, now=NOW)
    assert (feed.polls, feed.failures, feed.first_failed) == (4, 0, None)


def test_polls_in_any_order_give_the_same_frontier(new_state: Callable[[], str]) -> None:
    shared = [entry("https://x.example/1", feed) for feed in FEEDS]
    own = [entry(f"https://x.example/{feed.url[8]}", feed) for feed in FEEDS]
    twice = [entry("https://y.example/2", FEEDS[1], title) for title in ("Second title", "First title")]
    polls = [
        (FEEDS[0], (shared[0], own[0])),
        (FEEDS[1], (*twice, shared[1], own[1])),
        (FEEDS[2], (own[2], shared[2])),
    ]
    found = []
    for number, order in enumerate(itertools.permutations(polls)):
        run = Run(new_state())
        for feed, entries in order:
            run.poll(feed, *random.Random(number).sample(entries, len(entries)))
        found.append((run.claim(), run.state.accounts(run.epoch)))
    assert all(one == found[0] for one in found)
    claimed, accounts = found[0]
    assert {one.title for one in claimed if isinstance(one, Entry)} == {"A title", "First title"}
    assert next(one for one in claimed if one.url == "https://x.example/1").feed_url == FEEDS[0].url
    assert [(one.seen, one.skipped) for one in accounts] == [(2, {}), (4, {"known": 2}), (2, {"known": 1})]


def test_polls_after_a_crash_in_any_order_give_the_same_frontier(new_state: Callable[[], str]) -> None:
    shared = [entry("https://x.example/1", feed) for feed in FEEDS]
    found = []
    for order in itertools.permutations(range(3)):
        run = Run(new_state())
        run.poll(FEEDS[1], shared[1])
        run.claim()
        run.next()
        for which in order:
            run.poll(FEEDS[which], shared[which])
        (claimed,) = run.claim()
        run.settle(Settlement(records=(article(document("x", at=claimed.origin)),)))
        found.append((claimed, run.state.accounts(run.epoch)))
    assert all(one == found[0] for one in found)
    assert [one.difference for one in found[0][1]] == [0, 0, 0]


def test_claims_are_fair_bounded_and_deterministic(new_state: Callable[[], str]) -> None:
    urls = [f"https://big.example/{number}" for number in range(20)]
    urls += [f"https://s{number}.example/1" for number in range(5)]
    orders = []
    for seed in range(2):
        run = Run(new_state())
        run.poll(FEEDS[0], *(entry(url, FEEDS[0]) for url in random.Random(seed).sample(urls, len(urls))))
        assert run.state.claimable(epoch=run.epoch, now=NOW) == 25
        first = run.claim(limit=8, host_share=3)
        hosts = [str(one.url).split("/")[2] for one in first]
        assert len(set(hosts)) == 6, "one of every host comes before a second of any"
        assert hosts.count("big.example") == 3
        assert run.claim(limit=100, host_share=3) == [], "what is under way counts towards the share of its host"
        run.settle(Settlement(skipped=tuple(Skipped(origin=one.origin, reason="robots") for one in first)))
        second = run.claim(limit=100, host_share=3)
        assert len(second) == 3, "no more of a host than its share, however much room there is"
        orders.append([one.url for one in (*first, *second)])
        assert len(set(orders[-1])) == len(orders[-1])
        assert run.state.claimable(epoch=run.epoch, now=NOW) == 14
    assert orders[0] == orders[1]


def test_what_is_given_back_is_taken_up_again(run: Run) -> None:
    run.poll(FEEDS[0], *(entry(f"https://x.example/{number}", FEEDS[0]) for number in range(3)))
    claimed = run.claim()
    run.state.give_back([claimed[0].origin.key, claimed[2].origin.key], epoch=run.epoch)
    assert {one.url for one in run.claim()} == {claimed[0].url, claimed[2].url}
    settled = Skipped(origin=claimed[1].origin, reason="robots")
    run.settle(Settlement(skipped=(settled,)))
    run.state.give_back([claimed[1].origin.key], epoch=run.epoch)
    assert run.claim() == [], "what is settled stays settled"
    assert run.differences() == {FEEDS[0].url: 2}


def test_what_an_epoch_leaves_is_counted_as_seen_in_it(run: Run) -> None:
    run.poll(FEEDS[0], *(entry(f"https://x.example/{number}", FEEDS[0]) for number in range(3)))
    run.claim(limit=1)
    assert run.state.leave(epoch=run.epoch) == 3
    assert run.differences() == {FEEDS[0].url: 3}
    run.next()
    assert run.differences() == {}
    assert [run.state.leave(epoch=run.epoch) for _ in range(2)] == [3, 3]
    assert run.differences() == {FEEDS[0].url: 3}


def test_a_stream_takes_up_what_it_tried_itself_once_that_is_due(run: Run) -> None:
    run.poll(FEEDS[0], entry("https://x.example/1", FEEDS[0]))
    (claimed,) = run.claim()
    run.settle(Settlement(rejected=(rejected(claimed.origin, retry_at="2026-11-20T13:00:00Z"),)))
    assert run.claim(again=True) == [], "not before its time"
    assert run.claim(after=86_400) == [], "a batch ends, it does not wait"
    (again,) = run.claim(after=86_400, again=True)
    assert again.origin == claimed.origin
    assert run.claim(after=86_400, again=True) == [], "it is under way"
    run.settle(Settlement(records=(article(document("x", at=again.origin)),)))
    assert run.differences() == {FEEDS[0].url: 0}


def test_a_retry_under_way_when_its_epoch_ends_is_found_by_the_next(run: Run) -> None:
    run.poll(FEEDS[0], entry("https://x.example/1", FEEDS[0]))
    (claimed,) = run.claim()
    run.settle(Settlement(rejected=(rejected(claimed.origin, retry_at="2026-11-20T13:00:00Z"),)))
    run.next()
    assert len(run.claim(after=86_400)) == 1
    run.next()
    (found,) = run.claim()
    assert (found.url, run.state.leave(epoch=run.epoch)) == (claimed.url, 1)


def test_a_new_epoch_frees_old_claims(run: Run) -> None:
    run.poll(FEEDS[0], entry("https://x.example/1", FEEDS[0]))
    (first,) = run.claim()
    assert run.claim() == []
    run.next()
    assert run.claim() == [first]


def test_a_retry_is_taken_up_by_a_later_run_when_it_is_due(run: Run) -> None:
    run.poll(FEEDS[0], entry("https://x.example/1", FEEDS[0]), entry("https://x.example/2", FEEDS[0]))
    one, two = run.claim()
    again = rejected(one.origin, attempts=3, retry_at="2026-11-20T13:00:00Z")
    run.settle(Settlement(rejected=(again, rejected(two.origin, "gone"))))
    assert run.claim(after=7200) == [], "not twice in one run"
    assert run.differences() == {FEEDS[0].url: 0}
    run.next()
    assert run.poll(FEEDS[0], entry("https://x.example/1", FEEDS[0]))[:2] == (0, 1)
    assert run.claim(after=3599) == []
    (taken,) = run.claim(after=3600)
    assert isinstance(taken, Entry)
    assert (taken.key, taken.attempts, taken.first_seen) == (one.key, 3, "2026-11-20T12:00:00Z")
    run.settle(Settlement(records=(article(document("x", at=taken.origin)),)))
    assert run.differences() == {FEEDS[0].url: 0}
    assert run.state.counts() == {"articles": 1, "duplicates": 0, "rejected": 1}
    run.next()
    assert run.claim(after=90_000) == []


def test_a_rejected_entry_of_a_poll_is_settled_like_the_others(run: Run) -> None:
    row = rejected(Origin(kind="feed", source=FEEDS[0].url, key=digest("feed", "bad")), "bad_link", stage="poll")
    assert run.poll(FEEDS[0], rejected=(row,))[:2] == (1, 0)
    assert run.claim() == [row]
    run.settle(Settlement(rejected=(row,)))
    assert run.poll(FEEDS[0], rejected=(row,))[:2] == (0, 1), "known, and not taken up again"
    assert run.claim() == []
    assert run.differences() == {FEEDS[0].url: 0}


def test_a_feed_that_fails_and_works_again(run: Run) -> None:
    row = itself(FEEDS[0])
    assert run.poll(FEEDS[0], rejected=(row,)) == (0, 0, False)
    assert run.claim() == [], "the caller settles it"
    run.settle(Settlement(rejected=(row,)))
    assert run.poll(FEEDS[1]) == (0, 0, False)
    assert run.poll(FEEDS[0]) == (0, 0, True)
    run.settle(Settlement(cleared=(row.origin,)))
    assert run.state.counts()["rejected"] == 0
    assert run.poll(FEEDS[0]) == (0, 0, False)
    assert run.differences() == {FEEDS[0].url: 0}


def test_what_a_304_stands_for_is_counted(run: Run) -> None:
    run.poll(replace(FEEDS[0], entries=3), not_modified=True)
    (account,) = run.state.accounts(run.epoch)
    assert (account.seen, account.skipped, account.difference) == (3, {"not_modified": 3}, 0)


def test_an_undisturbed_run_leaves_nothing_pending_and_balances(run: Run) -> None:
    entries = [entry(f"https://x.example/{number}", FEEDS[0]) for number in range(5)]
    over = Skipped(origin=entries[0].origin, reason="over_limit", count=7)
    run.poll(FEEDS[0], *entries, skipped=(over,))
    one, two, three, four, five = run.claim()
    kept = document("kept", at=one.origin)
    run.settle(
        Settlement(
            records=(article(kept), duplicate(document("copy", at=two.origin), kept)),
            rejected=(rejected(three.origin, "no_text"),),
            skipped=(Skipped(origin=four.origin, reason="robots"),),
        )
    )
    assert run.differences() == {FEEDS[0].url: 1}, "what has no fate yet shows"
    run.settle(Settlement(records=(article(document("late", at=five.origin)),)))
    (account,) = run.state.accounts(run.epoch)
    assert (account.seen, account.articles, account.duplicates, account.rejected) == (12, 2, 1, 1)
    assert account.skipped == {"over_limit": 7, "robots": 1}
    run.next()
    assert run.claim(after=90_000) == []
    assert run.poll(FEEDS[0], *entries)[:2] == (0, 5)
    assert run.differences() == {FEEDS[0].url: 0}


@pytest.mark.parametrize("settled_between", [False, True])
def test_a_poll_without_what_the_feed_repeats_counts_as_the_whole_one(
    new_state: Callable[[], str], settled_between: bool
) -> None:
    feed = FEEDS[0]
    old, new = [entry(f"https://a.example/{name}", feed) for name in "pq"], entry("https://a.example/r", feed)
    accounts = []
    for entries, repeated in (((*old, new), 0), ((new,), 2)):
        run = Run(new_state())
        assert run.poll(feed, *old)[:2] == (2, 0)
        if settled_between:
            run.claim()
            settled = [article(document(one.key, origin=one.origin)) for one in old]
            run.settle(Settlement(records=tuple(settled)))
        assert run.poll(feed, *entries, repeated=repeated)[:2] == (1, 2)
        accounts.append(run.state.accounts(run.epoch))
    assert accounts[0] == accounts[1]
    assert accounts[0][0].seen == 5
    assert accounts[0][0].skipped == {"known": 2}
