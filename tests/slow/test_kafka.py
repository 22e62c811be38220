"""The Kafka store on a real broker: the same content as a database beside it, whatever ends in the middle."""

import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from newsbeam.connectors.state.errors import LeaseLost
from newsbeam.connectors.stores import kafka_failures
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.kafka import KafkaStore, open_kafka
from newsbeam.connectors.stores.kafka_writer import KafkaWriter
from newsbeam.connectors.stores.rows import row
from newsbeam.connectors.stores.store import Changes, StoreError
from newsbeam.records import COLLECTIONS
from tests.connectors.stores.fakes import Killed, Steps, article, document, stepping
from tests.connectors.stores.kafka_fakes import KafkaPlace
from tests.connectors.stores.test_commit import FIRST, ONE, SECOND, SEQUENCE, THREE, TWO, settled
from tests.slow.broker import GUEST, HOW_TO_GET, OWNER, PASSWORD, Broker, available
from tests.slow.running import run, start
from tests.slow.worlds import demo_pages

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not available(), reason=f"no Kafka on this machine: {HOW_TO_GET}")]

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that the tests of this file share, each with a prefix of its own."""
    one = Broker(tmp_path_factory.mktemp("kafka")).start()
    yield one
    one.stop()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that a test may stop."""
    one = Broker(tmp_path / "broker").start()
    yield one
    one.stop()


def opener(broker: Broker, options: str = "replication=1") -> Callable[[], KafkaStore]:
    """What opens a store with a prefix that no other test has."""
    return partial(open_kafka, f"kafka:{broker.address}/t{next(_NUMBERS)}?{options}")


Log = dict[str, list[tuple[str, dict[str, Any] | None]]]


def consumed(broker: Broker, prefix: str) -> Log:
    """Every committed message of the topics in order, as a consumer that knows nothing of newsbeam sees them."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker.address,
            "group.id": "reader",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    log: Log = {}
    for collection in COLLECTIONS:
        topic = f"{prefix}.{collection}"
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        log[collection], open_ones, until = [], set(partitions), time.monotonic() + 30
        while open_ones:
            assert time.monotonic() < until
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error() is not None:
                open_ones.discard(message.partition())
                continue
            key, value = message.key(), message.value()
            assert key is not None
            log[collection].append((key.decode(), None if value is None else json.loads(value)))
    consumer.close()
    return log


def held(log: Log) -> dict[str, dict[str, dict[str, Any]]]:
    """What the log leaves: the last value of each key, tombstones gone."""
    return {
        collection: {key: value for key, value in dict(entries).items() if value is not None}
        for collection, entries in log.items()
    }


def prefix_of(place: KafkaPlace) -> str:
    return place.stores[0].url.rpartition("/")[2]


def test_the_sequence_gives_what_a_database_holds_and_a_consumer_sees(tmp_path: Path, broker: Broker) -> None:
    place = KafkaPlace(tmp_path, opener(broker))
    for settlement in SEQUENCE:
        place.commit(settlement)
        topics, database = place.contents()
        assert topics == database
    assert place.stores[0].count() == place.stores[1].count() == place.state.counts()
    place.restart()
    log = consumed(broker, prefix_of(place))
    assert held(log) == {
        collection: {one["id"]: one for one in place.stores[1].rows(collection)} for collection in COLLECTIONS
    }
    there = [value is not None for key, value in log["articles"] if key == TWO.id]
    assert there == [True, False, True], "kept, a tombstone when it is a copy, kept again"
    assert [value is not None for key, value in log["duplicates"] if key == TWO.id] == [True, False]
    bodies = [value and value["body"] for key, value in log["articles"] if key == THREE.id]
    assert bodies == [THREE.body, "Another text.", None], "a correction is a message of the same key"
    place.end()


def test_topics_are_made_as_the_address_asks(broker: Broker) -> None:
    store = opener(broker, "replication=1&partitions=2&message_bytes=2000000")()
    store.check()
    store.check()
    found = store._brokers().topics([f"{store.url.rpartition('/')[2]}.{one}" for one in (*COLLECTIONS, "meta")])
    assert sorted(one.partitions for one in found.values()) == [1, 2, 2, 2]
    assert {(one.cleanup, one.message_bytes) for one in found.values()} == {("compact", 2_000_000)}
    store.close()
    larger = open_kafka(f"{store.url}?message_bytes=3000000")
    with pytest.raises(StoreError, match=r"max\.message\.bytes=2000000, less than message_bytes=3000000"):
        larger.check()
    larger.close()
    too_many = open_kafka(f"{store.url}-two?replication=3")
    with pytest.raises(StoreError, match=r"cannot be made: .*replication"):
        too_many.check()
    too_many.close()


def test_a_body_of_five_megabytes_passes_and_one_above_the_limit_is_named(tmp_path: Path, broker: Broker) -> None:
    place = KafkaPlace(tmp_path, opener(broker, "replication=1&compression=none&message_bytes=16777216"))
    big = document("big", '"\n' * 2_500_000, fingerprint="nb1")
    place.commit(Settlement(records=(article(big),)))
    assert place.contents()[0] == place.contents()[1]
    too_big = document("bigger", "x" * 17_000_000, fingerprint="nb1")
    with pytest.raises(StoreError, match=rf"{too_big.id} is a message of 17\d+ bytes, the limit is 16777216"):
        place.commit(Settlement(records=(article(ONE), article(too_big))))
    assert place.contents()[0].keys() == {big.id}
    place.commit(Settlement(records=(article(ONE),)))
    assert place.contents()[0] == place.contents()[1]
    place.end()


def test_what_the_topic_itself_refuses_is_named(broker: Broker) -> None:
    make = opener(broker, "replication=1&compression=none&message_bytes=100000")
    store = make()
    store.check()
    larger = open_kafka(f"{store.url}?compression=none&message_bytes=900000")
    larger.hold("state", 1)
    big = row(article(document("big", "x" * 300_000, fingerprint="nb1")), run_id="run", updated_at="2026")
    with pytest.raises(
        StoreError, match=rf"record {big['id']} is a message of 30\d+ bytes, more than .*articles takes"
    ):
        larger.prepare(Changes(rows={"articles": [big]}), (), epoch=1)
    assert larger.count()["articles"] == 0
    larger.prepare(Changes(rows={"articles": [{**big, "body": "short"}]}), (), epoch=1)
    assert larger.count()["articles"] == 1
    for one in (store, larger):
        one.close()


@contextlib.contextmanager
def stepping_on_the_wire(steps: Steps) -> Iterator[None]:
    """Boundaries around every message and every commit of a transaction."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_produce", "_commit"):
            patch.setattr(KafkaWriter, name, steps.around(getattr(KafkaWriter, name)))
        yield


