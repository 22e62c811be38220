"""Delivery: settled changes reach a store behind a connector, at least once, the last one always."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apache_beam.runners.runner import PipelineState

from newsbeam.config.settings import load
from newsbeam.connectors.state import held, outbox
from newsbeam.connectors.state.held import Stamped
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.delivered import Change
from newsbeam.pipelines import cli, delivery, engine, engines, job, kept_open, session, stopping
from newsbeam.pipelines.delivery import Delivery, beam_arguments, cause, changes
from newsbeam.pipelines.failures import Failed
from newsbeam.records import Article, Rejected
from tests.connectors.stores.fakes import (
    Killed,
    Place,
    article,
    contents,
    document,
    duplicate,
    origin,
    rejected,
)
from tests.pipelines.delivered import Ledger, take
from tests.slow.worlds import page, prose, warc_record, write_warc


@pytest.fixture(autouse=True)
def _not_stopping() -> Iterator[None]:
    stopping.reset()
    yield
    stopping.reset()


# What is decided


def stamped(record: Article | Rejected) -> Stamped:
    return Stamped(record=record, run_id="run", updated_at="2026-11-20T12:00:00Z")


def test_an_id_becomes_its_row_or_the_word_that_it_is_gone_in_the_order_of_commits() -> None:
    one, two = article(document("one")), rejected(origin("two"))
    ids = {"gone": 1, one.document.id: 3, two.origin.key: 2, "old": 4}
    known = {one.document.id: stamped(one), two.origin.key: stamped(two)}
    found = changes(ids, known, {"old"}, now="2026-11-25T00:00:00Z")
    assert [(change.number, change.operation, change.collection) for change in found] == [
        (1, "DELETE", None),
        (2, "UPSERT", "rejected"),
        (3, "UPSERT", "articles"),
    ]
    assert [change.changed_at for change in found] == ["2026-11-25T00:00:00Z", *["2026-11-20T12:00:00Z"] * 2]
    assert found[0].row is None
    assert found[2].row is not None
    assert found[2].row["title"] == "Story one"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["--runner=PrismRunner", "--streaming", "--job_endpoint=localhost:1"], []),
        (["--runner", "FlinkRunner", "--project", "p-1", "--flink_master=x"], ["--project", "p-1", "--flink_master=x"]),
        (["--direct_num_workers", "2", "--direct_running_mode=multi_processing", "--region=r"], ["--region=r"]),
    ],
)
def test_a_delivery_runs_here_whatever_engine_the_run_has(given: list[str], kept: list[str]) -> None:
    assert beam_arguments(given) == ("--runner=FnApiRunner", *kept)


def test_the_cause_is_the_last_exception_that_is_named() -> None:
    trace = "Traceback\n  File x\nKeyError: 'a'\n\ngoogle.api_core.exceptions.Forbidden: 403 no [while running 'X']"
    assert cause(RuntimeError(trace)) == ("403 no (Forbidden)", False)
    assert cause(RuntimeError("T\na.b.StoreError: bigquery:p/d: no [while running 'X']")) == ("bigquery:p/d: no", True)
    assert cause(ValueError("plain")) == ("plain (ValueError)", False)


# Through the state


class Delivering(Place):
    """A state, JSON lines and a ledger beside them, opened anew as often as a process would."""

    ledger: Ledger

    def __init__(self, folder: Path, **told: Any) -> None:
        self.told = told
        super().__init__(folder, stores=("jsonl",))

    def start(self) -> "Delivering":
        super().start()
        self.ledger = Ledger(self.folder, **self.told)
        self.stores.append(self.ledger)
        return self

    def delivery(self, monkeypatch: pytest.MonkeyPatch, **named: Any) -> Delivery:
        """What a process at this place hands on with."""
        mine = job.Job(
            state_url=self.state_url, store_urls=(self.ledger.url,), settings=load(), epoch=self.epoch, run_id="run"
        )
        monkeypatch.setitem(kept_open._stores, self.ledger.url, self.ledger)
        return Delivery(mine, self.state, (), **named)

    def waiting(self) -> Mapping[str, int]:
        with self.state.read() as connection:
            return outbox.waiting(connection, self.ledger.url, 1000)

    def alike(self) -> bool:
        """Whether a reader of the changes has what the JSON lines hold."""
        return self.ledger.latest() == contents(self.stores[0])


@pytest.fixture
def place(tmp_path: Path) -> Delivering:
    return Delivering(tmp_path)


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries without an engine, which takes a second for each."""

    def taken(store: Ledger, wanted: Sequence[Change], options: Sequence[str]) -> None:
        store.while_handing_on()
        for one in wanted:
            take(one, str(store.folder), store.url)

    monkeypatch.setattr(delivery, "run_pipeline", taken)


