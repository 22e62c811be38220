"""Each entry is settled once, however often an engine brings its outcome; the accounts agree with what came in."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsbeam.config.settings import load
from newsbeam.connectors.state.inputs import Progress
from newsbeam.connectors.state.manifest import Segment
from newsbeam.connectors.state.runs import Run
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.urls import open_store
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages import once
from newsbeam.pipelines.stages.anew import decided_anew
from newsbeam.pipelines.stages.resolve import SETTLED, Resolver
from newsbeam.pipelines.stages.store import Storing
from newsbeam.records import (
    Captured,
    Document,
    Entry,
    Feed,
    Origin,
    Poll,
    Reached,
    Skipped,
    Span,
    digest,
)
from newsbeam.transforms.fingerprints import fingerprint
from tests.connectors.stores.fakes import NOW, contents, document, later, rejected
from tests.connectors.stores.fakes import origin as place_of
from tests.pipelines.test_anew import STORY

FEED = Feed(url="https://a.example/feed")
SPAN = Span(kind="warc", path="a.warc", source="a.warc", identity="1:1", start=100, limit=25)
OTHER = "Rain is expected on the coast all through the coming week, and the boats will stay in the harbour. " * 4


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The addresses of a state and a store, in each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state.db", f"sqlite:///{tmp_path}/news.db"
    database = request.getfixturevalue("postgres")
    return f"{database}&schema=state", f"{database}&schema=news"


class Place:
    """A state with a frontier, a store, and outcomes that come to the store stage in whatever way."""

    def __init__(self, state_url: str, store_url: str, *, endless: bool = True, spread: bool = False) -> None:
        self.state, self.store = open_state(state_url), open_store(store_url)
        self.store.check()
        self.settings = {"state_url": state_url, "store_urls": (store_url,), "settings": load(), "run_id": "run"}
        self.modes = {"endless": endless, "spread": spread}
        self.hours = 0
        self.next()

    def next(self) -> None:
        """Another epoch."""
        self.hours += 1
        self.epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=1, now=later(3600 * self.hours))
        self.job = Job(epoch=self.epoch, **self.settings, **self.modes)  # type: ignore[arg-type]
        self.state.subscribe([FEED], epoch=self.epoch)
        self.storing = Storing(self.job)

    def claim(self, *names: str, after: float = 0) -> list[Origin]:
        """Announce entries with these names, and take up what can be."""
        entries = [
            Entry(key=digest("feed", name), feed_url=FEED.url, url=f"https://{name}.example/story") for name in names
        ]
        self.state.record_poll(Poll(feed=FEED, entries=tuple(entries)), epoch=self.epoch, now=NOW, next_poll=NOW)
        now, until = later(3600 * self.hours + after), later(3600 * self.hours + after + 300)
        claimed = self.state.claim(limit=99, host_share=99, again=True, epoch=self.epoch, now=now, until=until)
        at = {one.origin.key: one.origin for one in claimed}
        return [at[digest("feed", name)] for name in names if digest("feed", name) in at]

    def decided(self, *documents: Document) -> list[Any]:
        """What comes to the store stage of a window with these documents."""
        by_id: dict[str, list[Document]] = {}
        for one in documents:
            by_id.setdefault(one.id, []).append(one)
        commits = self.state.commits()
        came = [Captured(commits=commits, documents=tuple(group)) for group in by_id.values()]
        return [*decided_anew(self.job, came), *came]

    def settle(self, items: Sequence[Any]) -> bool:
        """The store stage; whether it settled anything."""
        return bool(list(self.storing.process((0, items))))

    @property
    def difference(self) -> int:
        """What is seen in this epoch and not accounted for."""
        return sum(one.difference for one in self.state.accounts(self.epoch))

    def rows(self) -> dict[str, Any]:
        """What the store holds."""
        return contents(self.store)


@pytest.fixture
def place(urls: tuple[str, str]) -> Iterator[Place]:
    made = Place(*urls)
    yield made
    made.store.close()
    made.state.close()


@pytest.fixture
def batch(urls: tuple[str, str]) -> Iterator[Place]:
    made = Place(*urls, endless=False, spread=True)
    yield made
    made.store.close()
    made.state.close()


def story(name: str, at: Origin, body: str = STORY, **changes: Any) -> Document:
    """A document of an entry."""
    return document(name, body, at=at, fingerprint=fingerprint(body), word_count=len(body.split()), **changes)


def test_a_window_that_is_run_again_settles_nothing_twice(place: Place) -> None:
    one, two, three, four = place.claim("one", "two", "three", "four")
    items = [
        *place.decided(story("one", one), story("two", two)),
        rejected(three, "timeout", retry_at="2027-01-01T00:00:00Z"),
        Skipped(origin=four, reason="robots"),
    ]
    assert place.settle(items)
    before, accounts = place.rows(), place.state.accounts(place.epoch)
    assert not place.settle(items)
    assert (place.rows(), place.state.accounts(place.epoch)) == (before, accounts)
    assert place.difference == 0
    assert len(before) == 3


def test_a_part_of_a_window_that_comes_again_leaves_the_rest_to_be_decided_anew(place: Place) -> None:
    one, two, three = place.claim("one", "two", "three")
    copy = STORY + "\n\nMore soon."
    place.settle(place.decided(story("one", one)))
    place.settle([*place.decided(story("one", one), story("two", two, copy)), Skipped(origin=three, reason="robots")])
    rows = place.rows()
    assert len(rows) == 2
    assert len({row["cluster_id"] for row in rows.values()}) == 1
    (account,) = place.state.accounts(place.epoch)
    assert (account.seen, account.articles, account.duplicates, account.skipped) == (3, 1, 1, {"robots": 1})


def test_a_worker_that_comes_back_finds_its_entry_settled(place: Place) -> None:
    (slow,) = place.claim("one")
    late = place.decided(story("one", slow, STORY + "\n\nAs the slow worker read it."))
    (quick,) = place.claim("one", after=301)
    place.settle(place.decided(story("one", quick)))
    before = place.rows()
    assert not place.settle(late)
    assert place.rows() == before
    assert place.difference == 0


def test_of_two_workers_with_one_entry_the_first_to_settle_wins(place: Place) -> None:
    (slow,) = place.claim("one")
    late = place.decided(story("one", slow, STORY + "\n\nAs the slow worker read it."))
    (quick,) = place.claim("one", after=301)
    assert place.settle(late), "the entry is under way with another worker, and has no fate yet"
    assert not place.settle([rejected(quick, "timeout", retry_at="2027-01-01T00:00:00Z")])
    assert [row["collection"] for row in place.rows().values()] == ["articles"]
    assert place.difference == 0


def test_both_outcomes_of_an_entry_in_one_window_count_once(place: Place) -> None:
    (at,) = place.claim("one")
    first, second = story("one", at), story("one", at, STORY + "\n\nLater.", fetched_at="2026-11-20T11:00:00Z")
    window = [rejected(at, "timeout", retry_at="2027-01-01T00:00:00Z"), *place.decided(second, first)]
    assert place.settle([*window, *window])
    (row,) = place.rows().values()
    assert (row["collection"], row["body"]) == ("articles", STORY)
    assert place.difference == 0


def test_one_entry_that_led_to_two_addresses_in_one_window_is_one_record(place: Place) -> None:
    (at,) = place.claim("one")
    window = place.decided(story("one", at), story("moved", at, OTHER, fetched_at="2026-11-20T11:00:00Z"))
    assert place.settle(window)
    assert [row["title"] for row in place.rows().values()] == ["Story one"]
    assert place.difference == 0


def test_what_an_earlier_epoch_began_is_settled_and_counted_in_this_one(place: Place) -> None:
    one, two = place.claim("one", "two")
    late = [*place.decided(story("one", one)), Skipped(origin=two, reason="robots")]
    place.state.leave(epoch=place.epoch)
    assert place.difference == 2
    place.next()
    assert place.settle(late), "an engine resumed with what was on its way"
    assert place.claim() == []
    assert not place.settle(late)
    (account,) = place.state.accounts(place.epoch)
    assert (account.seen, account.articles, account.skipped) == (2, 1, {"robots": 1})


def test_an_entry_replayed_while_it_is_claimed_anew_is_settled_by_the_first(place: Place) -> None:
    (old,) = place.claim("one")
    replayed = place.decided(story("one", old))
    place.next()
    (new,) = place.claim("one")
    assert place.settle(replayed)
    assert not place.settle(place.decided(story("one", new, STORY + "\n\nLater.")))
    (row,) = place.rows().values()
    assert row["body"] == STORY
    assert place.difference == 0


def test_a_retry_that_is_taken_up_again_is_settled_again(place: Place) -> None:
    (at,) = place.claim("one")
    place.settle([rejected(at, "timeout", retry_at="2026-11-20T13:30:00Z")])
    (again,) = place.claim("one", after=3000)
    assert place.settle(place.decided(story("one", again)))
    assert [row["collection"] for row in place.rows().values()] == ["articles"]
    assert place.difference == 0


def test_a_feed_that_fails_again_and_again_is_no_entry(place: Place) -> None:
    itself = Origin(kind="feed", source=FEED.url, key=digest("feed-poll", FEED.url))
    row = rejected(itself, "timeout", url=FEED.url, feed_url=FEED.url, stage="poll")
    place.state.record_poll(Poll(feed=FEED, rejected=(row,)), epoch=place.epoch, now=NOW, next_poll=NOW)
    assert place.difference == 0, "a poll whose row is lost with its worker is no loss"
    assert place.settle([row, row])
    assert place.settle([row])
    (account,) = place.state.accounts(place.epoch)
    assert (account.seen, account.rejected) == (3, 3)
    assert len(place.rows()) == 1


def test_the_lag_of_a_stream_is_that_of_new_records_only(place: Place) -> None:
    run = Run(run_id="run", epoch=place.epoch, version="1", settings_hash="h", started="2026-11-20T11:00:00Z")
    place.state.record_run(run, epoch=place.epoch)
    one, two, three = place.claim("one", "two", "three")
    place.settle(place.decided(story("one", one)))
    second = place.decided(story("two", two, STORY + "\n\nMore soon."))
    place.settle([*second, rejected(three, "gone")])
    place.settle(second)
    assert sum(place.state.standing(place.epoch, NOW).lags.values()) == 2


def test_the_correction_of_an_entry_that_comes_again_has_no_lag(place: Place) -> None:
    one, two = place.claim("one", "two")
    place.settle(place.decided(story("one", one)))
    first = story("two", two, published="2026-11-18T08:00:00Z")
    place.settle(place.decided(story("one", one), first))
    kept = {row["title"]: row["collection"] for row in place.rows().values()}
    assert kept == {"Story one": "duplicates", "Story two": "articles"}
    assert sum(place.state.standing(place.epoch, NOW).lags.values()) == 2
    assert place.difference == 0


def test_a_batch_on_several_workers_settles_a_span_once(batch: Place) -> None:
    at = place_of("one")
    row = rejected(place_of("two"), "no_text", stage="extract")
    reached = Reached(span=replace(SPAN, start=0), position=2, records=2)
    window = [*batch.decided(story("one", at)), row, reached]
    assert batch.settle(window)
    before, accounts = batch.rows(), batch.state.accounts(batch.epoch)
    assert not batch.settle(window)
    assert (batch.rows(), batch.state.accounts(batch.epoch)) == (before, accounts)
    assert batch.difference == 0
    further = [
        *batch.decided(story("three", place_of("three"), OTHER)),
        Reached(span=replace(SPAN, start=2), position=None, records=1),
    ]
    assert batch.settle(further)
    assert not batch.settle(further)
    assert (batch.difference, len(batch.rows())) == (0, 3)


def test_a_batch_on_several_workers_settles_an_entry_once(batch: Place) -> None:
    (at,) = batch.claim("one")
    window = batch.decided(story("one", at))
    assert batch.settle(window)
    assert not batch.settle(window)
    assert batch.difference == 0
    assert batch.state.standing(batch.epoch, NOW).lags == {}


@pytest.mark.parametrize(
    ("position", "before", "noted"),
    [
        (150, None, False),
        (150, Progress(position=150, records=1, done=False), True),
        (150, Progress(position=200, records=1, done=False), True),
        (150, Progress(position=149, records=1, done=False), False),
        (100, Progress(position=100, records=1, done=False), False),
        (150, Progress(position=0, records=1, done=True), True),
        (None, Progress(position=150, records=1, done=False), False),
        (None, Progress(position=0, records=1, done=True), True),
    ],
)
def test_a_span_was_settled_when_its_file_was_read_beyond_its_start_and_as_far(
    position: int | None, before: Progress | None, noted: bool
) -> None:
    assert once.is_noted(Reached(span=SPAN, position=position, records=1), before) is noted


def test_parts_of_an_archive_go_with_the_last_of_what_was_fetched(place: Place) -> None:
    one, two = place.claim("one", "two")
    part = Segment(store="warc:/a", name="date=2026-11-20/part.warc.gz", records=1, bytes=9)
    rows: list[Any] = [Skipped(origin=at, reason="robots") for at in (one, two)]
    place.settle(rows[:1])
    known = place.state.known(once.keys(rows))
    assert part in once.unsettled([part, *rows], known).items, "something was fetched that is not settled"
    assert part not in once.unsettled([part, *rows[:1]], known).items
    assert part in once.unsettled([part], {}).items


@pytest.mark.parametrize(("endless", "spread", "says"), [(True, False, 1), (False, True, 1), (False, False, 0)])
def test_what_came_in_is_told_where_it_may_have_to_be_decided_anew(
    tmp_path: Path, endless: bool, spread: bool, says: int
) -> None:
    place = Place(f"sqlite:///{tmp_path}/s.db", f"sqlite:///{tmp_path}/n.db", endless=endless, spread=spread)
    one = story("one", place_of("one", kind="feed"))
    (outputs,) = Resolver(place.job)([(one.id, [one])])
    told = [each.value for each in outputs if getattr(each, "tag", None) == SETTLED]
    assert told == [Captured(commits=0, documents=(one,))] * says


def test_what_is_no_entry_of_the_frontier_passes_as_it_is() -> None:
    items = [rejected(place_of(name), "no_text") for name in ("one", "one", "two")]
    left = once.unsettled(items, {})
    assert (list(left.items), left.undecided) == (items, False)
