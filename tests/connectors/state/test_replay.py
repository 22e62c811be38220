"""Rejected rows that are taken up again: which ones are meant, what each needs, and that accounts add up."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from newsbeam.connectors.state import inputs, replay, schema
from newsbeam.connectors.state.replay import Replay, Wanted
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.records import Entry, Origin, Reached, Rejected, Span, digest
from tests.connectors.state.test_frontier import FEEDS, Run, entry, itself
from tests.connectors.stores.fakes import article, document, later, rejected

ONE, TWO = entry("https://x.example/1", FEEDS[0], "One"), entry("https://y.example:8080/2", FEEDS[1], "Two")


@pytest.fixture
def run(new_state: Callable[[], str]) -> Run:
    """A state with two entries rejected for good, and its next run begun."""
    run = Run(new_state())
    run.poll(FEEDS[0], ONE)
    run.poll(FEEDS[1], TWO)
    run.claim()
    run.settle(Settlement(rejected=(row(ONE, "http_error"), row(TWO, "no_text", stage="extract"))))
    run.next()
    return run


def row(one: Entry, reason: str, **changes: object) -> Rejected:
    return rejected(one.origin, reason, url=one.url, feed_url=one.feed_url, **changes)


def replayed(run: Run, **wanted: object) -> Replay:
    with run.state.write(run.epoch) as connection:
        found = replay.find(connection, Wanted(**wanted))  # type: ignore[arg-type]
        replay.mark(connection, found, now=later(3600))
    return found


def test_a_final_row_is_taken_up_as_it_was_announced_and_goes_when_it_works(run: Run) -> None:
    assert run.claim(after=7200) == []
    found = replayed(run)
    assert (len(found.entries), found.bare, found.waiting, found.hopeless) == (2, {}, 0, 0)
    assert found.reasons == [("http_error", 1), ("no_text", 1)]
    taken = {one.key: one for one in run.claim(after=7200) if isinstance(one, Entry)}
    assert {key: one.title for key, one in taken.items()} == {ONE.key: "One", TWO.key: "Two"}
    assert all(one.attempts == 1 for one in taken.values())
    run.settle(Settlement(records=(article(document("one", origin=ONE.origin)),), rejected=(row(TWO, "no_text"),)))
    assert run.state.counts() == {"articles": 1, "duplicates": 0, "rejected": 1}
    assert run.differences() == {FEEDS[0].url: 0, FEEDS[1].url: 0}
    run.next()
    assert run.claim(after=90_000) == [], "one that failed again is final again"
    assert len(replayed(run).entries) == 1


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({"reasons": ["no_text"]}, {TWO.key}),
        ({"reasons": ["gone"]}, set()),
        ({"feeds": [FEEDS[0].url]}, {ONE.key}),
        ({"hosts": ["y.example"]}, {TWO.key}),
        ({"hosts": ["y.example:8080", "x.example"]}, {ONE.key, TWO.key}),
        ({"hosts": ["y.example:81"]}, set()),
        ({"hosts": ["x.example"], "reasons": ["no_text"]}, set()),
    ],
)
def test_only_what_is_meant_is_taken_up(run: Run, wanted: dict[str, list[str]], keys: set[str]) -> None:
    assert replayed(run, **wanted).entries.keys() == keys
    assert {one.origin.key for one in run.claim(after=7200)} == keys


def test_a_row_whose_time_has_not_come_is_taken_up_at_once(new_state: Callable[[], str]) -> None:
    run = Run(new_state())
    run.poll(FEEDS[0], ONE)
    run.claim()
    run.settle(Settlement(rejected=(row(ONE, "unavailable", retry_at="2036-01-01T00:00:00Z"),)))
    run.next()
    assert run.claim(after=7200) == []
    replayed(run)
    assert [one.origin.key for one in run.claim(after=7200)] == [ONE.key]
    assert replayed(run).waiting == 1, "what is under way needs nothing"


def test_what_an_earlier_version_kept_nothing_of_comes_back_by_its_address(run: Run) -> None:
    with run.state.write(run.epoch) as connection:
        connection.execute(sa.update(schema.frontier).values(payload=None))
    found = replayed(run)
    assert found.bare.keys() == {ONE.key, TWO.key}
    taken = {one.origin.key: one for one in run.claim(after=7200)}
    assert isinstance(taken[ONE.key], Entry)
    assert (taken[ONE.key].url, taken[ONE.key].origin) == (ONE.url, ONE.origin)


def test_feeds_links_that_are_none_and_records_of_files_are_told_apart(run: Run) -> None:
    bad = rejected(Origin(kind="feed", source=FEEDS[2].url, key=digest("feed", "bad")), "bad_link", stage="poll")
    run.poll(FEEDS[2], rejected=(bad,))
    run.claim()
    span = Span(kind="warc", path="a.warc.gz", source="a.warc.gz", identity="1", start=0, limit=9)
    record = rejected(Origin(kind="warc", source="a.warc.gz", key="r"), "no_text", stage="extract", feed_url=None)
    run.settle(Settlement(rejected=(bad, itself(FEEDS[0]), record), seen=(("warc", "a.warc.gz", 1),)))
    with run.state.write(run.epoch) as connection:
        inputs.reach(connection, [Reached(span=span, position=None, records=1)])
        assert inputs.progress(connection, "warc", "a.warc.gz", "1") == inputs.Progress(
            position=0, records=1, done=True
        )
    run.next()
    found = replayed(run)
    assert (len(found.entries), found.feeds, found.hopeless) == (2, 1, 1)
    assert found.sources == {("warc", "a.warc.gz"): 1}
    with run.state.read() as connection:
        assert inputs.progress(connection, "warc", "a.warc.gz", "1") == inputs.Progress(
            position=0, records=0, done=False
        )


def test_what_was_forgotten_stays_out(run: Run) -> None:
    with run.state.write(run.epoch) as connection:
        connection.execute(sa.update(schema.frontier).values(fate="forgotten", payload=None))
    assert replayed(run).entries == {}
    assert run.claim(after=7200) == []


def test_a_host_is_found_in_any_case() -> None:
    one = row(replace(ONE, url="https://News.Example/1"), "gone")
    assert Wanted(hosts=["news.example"]).covers(one)