ONE, TWO, SLOW = document("one"), document("two"), origin("slow")


def test_changes_moves_and_removals_reach_a_reader(place: Delivering, monkeypatch: pytest.MonkeyPatch) -> None:
    handing = place.delivery(monkeypatch)
    place.commit(Settlement(records=(article(ONE), article(TWO)), rejected=(rejected(SLOW),)))
    assert len(place.waiting()) == 3
    handing.all()
    assert place.waiting() == {}
    assert place.alike()
    place.commit(Settlement(records=(duplicate(TWO, ONE),), cleared=(SLOW,)))
    handing.all()
    assert place.alike()
    assert {one["id"]: (one["operation"], one["collection"]) for one in place.ledger.taken()[3:]} == {
        TWO.id: ("UPSERT", "duplicates"),
        SLOW.key: ("DELETE", None),
    }
    place.commit(Settlement(records=(article(ONE), duplicate(TWO, ONE))))
    handing.all()
    assert len(place.ledger.taken()) == 5, "an unchanged record touches nothing"


@pytest.mark.usefixtures("direct")
def test_what_a_reader_takes_last_is_told_by_the_number_of_the_commit(
    place: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    handing = place.delivery(monkeypatch)
    for title in ("First", "Second", "Third"):
        place.commit(Settlement(records=(article(replace(ONE, title=title)),)))
        handing.all()
    taken = place.ledger.taken()
    assert [one["row"]["title"] for one in sorted(taken, key=lambda one: one["number"])] == ["First", "Second", "Third"]
    assert len({one["number"] for one in taken}) == 3


@pytest.mark.usefixtures("direct")
def test_several_corrections_before_a_delivery_make_one_change(
    place: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("First", "Second", "Third"):
        place.commit(Settlement(records=(article(replace(ONE, title=title)),)))
    place.delivery(monkeypatch).all()
    assert [one["row"]["title"] for one in place.ledger.taken()] == ["Third"]


@pytest.mark.usefixtures("direct")
def test_more_than_one_pipeline_takes_goes_in_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Delivering(tmp_path, at_once=3)
    pipelines: list[None] = []
    place.ledger.while_handing_on = lambda: pipelines.append(None)
    place.commit(Settlement(records=tuple(article(document(f"n{number}")) for number in range(8))))
    place.delivery(monkeypatch).all()
    assert len(pipelines) == 3
    assert place.alike()


def test_what_fails_waits_on_and_the_failure_names_the_store(
    place: Delivering, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place.commit(Settlement(records=(article(ONE), article(TWO))))
    before = dict(place.waiting())
    place.ledger.broken.touch()
    with pytest.raises(Failed) as failed:
        place.delivery(monkeypatch).all()
    assert str(failed.value) == (
        f"{place.ledger.url}: 2 changes could not be handed on: the service is away; nothing is lost: they wait in "
        "the state, and the next run hands them on first"
    )
    assert "a delivery broke" not in caplog.text
    assert place.waiting() == before
    place.ledger.broken.unlink()
    place.delivery(monkeypatch).all()
    assert place.waiting() == {}
    assert place.alike()


@pytest.mark.usefixtures("direct")
def test_what_is_settled_again_while_it_is_handed_on_is_not_lost(
    place: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.commit(Settlement(records=(article(ONE), article(TWO))))
    again = [Settlement(records=(article(replace(ONE, title="Corrected")),))]
    place.ledger.while_handing_on = lambda: place.commit(again.pop()) and None if again else None
    place.delivery(monkeypatch).all()
    assert [one["row"]["title"] for one in place.ledger.taken() if one["id"] == ONE.id] == ["Story one", "Corrected"]
    assert place.waiting() == {}
    assert place.alike()


@pytest.mark.usefixtures("direct")
@pytest.mark.parametrize("after", ["settled", "handed on"])
def test_a_kill_around_a_delivery_loses_nothing(place: Delivering, monkeypatch: pytest.MonkeyPatch, after: str) -> None:
    def killed(*_: object, **__: object) -> None:
        raise Killed

    if after == "settled":
        monkeypatch.setattr(place.stores[0], "publish", killed)
        with pytest.raises(Killed):
            place.commit(Settlement(records=(article(ONE), article(TWO))))
    else:
        place.commit(Settlement(records=(article(ONE), article(TWO))))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outbox, "handed_on", killed)
            handing = place.delivery(patch)
            with pytest.raises(Killed):
                handing.all()
    place.restart()
    assert len(place.waiting()) == 2
    place.delivery(monkeypatch).all()
    assert place.waiting() == {}
    assert place.alike()
    assert len(place.ledger.taken()) == (2 if after == "settled" else 4), "at least once"


@pytest.mark.usefixtures("direct")
def test_what_the_service_never_takes_is_told_and_keeps_no_other_waiting(
    place: Delivering, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place.ledger.refused.add(TWO.id)
    place.commit(Settlement(records=(article(ONE), article(TWO))))
    place.delivery(monkeypatch).all()
    assert [one["id"] for one in place.ledger.taken()] == [ONE.id]
    assert f"{place.ledger.url}: {TWO.id} (articles, commit 1) is not handed on: too large" in caplog.text
    assert place.waiting() == {}


@pytest.mark.usefixtures("direct")
def test_a_store_that_fails_keeps_no_other_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Delivering(tmp_path)
    (tmp_path / "second").mkdir()
    second = Ledger(tmp_path / "second")
    place.stores.append(second)
    place.commit(Settlement(records=(article(ONE),)))
    place.ledger.broken.touch()
    both = {place.ledger.url: place.ledger, second.url: second}
    monkeypatch.setattr(kept_open, "_stores", both)
    mine = job.Job(state_url=place.state_url, store_urls=tuple(both), settings=load(), epoch=place.epoch, run_id="run")
    with pytest.raises(Failed, match="the service is away"):
        Delivery(mine, place.state, ()).all()
    assert len(second.taken()) == 1
    assert len(place.waiting()) == 1


@pytest.mark.usefixtures("direct")
def test_a_text_that_waits_is_kept_until_it_is_handed_on(place: Delivering, monkeypatch: pytest.MonkeyPatch) -> None:
    place.commit(Settlement(records=(article(ONE),)))
    place.state.expire(before="2030-01-01T00:00:00Z", epoch=place.epoch)
    place.delivery(monkeypatch).all()
    assert place.alike()
    place.state.expire(before="2030-01-01T00:00:00Z", epoch=place.epoch)
    with place.state.read() as connection:
        assert held.stamped(connection, [ONE.id]) == ({}, {ONE.id})


@pytest.mark.usefixtures("direct")
def test_an_epoch_that_lost_the_state_takes_nothing_out(place: Delivering, monkeypatch: pytest.MonkeyPatch) -> None:
    handing = place.delivery(monkeypatch)
    place.commit(Settlement(records=(article(ONE),)))
    place.superseded()
    handing.all()
    assert stopping.requested()
    assert stopping.by_signal() is None
    assert len(place.waiting()) == 1


@pytest.mark.usefixtures("direct")
def test_a_process_that_is_asked_to_stop_leaves_the_rest_for_the_next(
    place: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.commit(Settlement(records=(article(ONE),)))
    stopping.request()
    place.delivery(monkeypatch).all()
    assert place.ledger.taken() == []
    assert len(place.waiting()) == 1


@pytest.mark.usefixtures("direct")
def test_a_delivery_is_due_again_when_its_time_has_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, clock = Delivering(tmp_path, every=60.0), [0.0]
    handing = place.delivery(monkeypatch, clock=lambda: clock[0])
    for number, (moment, taken) in enumerate([(0.0, 1), (59.0, 1), (60.0, 3), (61.0, 3), (120.0, 5)]):
        place.commit(Settlement(records=(article(document(f"n{number}")),)))
        clock[0] = moment
        handing.due()
        assert len(place.ledger.taken()) == taken, moment
    handing.all()
    assert place.waiting() == {}


# In a run


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger that `--store pubsub:project-one/NAME` opens."""
    one = Ledger(tmp_path)
    opened = {one.url: one}
    real = engine.open_store
    monkeypatch.setattr(engine, "open_store", lambda url: opened.get(url) or real(url))
    monkeypatch.setitem(kept_open._stores, one.url, one)
    return one


def archive(folder: Path, name: str, numbers: range) -> str:
    records = [
        warc_record(f"https://a.example/{one}", page(f"Story {one}", prose(one, paragraphs=5)), "2026-11-20T08:00:00Z")
        for one in numbers
    ]
    return write_warc(folder / name, records)


def options(ledger: Ledger, *warcs: str) -> list[str]:
    stores = ("--store", f"jsonl:{ledger.folder}/out", "--store", ledger.url)
    sources = [part for warc in warcs for part in ("--warc", warc)]
    return ["run", *sources, *stores, "--set", "run.slice=3", "--set", "extract.workers=1"]


def rows(ledger: Ledger) -> dict[str, dict[str, Any]]:
    from newsbeam.connectors.stores.urls import open_store

    return contents(open_store(f"jsonl:{ledger.folder}/out"))


@pytest.mark.slow
def test_a_run_hands_on_after_each_turn_what_its_other_stores_hold(ledger: Ledger) -> None:
    files: list[int] = []
    seen = ledger.folder / "out" / "articles"
    ledger.while_handing_on = lambda: files.append(len(list(seen.glob("*.jsonl"))))
    assert cli.main(options(ledger, archive(ledger.folder, "a.warc.gz", range(8)))) == 0
    assert len(files) == 3, "three turns, three deliveries"
    assert len(ledger.latest()) == 8
    assert ledger.latest() == rows(ledger)


def test_a_run_whose_delivery_fails_ends_with_1_and_the_next_hands_on_first(
    ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (archive(ledger.folder, name, numbers) for name, numbers in (("a", range(3)), ("b", range(3, 6))))
    ledger.broken.touch()
    assert cli.main(options(ledger, first)) == 1
    said = capsys.readouterr().err
    assert f"newsbeam: {ledger.url}: 3 changes could not be handed on: the service is away; nothing is lost" in said
    assert "Traceback" not in said
    assert len(rows(ledger)) == 3
    ledger.broken.unlink()
    before: list[int] = []
    ledger.while_handing_on = lambda: before.append(len(rows(ledger)))
    assert cli.main(options(ledger, first, second)) == 0
    assert before == [3, 6]
    assert len(ledger.latest()) == 6
    assert ledger.latest() == rows(ledger)


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("bigquery:my-project/news?method=FILE_LOADS", "option method=FILE_LOADS: files need a place on their way"),
        ("pubsub:my-project", "two names are needed, pubsub:PROJECT/TOPIC"),
    ],
)
def test_a_wrong_address_is_the_callers_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], store: str, said: str
) -> None:
    (tmp_path / "a.txt").write_text("A text.")
    assert cli.main(["run", "--texts", f"{tmp_path}/*.txt", "--store", store]) == 2
    assert capsys.readouterr().err.startswith(f"newsbeam: --store: {store}: {said}")


# In a stream


class Running:
    """A job on an engine that streams, asked about so often; it can be ended."""

    def __init__(self, looks: int = 10) -> None:
        self.looks, self.cancelled = looks, False

    @property
    def state(self) -> str:
        self.looks -= 1
        if not self.looks:
            stopping.request()
        return str(PipelineState.RUNNING)

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_LAST", 0.0)
    monkeypatch.setattr(session, "_LOOK", 0.0)


@pytest.mark.usefixtures("_quick", "direct")
def test_a_stream_hands_on_what_its_windows_settle_while_it_runs(
    place: Delivering, monkeypatch: pytest.MonkeyPatch
) -> None:
    handing, engine_ = place.delivery(monkeypatch), Running(looks=4)
    due = handing.due

    def settled_then_due() -> None:
        place.commit(Settlement(records=(article(document(f"n{engine_.looks}")),)))
        due()

    monkeypatch.setattr(handing, "due", settled_then_due)
    with session._ended_with(engine_, engines.Local(given=()), "id"):
        session._until_asked(engine_, None, place.state, handing)
    assert len(place.ledger.taken()) == 3, "the last is left for the next stream"
    assert len(place.waiting()) == 1
    assert engine_.cancelled


@pytest.mark.usefixtures("_quick", "direct")
def test_a_stream_whose_delivery_fails_ends_its_job(place: Delivering, monkeypatch: pytest.MonkeyPatch) -> None:
    place.commit(Settlement(records=(article(ONE),)))
    place.ledger.broken.touch()
    engine_ = Running()
    with (
        pytest.raises(Failed, match="the service is away"),
        session._ended_with(engine_, engines.Local(given=()), "id"),
    ):
        session._until_asked(engine_, None, place.state, place.delivery(monkeypatch))
    assert engine_.cancelled
    assert len(place.waiting()) == 1
