"""The Kafka store over a cluster in memory: commits, kills, fencing, and what it says when something is wrong."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from newsbeam.connectors.state.errors import LeaseLost
from newsbeam.connectors.stores.commit import Settlement, recover
from newsbeam.connectors.stores.kafka import KafkaStore
from newsbeam.connectors.stores.kafka_address import parse_address
from newsbeam.connectors.stores.store import Changes, StoreAway, StoreError
from newsbeam.connectors.stores.urls import default_state_url, open_store
from tests.connectors.stores.fakes import Killed, Steps, article, document, duplicate, stepping
from tests.connectors.stores.kafka_fakes import ADDRESS, FakeBroker, KafkaPlace, fake_store
from tests.connectors.stores.test_commit import FIRST, ONE, SECOND, SEQUENCE, THREE, TWO, settled


def place_on(broker: FakeBroker, folder: Path, *, beside: Sequence[str] = ("sqlite",)) -> KafkaPlace:
    return KafkaPlace(folder, lambda: fake_store(broker), beside=beside)


def values(broker: FakeBroker, topic: str, key: str) -> list[bool]:
    """Which messages of a key were committed to a topic, in order: whether each holds a value."""
    return [
        one.message.value is not None
        for one in broker.logs[topic]
        if one.message.key == key.encode() and broker.ended[one.transaction]
    ]


def test_commits_give_what_a_database_beside_it_holds(tmp_path: Path) -> None:
    broker = FakeBroker()
    place = place_on(broker, tmp_path)
    for settlement in SEQUENCE:
        place.commit(settlement)
        topics, database = place.contents()
        assert topics == database
        assert topics
    assert place.stores[0].count() == place.stores[1].count() == place.state.counts()


def test_corrections_are_messages_and_moves_are_tombstones(tmp_path: Path) -> None:
    broker = FakeBroker()
    place = place_on(broker, tmp_path)
    for settlement in SEQUENCE:
        place.commit(settlement)
    assert values(broker, "news.articles", TWO.id) == [True, False, True], "kept, then a copy, then kept again"
    assert values(broker, "news.duplicates", TWO.id) == [True, False]
    assert values(broker, "news.articles", THREE.id) == [True, True, False], "a new text, then removed"


def test_an_unchanged_record_is_no_message(tmp_path: Path) -> None:
    broker = FakeBroker()
    place = place_on(broker, tmp_path)
    place.commit(Settlement(records=(article(ONE),)))
    before = sum(map(len, broker.logs.values()))
    place.commit(Settlement(records=(article(replace(ONE, fetched_at="2026-11-20T11:59:00Z")),)))
    assert sum(map(len, broker.logs.values())) == before


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(SEQUENCE)))
def test_a_kill_at_any_step_is_recovered_from(tmp_path: Path, index: int) -> None:
    earlier = FakeBroker()
    place = place_on(earlier, tmp_path / "earlier", beside=())
    for settlement in SEQUENCE[:index]:
        place.commit(settlement)
    (before,) = place.contents()
    undisturbed = copy.deepcopy(earlier)
    place = place.copied(tmp_path / "earlier", tmp_path / "undisturbed", partial(fake_store, undisturbed))
    place.commit(SEQUENCE[index])
    (wanted,) = place.contents()
    for kill_at in range(1, 100):
        broker = copy.deepcopy(earlier)
        place = place.copied(tmp_path / "earlier", tmp_path / str(kill_at), partial(fake_store, broker))
        broker.steps = steps = Steps(kill_at)
        try:
            with stepping(place, steps):
                place.commit(SEQUENCE[index])
            killed = False
        except Killed:
            killed = True
        broker.steps = Steps()
        place.restart()
        if not settled(place, SEQUENCE[index]):
            assert place.contents() == [before], f"killed at step {kill_at}"
            place.commit(SEQUENCE[index])
        assert place.contents() == [wanted], f"killed at step {kill_at}"
        if not killed:
            assert kill_at > 20, "there are steps within the transaction, too"
            return
    raise AssertionError("a commit has more steps than were tried")


def test_a_reader_sees_all_of_a_commit_or_nothing(tmp_path: Path) -> None:
    broker = FakeBroker()
    place = place_on(broker, tmp_path)
    place.commit(FIRST)
    before = place.contents()[0]
    length = sum(map(len, broker.logs.values()))
    broker.steps = Steps(5)
    with pytest.raises(Killed):
        place.stores[0].prepare(Changes(gone={"articles": [ONE.id, TWO.id, THREE.id, "x"]}), (), epoch=place.epoch)
    broker.steps = Steps()
    assert sum(map(len, broker.logs.values())) > length, "some were written"
    assert place.contents()[0] == before


def test_an_earlier_epoch_writes_no_more(tmp_path: Path) -> None:
    broker = FakeBroker()
    early, late = fake_store(broker), fake_store(broker)
    change = Changes(gone={"articles": ["x"]})
    early.check()
    early.hold("state", 1)
    early.prepare(change, (), epoch=1)
    late.hold("state", 2)
    length = len(broker.logs["news.articles"])
    for process in (early, fake_store(broker), late):
        with pytest.raises(LeaseLost, match="epoch 1 is lost: epoch 2 writes"):
            process.prepare(change, (), epoch=1)
        with pytest.raises(LeaseLost):
            process.restore(change, epoch=1)
        with pytest.raises(LeaseLost):
            process.hold("state", 1)
    assert len(broker.logs["news.articles"]) == length
    late.prepare(change, (), epoch=2)


def test_an_epoch_that_is_taken_over_between_the_question_and_the_transaction_writes_nothing() -> None:
    broker = FakeBroker()
    early, late, again = fake_store(broker), fake_store(broker), fake_store(broker)
    early.check()
    early.hold("state", 1)
    allowed = again._allowed
    asked: list[int] = []

    def overtaken(epoch: int, state_id: str | None) -> str:
        answer = allowed(epoch, state_id)
        asked.append(epoch)
        if len(asked) == 1:
            late.hold("state", 2)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(again, "_allowed", overtaken)
        with pytest.raises(LeaseLost):
            again.prepare(Changes(gone={"articles": ["x"]}), (), epoch=1)
    assert broker.logs["news.articles"] == []
    late.prepare(Changes(gone={"articles": ["y"]}), (), epoch=2)
    assert len(broker.logs["news.articles"]) == 1, "the holder begins anew where it was disturbed"


def test_processes_of_one_run_take_turns() -> None:
    broker = FakeBroker()
    driver, worker = fake_store(broker), fake_store(broker)
    driver.check()
    driver.hold("state", 1)
    for number, process in enumerate((driver, worker, driver, worker)):
        process.prepare(Changes(gone={"articles": [f"x{number}"]}), (), epoch=1)
    assert [one.message.key for one in broker.logs["news.articles"]] == [b"x0", b"x1", b"x2", b"x3"]


def test_another_state_is_refused() -> None:
    broker = FakeBroker()
    store = fake_store(broker)
    store.check()
    store.hold("state", 1)
    for process in (store, fake_store(broker)):
        with pytest.raises(StoreError, match=r"^kafka:one:9092/news: another state wrote it: .*--state"):
            process.hold("another", 7)
    store.prepare(Changes(gone={"articles": ["x"]}), (), epoch=1)


def test_a_store_that_nobody_holds_is_not_written() -> None:
    broker = FakeBroker()
    store = fake_store(broker)
    store.check()
    with pytest.raises(StoreError, match=r"news\.meta says nothing"):
        store.prepare(Changes(gone={"articles": ["x"]}), (), epoch=1)


def test_a_broker_that_fails_settles_nothing_and_the_next_commit_makes_it_good(tmp_path: Path) -> None:
    broker = FakeBroker()
    place = place_on(broker, tmp_path)
    place.commit(FIRST)
    before = place.contents()
    broker.down = "the brokers cannot be reached"
    with pytest.raises(StoreAway, match=r"^kafka:one:9092/news: the brokers cannot be reached"):
        place.commit(SECOND)
    broker.down = None
    assert not settled(place, SECOND)
    assert place.contents() == before
    place.commit(SECOND)
    assert place.contents()[0] == place.contents()[1]


def test_a_commit_whose_answer_is_lost_is_undone(tmp_path: Path) -> None:
    broker = FakeBroker()
    place = place_on(broker, tmp_path)
    place.commit(FIRST)
    before = place.contents()
    broker.answers_lost = 1
    with pytest.raises(StoreError, match="no answer to the commit"):
        place.commit(SECOND)
    assert place.contents() == before, "what readers had seen is brought back"
    place.commit(SECOND)
    assert place.contents()[0] == place.contents()[1] != before[0]


def test_a_record_above_the_limit_is_named_and_nothing_of_its_commit_is_there(tmp_path: Path) -> None:
    address = parse_address("kafka:one/news?message_bytes=200000")
    broker = FakeBroker()
    place = KafkaPlace(tmp_path, lambda: fake_store(broker, address))
    big = document("big", "x" * 200_000)
    with pytest.raises(StoreError, match=rf"record {big.id} is a message of \d{{6}} bytes, the limit is 200000: set"):
        place.commit(Settlement(records=(article(ONE), article(big))))
    assert place.contents() == [{}, {}]
    topic = broker.settings["news.articles"]
    broker.settings["news.articles"] = replace(topic, message_bytes=50_000)
    with pytest.raises(StoreError, match=r"bytes, more than news.articles takes: set max\.message\.bytes"):
        place.commit(Settlement(records=(article(ONE), article(document("medium", "x" * 60_000)))))
    assert place.contents() == [{}, {}]
    place.commit(Settlement(records=(article(ONE),)))
    assert place.contents()[0].keys() == {ONE.id}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cleanup": "delete"}, r"news\.articles has cleanup\.policy=delete, which forgets records: set it to compact"),
        ({"cleanup": "compact,delete"}, "forgets records"),
        ({"message_bytes": 1_048_588}, r"max\.message\.bytes=1048588, less than message_bytes=67108864"),
    ],
)
def test_topics_that_would_lose_records_are_refused(changes: dict[str, object], said: str) -> None:
    broker = FakeBroker()
    fake_store(broker).check()
    broker.settings["news.articles"] = replace(broker.settings["news.articles"], **changes)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=said):
        fake_store(broker).check()


def test_topics_whose_settings_may_not_be_seen_are_taken_as_they_are() -> None:
    broker = FakeBroker()
    fake_store(broker).check()
    broker.settings = {name: replace(one, cleanup=None, message_bytes=None) for name, one in broker.settings.items()}
    fake_store(broker).check()


def test_missing_topics_are_made_as_the_address_asks() -> None:
    broker = FakeBroker()
    store = fake_store(broker, parse_address("kafka:one/news?partitions=6"))
    store.check()
    assert {name: one.partitions for name, one in broker.settings.items()} == {
        "news.articles": 6,
        "news.duplicates": 6,
        "news.rejected": 6,
        "news.meta": 1,
    }
    del broker.settings["news.rejected"]
    store.check()
    assert "news.rejected" in broker.settings


def test_topics_that_were_emptied_are_refused(tmp_path: Path) -> None:
    broker = FakeBroker()
    place = place_on(broker, tmp_path)
    place.commit(FIRST)
    broker.logs.clear()
    broker.settings.clear()
    with pytest.raises(StoreError, match=r"topics are empty, but the state says that they hold 5 records: restore"):
        place.restart()


def test_rows_since_a_moment() -> None:
    broker = FakeBroker()
    store = fake_store(broker)
    store.check()
    store.hold("state", 1)
    rows = [{"id": str(hour), "run_id": "r", "updated_at": f"2026-11-20T{hour}:00:00Z"} for hour in (10, 11, 12)]
    store.prepare(Changes(rows={"articles": rows}), (), epoch=1)
    assert [row["id"] for row in store.rows("articles", since="2026-11-20T11:00:00Z")] == ["11", "12"]
    assert len(list(store.rows("articles"))) == 3
    assert list(store.rows("rejected")) == []


def test_a_message_of_before_there_was_a_field_is_read_with_it(tmp_path: Path) -> None:
    broker = FakeBroker()
    place = place_on(broker, tmp_path)
    place.commit(Settlement(records=(article(replace(ONE, reserved=("meta robots: noai",))),)))
    (row,) = place.stores[0].rows("articles")
    assert row["reserved"] == ["meta robots: noai"]
    store = fake_store(FakeBroker())
    store.check()
    store.hold("state", 1)
    old = {name: value for name, value in row.items() if name != "reserved"}
    store.prepare(Changes(rows={"articles": [old]}), (), epoch=1)
    assert list(store.rows("articles")) == [old | {"reserved": []}]


def test_a_newer_version_and_foreign_messages_are_refused() -> None:
    broker = FakeBroker()
    store = fake_store(broker)
    store.check()
    store.hold("state", 1)
    (written,) = broker.logs["news.meta"]
    kept = copy.copy(written.message)
    written.message = replace(kept, value=b'{"state_id": "state", "epoch": 1, "schema_version": 99}')
    with pytest.raises(StoreError, match="of version 99"):
        store.check()
    written.message = replace(kept, value=b"hello")
    with pytest.raises(StoreError, match=r"news\.meta: its message 'owner' is not newsbeam's"):
        store.check()


def test_recovery_twice_and_a_later_process(tmp_path: Path) -> None:
    broker = FakeBroker()
    place = place_on(broker, tmp_path)
    place.commit(Settlement(records=(article(ONE), duplicate(TWO, ONE))))
    recover(place.state, place.stores, epoch=place.epoch)
    place.restart()
    recover(place.state, place.stores, epoch=place.epoch)
    assert place.contents()[0].keys() == {ONE.id, TWO.id}


def test_the_address_opens_it_and_needs_a_state() -> None:
    store = open_store("kafka:one:9092,two:9092/news?replication=3")
    assert isinstance(store, KafkaStore)
    assert store.url == "kafka:one:9092,two:9092/news"
    assert (store.shows_early, store.delivered) == (True, False)
    store.close()
    with pytest.raises(StoreError, match="--state"):
        default_state_url("kafka:one:9092/news")


def test_missing_credentials_are_named_and_given_ones_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "kafka:127.0.0.1:1/news?security_protocol=SASL_SSL&sasl_mechanism=SCRAM-SHA-512"
    monkeypatch.delenv("NEWSBEAM_KAFKA_USERNAME", raising=False)
    monkeypatch.setenv("NEWSBEAM_KAFKA_PASSWORD", "hunter2")
    store = open_store(url)
    with pytest.raises(StoreError, match="needs NEWSBEAM_KAFKA_USERNAME and NEWSBEAM_KAFKA_PASSWORD") as raised:
        store.check()
    assert "hunter2" not in f"{raised.value} {store!r} {vars(store)}"
    assert ADDRESS.url == "kafka:one:9092/news"
