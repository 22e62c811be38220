"""An entry that its feed has changed waits again, once; and a run that reaches further back has feeds sent anew."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from newsbeam.connectors.state.announced import Announced
from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.commit import Settlement, commit
from newsbeam.records import Entry, Feed, Poll, Rejected, Skipped, digest
from tests.connectors.stores.fakes import NOW, article, document, duplicate, later, rejected

FEEDS = [Feed(url=f"https://{name}.example/feed") for name in "abc"]
"""NOW is 2026-11-20T12:00:00Z."""


def entry(name: str, updated: str | None, feed: Feed = FEEDS[0], **more: str | None) -> Entry:
    url = f"https://x.example/{name}"
    values = {"key": digest("feed", url), "feed_url": feed.url, "url": url, "title": name, "updated": updated, **more}
    return Entry(**values)  # type: ignore[arg-type]  # the fields of one test


class Run:
    """A state, one epoch after another."""

    def __init__(self, url: str) -> None:
        self.state: State = open_state(url)
        self.epoch = 0
        self.settled: set[str] = set()
        self.next()

    def next(self) -> None:
        """Another run."""
        self.epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=1, now=later(3600 * self.epoch))
        self.state.subscribe(FEEDS, epoch=self.epoch)

    def poll(self, *entries: Entry, feed: Feed = FEEDS[0]) -> tuple[int, int]:
        """(new, known) of a poll."""
        found = Poll(feed=feed, entries=entries)
        count = self.state.record_poll(found, epoch=self.epoch, now=NOW, next_poll=later(300))
        return count.new, count.known

    def settle(self) -> Sequence[str | None]:
        """Take up all that waits, and settle it, for the second time with the same text; the titles."""
        taken = self.state.claim(limit=100, host_share=100, epoch=self.epoch, now=NOW)
        new = [one.origin for one in taken if one.origin.key not in self.settled]
        records = tuple(article(document(one.key, at=one)) for one in new)
        again = [one.origin for one in taken if one.origin.key in self.settled]
        self.settled.update(one.key for one in new)
        self.commit(
            Settlement(records=records, skipped=tuple(Skipped(origin=one, reason="same_text") for one in again))
        )
        return [one.title for one in taken if isinstance(one, Entry)]

    def commit(self, settlement: Settlement) -> None:
        """Settle without stores."""
        commit(self.state, [], settlement, epoch=self.epoch, now=NOW, run_id="run")

    def claim(self) -> list[Entry | Rejected]:
        """Take up all that waits."""
        return self.state.claim(limit=100, host_share=100, epoch=self.epoch, now=later(90_000))

    def differences(self) -> set[int]:
        """What is seen and not accounted for."""
        return {one.difference for one in self.state.accounts(self.epoch)}


@pytest.fixture
def run(new_state: Callable[[], str]) -> Run:
    return Run(new_state())


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        ("2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z", True),
        ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z", False),
        ("2026-11-20T08:00:00Z", "2026-11-20T07:00:00Z", False),
        ("2026-11-20T08:00:00Z", "2026-11-20T10:30:00+02:00", True),
        ("2026-11-20T08:00:00Z", None, False),
        ("2026-11-20", "2026-11-21", True),
        ("2026-11-20", "2026-11-20", False),
    ],
)
def test_a_revision_is_told_by_a_later_update(before: str, after: str | None, again: bool) -> None:
    feed = FEEDS[0].url
    row = Announced(None, feed, "2026-11-20T12:00:00Z", 0, 1, settled=before)
    assert row.is_revised_by(entry("a", after)) is again
    assert not replace(row, feed="https://other.example/feed").is_revised_by(entry("a", after))
    assert not replace(row, settled=None).is_revised_by(entry("a", after)), "it waits, or its page is under way"


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        ("2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z", True),
        ("2026-11-20T08:00:00Z", None, False),
        (None, "2026-11-20T09:00:00Z", False),
        (None, "2026-11-20T13:00:00Z", True),
    ],
    ids=["later", "gone", "before it was seen", "after it was seen"],
)
def test_a_changed_entry_is_fetched_once(run: Run, before: str | None, after: str | None, again: bool) -> None:
    run.poll(entry("a", before))
    assert run.settle() == ["a"]
    run.next()
    for now in (again, False):
        assert run.poll(entry("a", after)) == ((1, 0) if now else (0, 1))
        assert run.settle() == (["a"] if now else [])
        assert run.differences() == {0}


def test_a_change_within_a_stream_is_fetched_within_it(run: Run) -> None:
    for hour in (8, 9, 10):
        assert run.poll(entry("a", f"2026-11-20T{hour:02}:00:00Z")) == (1, 0)
        assert run.settle() == ["a"]
    assert run.poll(entry("a", "2026-11-20T10:00:00Z")) == (0, 1)
    assert run.settle() == []


def test_a_change_while_the_page_is_under_way_is_fetched_after_it(run: Run) -> None:
    run.poll(entry("a", "2026-11-20T08:00:00Z"))
    (taken,) = run.claim()
    assert run.poll(entry("a", "2026-11-20T09:00:00Z")) == (0, 1)
    run.commit(Settlement(records=(article(document("x", at=taken.origin)),)))
    assert run.poll(entry("a", "2026-11-20T09:00:00Z")) == (1, 0)


def test_a_correction_of_its_record_leaves_an_entry_that_waits_again(run: Run) -> None:
    run.poll(entry("a", "2026-11-20T08:00:00Z"))
    (taken,) = run.claim()
    one = document("x", at=taken.origin)
    run.commit(Settlement(records=(article(one),)))
    run.next()
    run.commit(Settlement(records=(replace(duplicate(one, document("y")), came=False),)))
    assert run.poll(entry("a", "2026-11-20T09:00:00Z")) == (1, 0)
    run.commit(Settlement(records=(replace(article(one), came=False),)))
    assert [again.origin for again in run.claim()] == [taken.origin]


@pytest.mark.parametrize("fate", ["skipped", "rejected for good"])
def test_whatever_became_of_it_a_changed_entry_waits_again(run: Run, fate: str) -> None:
    run.poll(entry("a", "2026-11-20T08:00:00Z"))
    (taken,) = run.claim()
    skips, rows = Skipped(origin=taken.origin, reason="same_text"), rejected(taken.origin, "gone")
    run.commit(Settlement(skipped=(skips,)) if fate == "skipped" else Settlement(rejected=(rows,)))
    assert run.poll(entry("a", "2026-11-20T08:00:00Z")) == (0, 1)
    assert run.poll(entry("a", "2026-11-20T09:00:00Z")) == (1, 0)


def test_a_retry_keeps_its_time_and_takes_the_page_as_it_is_then(run: Run) -> None:
    run.poll(entry("a", "2026-11-20T08:00:00Z"))
    (taken,) = run.claim()
    run.commit(Settlement(rejected=(rejected(taken.origin, retry_at="2026-11-20T13:00:00Z"),)))
    run.next()
    assert run.poll(entry("a", "2026-11-20T09:00:00Z")) == (0, 1)
    assert [one.origin.key for one in run.claim()] == [taken.origin.key]


def test_an_outcome_that_comes_twice_takes_nothing_up_that_is_settled(run: Run) -> None:
    run.poll(entry("a", "2026-11-20T08:00:00Z"))
    (taken,) = run.claim()
    run.commit(Settlement(records=(article(document("x", at=taken.origin)),)))
    run.commit(Settlement(rejected=(rejected(taken.origin, retry_at="2026-11-20T13:00:00Z"),)))
    run.next()
    assert run.claim() == []
    assert run.poll(entry("a", "2026-11-20T08:00:00Z")) == (0, 1)


def test_only_the_feed_that_it_was_taken_from_revises_an_entry_in_any_order(new_state: Callable[[], str]) -> None:
    outcomes = []
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        run = Run(new_state())
        run.poll(entry("a", "2026-11-20T08:00:00Z", FEEDS[1]), feed=FEEDS[1])
        run.settle()
        run.next()
        for which in order:
            run.poll(entry("a", "2026-11-20T09:00:00Z", FEEDS[which]), feed=FEEDS[which])
        (taken,) = run.claim()
        run.commit(Settlement(records=(article(document("x", at=taken.origin)),)))
        outcomes.append((taken, run.state.accounts(run.epoch)))
    assert all(one == outcomes[0] for one in outcomes)
    assert outcomes[0][0].origin.source == FEEDS[1].url


def test_the_other_feeds_of_an_entry_leave_it_known_in_every_later_run(run: Run) -> None:
    run.poll(entry("a", "2026-11-20T08:00:00Z"))
    run.settle()
    for _ in range(2):
        run.next()
        assert run.poll(entry("a", "2026-11-20T11:00:00Z", FEEDS[1]), feed=FEEDS[1]) == (0, 1)


def test_a_feed_that_dates_all_its_entries_by_its_clock_revises_none(run: Run) -> None:
    run.poll(*(entry(name, "2026-11-20T08:00:00Z") for name in "abcd"))
    run.settle()
    assert run.poll(*(entry(name, "2026-11-20T09:00:00Z") for name in "abcd")) == (0, 4)
    assert run.poll(entry("a", "2026-11-20T10:00:00Z"), *(entry(name, "2026-11-20T09:00:00Z") for name in "bcd")) == (
        1,
        3,
    )
    assert run.settle() == ["a"]
    assert run.poll(*(entry(name, "2026-11-21") for name in "abcd")) == (4, 0), "a day is no clock's"


def test_a_revision_waits_from_when_it_was_announced(run: Run) -> None:
    run.poll(entry("a", "2026-11-20T08:00:00Z", published="2026-11-20T07:00:00Z"))
    run.settle()
    found = Poll(feed=FEEDS[0], entries=(entry("a", "2026-11-20T13:00:00Z", published="2026-11-20T07:00:00Z"),))
    run.state.record_poll(found, epoch=run.epoch, now=later(7200), next_poll=later(9000))
    (one,) = run.state.known([digest("feed", "https://x.example/a")]).values()
    assert (one.pending, one.first_seen, one.published) == (True, "2026-11-20T14:00:00Z", "2026-11-20T13:00:00Z")


def test_a_new_guid_for_the_same_link_is_known(run: Run) -> None:
    run.poll(entry("a", None, guid="1"))
    run.settle()
    run.next()
    assert run.poll(entry("a", None, guid="2")) == (0, 1)
    assert run.settle() == []


def test_feeds_are_sent_anew_where_a_run_reaches_further_back(run: Run) -> None:
    validators = replace(FEEDS[0], etag='"1"', last_modified="yesterday", body_hash="00")
    run.state.record_poll(Poll(feed=validators), epoch=run.epoch, now=NOW, next_poll=later(300))
    for since, kept in (
        (None, True),
        ("2026-11-10T00:00:00Z", True),
        ("2026-11-12T00:00:00Z", True),
        ("2026-11-11T00:00:00Z", False),
        ("2026-11-11T00:00:00Z", True),
        (None, False),
        (None, True),
    ):
        run.next()
        run.state.reach_back(since, epoch=run.epoch)
        (feed, *_) = run.state.take_feeds(limit=1, due_only=False, epoch=run.epoch, now=NOW)
        assert (feed.etag, feed.last_modified) == (('"1"', "yesterday") if kept else (None, None)), since
        run.state.record_poll(Poll(feed=validators), epoch=run.epoch, now=NOW, next_poll=later(300))


def test_an_address_is_known_once_it_was_read_as_a_feed(run: Run) -> None:
    assert not run.state.knows_feed(FEEDS[0].url)
    run.poll(feed=FEEDS[0])
    assert run.state.knows_feed(FEEDS[0].url)