@pytest.mark.parametrize("kill_at", [3, 5, 8, 12, 17, 22, 26, 30, 33, 36])
def test_a_kill_in_the_middle_is_recovered_from(tmp_path: Path, broker: Broker, kill_at: int) -> None:
    place = KafkaPlace(tmp_path, opener(broker))
    place.commit(FIRST)
    before = place.contents()[1]
    with contextlib.suppress(Killed), stepping_on_the_wire(steps := Steps(kill_at)), stepping(place, steps):
        place.commit(SECOND)
    assert steps.taken >= kill_at, "the commit has so many steps"
    place.restart()
    topics, database = place.contents()
    assert topics == database
    if not settled(place, SECOND):
        assert topics == before
        place.commit(SECOND)
    topics, database = place.contents()
    assert topics == database != before
    place.end()


def test_an_earlier_epoch_cannot_write(broker: Broker) -> None:
    make = opener(broker)
    early, late, stray = make(), make(), make()
    change = Changes(gone={"articles": ["x"]})
    early.check()
    early.hold("state", 1)
    early.prepare(change, (), epoch=1)
    late.hold("state", 2)
    late.prepare(change, (), epoch=2)
    for process in (early, stray):
        with pytest.raises(LeaseLost, match="epoch 2 writes the store now"):
            process.prepare(change, (), epoch=1)
    late.prepare(change, (), epoch=2)
    assert len(consumed(broker, late.url.rpartition("/")[2])["articles"]) == 3
    with pytest.raises(StoreError, match="another state wrote it"):
        stray.hold("another", 9)
    for one in (early, late, stray):
        one.close()


