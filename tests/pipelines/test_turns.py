"""The turns of a run on many workers: all kinds of work at once, whatever a lost worker has left, and an end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsbeam.config.settings import load
from newsbeam.connectors.state.state import State, open_state
from newsbeam.connectors.stores.commit import Settlement, commit
from newsbeam.pipelines import stopping, turns
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.request import Request
from newsbeam.records import Entry, Feed, Poll, Reached, Skipped, digest
from tests.connectors.stores.fakes import NOW, later

FEED = Feed(url="https://a.example/feed")


class Engine:
    """Does what turns ask for, with a state and no graph. lost: of how many turns the workers are lost."""

    def __init__(self, folder: Path, *, size: int = 10, beam: tuple[str, ...] = (), lost: int = 0) -> None:
        self.url = f"sqlite:///{folder}/state.db"
        self.state: State = open_state(self.url)
        self.epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=0, now=NOW)
        self.request = Request(settings=load(assignments=[f"run.spread_slice={size}"]), beam=beam)
        self.lost = lost
        self.ticks: list[Tick] = []

    def announce(self, count: int) -> None:
        """Entries that a poll found."""
        entries = [
            Entry(key=digest("feed", f"{one}"), feed_url=FEED.url, url=f"https://h{one}.example/{one}", title="A title")
            for one in range(count)
        ]
        self.state.subscribe([FEED], epoch=self.epoch)
        found = Poll(feed=FEED, entries=tuple(entries))
        self.state.record_poll(found, epoch=self.epoch, now=NOW, next_poll=later(300))

    def run(self, files: list[Path], *, polls: int = 0) -> None:
        """All turns that are asked for."""
        job = Job(
            state_url=self.url, store_urls=(), settings=self.request.settings, epoch=self.epoch, run_id="r", spread=True
        )
        named: list[turns.File] = [("warc", str(one), str(one)) for one in files]
        for tick in turns.portions(self.request, job, self.state, named, polls):
            self.ticks.append(tick)
            self._work(tick)

    def _work(self, tick: Tick) -> None:
        claimed = self.state.claim(limit=tick.claims, host_share=100, epoch=self.epoch, now=NOW) if tick.claims else []
        if len(self.ticks) <= self.lost:
            return
        skipped = tuple(Skipped(origin=one.origin, reason="robots") for one in claimed)
        settled = Settlement(skipped=skipped, progress=tuple(self._read(tick)))
        commit(self.state, [], settled, epoch=self.epoch, now=NOW, run_id="r")

    def _read(self, tick: Tick) -> Iterator[Reached]:
        """A file's size is its number of records."""
        for span in tick.spans:
            size, to = Path(span.path).stat().st_size, span.start + span.limit
            yield Reached(span=span, position=to if to < size else None, records=min(size, to) - span.start)


@pytest.fixture(autouse=True)
def _nobody_stops() -> None:
    stopping.reset()


def archive(folder: Path, name: str, records: int) -> Path:
    path = folder / f"{name}.warc.gz"
    path.write_bytes(b"r" * records)
    return path


def test_one_turn_polls_claims_and_reads_when_all_fits_into_it(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.run([archive(tmp_path, "a", 4), archive(tmp_path, "b", 5)], polls=3)
    (tick,) = engine.ticks
    assert (tick.polls, tick.claims, [one.limit for one in tick.spans]) == (10, 10, [5, 5])


def test_no_entry_is_claimed_before_every_feed_was_polled(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.run([], polls=25)
    assert [(one.polls, one.claims) for one in engine.ticks] == [(10, 0), (10, 0), (10, 10)]


def test_files_are_read_side_by_side_and_each_goes_on_where_it_stands(tmp_path: Path) -> None:
    engine = Engine(tmp_path, size=12, beam=("--parallelism=1",))
    files = [archive(tmp_path, name, records) for name, records in zip("abcdef", (3, 7, 2, 3, 4, 1), strict=True)]
    engine.run(files)
    read = [[(Path(one.path).name[0], one.start, one.limit) for one in tick.spans] for tick in engine.ticks]
    assert read == [
        [("a", 0, 3), ("b", 0, 3), ("c", 0, 3), ("d", 0, 3)],
        [("b", 3, 4), ("e", 0, 4), ("f", 0, 4)],
    ]


def test_no_turn_is_needed_where_nothing_is_left(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    files = [archive(tmp_path, "a", 4)]
    engine.run(files)
    assert len(engine.ticks) == 1
    again = Engine(tmp_path)
    again.run(files)
    assert again.ticks == []
    assert [(one.seen, dict(one.skipped)) for one in again.state.accounts(again.epoch)] == [(4, {"known": 4})]


def test_what_lost_workers_had_taken_up_is_taken_up_by_the_next_turn(tmp_path: Path) -> None:
    engine = Engine(tmp_path, lost=2)
    engine.announce(7)
    engine.run([archive(tmp_path, "a", 4)])
    assert len(engine.ticks) == 3
    assert engine.state.leave(epoch=engine.epoch) == 0


def test_jobs_that_settle_nothing_are_not_repeated_for_ever(tmp_path: Path) -> None:
    engine = Engine(tmp_path, lost=100)
    engine.announce(7)
    with pytest.raises(Failed, match="3 jobs one after the other have settled nothing of 7 entries and 1 files"):
        engine.run([archive(tmp_path, "a", 4)])
    assert len(engine.ticks) == 3
    assert engine.state.leave(epoch=engine.epoch) == 7


def test_a_wish_to_stop_ends_the_turns(tmp_path: Path) -> None:
    engine = Engine(tmp_path, size=2)
    engine.announce(7)
    stopping.request()
    engine.run([])
    assert engine.ticks == []
    stopping.reset()


def test_a_spans_limit_is_never_none(tmp_path: Path) -> None:
    engine = Engine(tmp_path, size=1)
    engine.run([archive(tmp_path, name, 2) for name in "abc"])
    assert {one.limit for tick in engine.ticks for one in tick.spans} == {1}
    assert len(engine.ticks) == 2
