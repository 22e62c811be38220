"""Changes as messages, and messages as rows."""

import orjson
import pytest

from newsbeam.connectors.stores.kafka_address import MESSAGE_BYTES, parse_address
from newsbeam.connectors.stores.kafka_messages import (
    Found,
    Message,
    Owner,
    latest,
    messages,
    owner_in,
    owner_message,
    too_large,
)
from newsbeam.connectors.stores.rows import row
from newsbeam.connectors.stores.store import Changes
from tests.connectors.stores.fakes import article, document, duplicate, origin, rejected

ADDRESS = parse_address("kafka:one/news")
ONE, TWO = document("one", "Καλημέρα, Ελλάδα."), document("two")
STAMP = {"run_id": "run7", "updated_at": "2026-11-20T12:00:00Z"}


def found(key: str, value: str | None, offset: int, partition: int = 0) -> Found:
    return Found(key=key.encode(), value=None if value is None else value.encode(), partition=partition, offset=offset)


def test_a_row_is_a_message_of_its_id() -> None:
    wanted = row(article(ONE), **STAMP)
    (message,) = messages(Changes(rows={"articles": [wanted]}), ADDRESS)
    assert (message.topic, message.key) == ("news.articles", ONE.id.encode())
    assert message.value is not None
    assert orjson.loads(message.value) == wanted
    assert "Καλημέρα" in message.value.decode(), "UTF-8, not escaped"
    assert dict(message.headers) == {
        "schema_version": b"1",
        "run_id": b"run7",
        "content-type": b"application/json",
    }


def test_a_row_that_moves_is_a_tombstone_there_and_a_message_here() -> None:
    moved = row(duplicate(TWO, ONE), **STAMP)
    made = messages(Changes(rows={"duplicates": [moved]}, gone={"articles": [TWO.id], "rejected": ()}), ADDRESS)
    assert [(one.topic, one.key, one.value is None) for one in made] == [
        ("news.articles", TWO.id.encode(), True),
        ("news.duplicates", TWO.id.encode(), False),
    ]
    assert dict(made[0].headers) == {"schema_version": b"1"}


def test_every_collection_has_its_topic() -> None:
    made = messages(
        Changes(
            rows={
                "rejected": [row(rejected(origin("x")), **STAMP)],
                "articles": [row(article(ONE), **STAMP)],
                "duplicates": [row(duplicate(TWO, ONE), **STAMP)],
            }
        ),
        ADDRESS,
    )
    assert [one.topic for one in made] == ["news.articles", "news.duplicates", "news.rejected"]
    assert messages(Changes(), ADDRESS) == ()


def test_the_last_message_of_a_key_counts_unless_it_is_a_tombstone() -> None:
    log = [found("a", "1", 0), found("b", "1", 1), found("a", "2", 2), found("c", "1", 0, 1), found("b", None, 5)]
    assert latest(log) == {b"a": (0, 2), b"c": (1, 0)}
    assert latest([*log, found("b", "3", 7)])[b"b"] == (0, 7)
    assert latest([]) == {}


def test_bodies_of_five_megabytes_pass() -> None:
    for body in ('"\n' * 2_500_000, "ώ" * 2_500_000):
        assert len(body.encode()) == 5_000_000
        made = messages(
            Changes(rows={"articles": [row(article(document("big", body, fingerprint="nb1")), **STAMP)]}), ADDRESS
        )
        assert too_large(made, MESSAGE_BYTES) is None


def test_the_first_message_above_a_limit_is_found() -> None:
    small, large = (Message(topic="t", key=b"k", value=b"x" * size) for size in (10, 1000))
    assert too_large([small, large], 1200) is large
    assert large.size == 1 + 1000 + len("schema_version1") + 512
    assert too_large([small, large], large.size) is None


def test_the_owner_comes_back_and_the_last_one_counts() -> None:
    made = [owner_message(Owner(state_id="s", epoch=epoch), ADDRESS) for epoch in (3, 4)]
    assert {one.topic for one in made} == {"news.meta"}
    log = [Found(key=one.key, value=one.value, partition=0, offset=number) for number, one in enumerate(made)]
    assert owner_in(log) == Owner(state_id="s", epoch=4)
    assert owner_in([]) is None
    with pytest.raises(ValueError, match="not newsbeam's"):
        owner_in([found("owner", "[1]", 0)])