def test_processes_of_one_run_take_turns(broker: Broker) -> None:
    make = opener(broker)
    driver, worker = make(), make()
    driver.check()
    driver.hold("state", 1)
    for number, process in enumerate((driver, worker, driver, worker)):
        process.prepare(Changes(gone={"articles": [f"x{number}"]}), (), epoch=1)
    log = consumed(broker, driver.url.rpartition("/")[2])["articles"]
    assert sorted(key for key, _ in log) == ["x0", "x1", "x2", "x3"]
    for one in (driver, worker):
        one.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that are short enough for a test."""
    for name, seconds in (("REACH", 3.0), ("DELIVERY", 6.0), ("BEGIN", 6.0), ("READ", 6.0)):
        monkeypatch.setattr(kafka_failures, f"{name}_SECONDS", seconds)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("moment", ["before", "_produce", "_commit"])
def test_a_broker_that_dies_is_an_error_in_time_and_the_next_commit_completes(
    tmp_path: Path, own_broker: Broker, moment: str
) -> None:
    place = KafkaPlace(tmp_path / "place", opener(own_broker))
    place.commit(FIRST)
    before, begun = place.contents()[1], time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        if moment == "before":
            own_broker.stop()
        else:
            method = getattr(KafkaWriter, moment)

            def dying(*arguments: Any) -> Any:
                own_broker.stop()
                return method(*arguments)

            patch.setattr(KafkaWriter, moment, dying)
        with pytest.raises(StoreError, match=rf"^kafka:{own_broker.address}/t\d+: "):
            place.commit(SECOND)
    assert time.monotonic() - begun < 40
    assert not settled(place, SECOND)
    own_broker.start()
    place.commit(SECOND)
    topics, database = place.contents()
    assert topics == database != before
    place.end()


@pytest.mark.usefixtures("hasty")
def test_a_broker_that_is_not_there_is_named_in_time(own_broker: Broker) -> None:
    own_broker.stop()
    store, begun = opener(own_broker)(), time.monotonic()
    for question in (store.check, store.count, lambda: store.hold("state", 1), lambda: list(store.rows("articles"))):
        with pytest.raises(StoreError, match=rf"^kafka:{own_broker.address}/t\d+: .*(reached|read)"):
            question()
    assert time.monotonic() - begun < 40
    store.close()


@pytest.mark.usefixtures("hasty")
def test_a_broker_that_asks_who_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = Broker(tmp_path / "broker", guarded=True).start()
    make = opener(guarded, "replication=1&security_protocol=SASL_PLAINTEXT&sasl_mechanism=PLAIN")

    def refused(user: str, password: str) -> str:
        monkeypatch.setenv("NEWSBEAM_KAFKA_USERNAME", user)
        monkeypatch.setenv("NEWSBEAM_KAFKA_PASSWORD", password)
        store = make()
        with pytest.raises(StoreError) as raised:
            store.check()
        store.close()
        return str(raised.value)

    try:
        said = [refused(OWNER, "no-such-password"), refused(GUEST, PASSWORD)]
        assert "uthentication failed" in said[0]
        assert "rights are missing: it needs" in said[1]
        assert not any(secret in one for one in said for secret in (PASSWORD, "no-such-password"))
        monkeypatch.setenv("NEWSBEAM_KAFKA_USERNAME", OWNER)
        place = KafkaPlace(tmp_path / "place", make)
        place.commit(FIRST)
        topics, database = place.contents()
        assert topics == database
        place.end()
    finally:
        guarded.stop()


def pages_file(folder: Path) -> Path:
    """The demo's pages as JSON lines."""
    path = folder / "pages.jsonl"
    moment = "2026-11-20T10:00:00Z"
    lines = [
        json.dumps({"url": url, "html": body.decode("utf-8", "replace"), "fetched_at": moment})
        for url, body in sorted(demo_pages().items())
    ]
    path.write_text("\n".join(lines))
    return path


def test_the_command_writes_topics_and_a_killed_run_is_made_up_for(tmp_path: Path, broker: Broker) -> None:
    pages = pages_file(tmp_path)

    def options(name: str) -> tuple[str, ...]:
        stores = f"kafka:{broker.address}/{name}?replication=1", f"sqlite:///{tmp_path}/{name}.db"
        named = [part for one in stores for part in ("--store", one)]
        return (
            "run",
            "--pages",
            str(pages),
            *named,
            "--state",
            f"sqlite:///{tmp_path}/{name}.state",
            "--set",
            "run.slice=8",
        )

    done = run(tmp_path, *options("whole"))
    whole = held(consumed(broker, "whole"))
    assert sum(map(len, whole.values())) > 30, done.said
    store = open_kafka(f"kafka:{broker.address}/killed?replication=1")
    store.check()
    cut = start(tmp_path, *options("killed"))
    cut.until(lambda: sum(store.count().values()) >= 5)
    cut.kill()
    assert sum(store.count().values()) >= 5
    store.close()
    run(tmp_path, *options("killed"))
    volatile = ("run_id", "updated_at", "fetched_at", "first_seen", "last_seen", "attempts", "retry_at")

    def steady(rows: dict[str, dict[str, dict[str, Any]]]) -> dict[str, dict[str, dict[str, Any]]]:
        return {
            collection: {key: {n: v for n, v in one.items() if n not in volatile} for key, one in found.items()}
            for collection, found in rows.items()
        }

    assert steady(held(consumed(broker, "killed"))) == steady(whole)
