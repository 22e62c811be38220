"""Messages: what a commit's changes are on Kafka's topics, and which of a topic's messages still count."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from newsbeam.connectors.stores.kafka_address import KafkaAddress
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import Changes
from newsbeam.records import COLLECTIONS, SCHEMA_VERSION

OVERHEAD = 512
"""Bytes that a message may take beside its key, value and headers, in a batch of its own."""

Headers = tuple[tuple[str, bytes], ...]

_VERSION = ("schema_version", str(SCHEMA_VERSION).encode())
_OWNER = b"owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message to write. value: None for a tombstone, which says that the key stands here no more."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = (_VERSION,)

    @property
    def size(self) -> int:
        """Bytes at most, before compression, as a broker's limit counts them."""
        named = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.key) + len(self.value or b"") + named + OVERHEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A message as it was read. partition, offset: its place in the topic."""

    key: bytes
    value: bytes | None
    partition: int
    offset: int

    @property
    def place(self) -> tuple[int, int]:
        """Partition and offset."""
        return self.partition, self.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who writes a store: the state, and the latest epoch of its lease. version: of the rows' form."""

    state_id: str
    epoch: int
    version: int = SCHEMA_VERSION


def messages(changes: Changes, address: KafkaAddress) -> tuple[Message, ...]:
    """Changes as messages: one a row, and a tombstone for each id that leaves a collection."""
    made = []
    for collection in COLLECTIONS:
        topic = address.topic(collection)
        made += [Message(topic=topic, key=one.encode(), value=None) for one in changes.gone.get(collection, ())]
        made += [_message(topic, row) for row in changes.rows.get(collection, ())]
    return tuple(made)


def owner_message(owner: Owner, address: KafkaAddress) -> Message:
    """The message that says who writes the store."""
    value = {"state_id": owner.state_id, "epoch": owner.epoch, "schema_version": owner.version}
    return Message(topic=address.meta_topic, key=_OWNER, value=orjson.dumps(value))


def owner_in(entries: Iterable[Found]) -> Owner | None:
    """Who the meta topic says writes the store; None where it was never taken.

    Raises:
        ValueError: the topic holds what newsbeam did not write.
    """
    value = None
    for one in entries:
        if one.key == _OWNER:
            value = one.value
    if value is None:
        return None
    try:
        said = orjson.loads(value)
        return Owner(state_id=str(said["state_id"]), epoch=int(said["epoch"]), version=int(said["schema_version"]))
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"its message {_OWNER.decode()!r} is not newsbeam's") from error


def latest(entries: Iterable[Found]) -> dict[bytes, tuple[int, int]]:
    """Where the message that counts of each key is: its last one, unless that is a tombstone."""
    last: dict[bytes, tuple[int, int]] = {}
    for one in entries:
        if one.value is None:
            last.pop(one.key, None)
        else:
            last[one.key] = one.place
    return last


def too_large(made: Iterable[Message], limit: int) -> Message | None:
    """The first message above the limit (bytes)."""
    return next((one for one in made if one.size > limit), None)


def _message(topic: str, row: Row) -> Message:
    headers = (_VERSION, ("run_id", str(row["run_id"]).encode()), ("content-type", b"application/json"))
    return Message(topic=topic, key=str(row["id"]).encode(), value=orjson.dumps(row), headers=headers)
