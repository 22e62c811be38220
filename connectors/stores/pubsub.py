"""Pub/Sub: every change is a message on one topic, its record as JSON, its id the ordering key."""

import re
from typing import TYPE_CHECKING, Any

import orjson

from newsbeam.connectors.stores.delivered import Change, DeliveredStore, parse_address
from newsbeam.connectors.stores.store import UnknownStore
from newsbeam.records import SCHEMA_VERSION

if TYPE_CHECKING:
    import apache_beam as beam

MAX_BYTES = 10_000_000
"""Of a message with its attributes (cloud.google.com/pubsub/quotas)."""

_ROOM = 4096
_TOPIC = re.compile(r"(?!goog)[A-Za-z][A-Za-z0-9._~%+-]{2,254}")


class PubSubStore(DeliveredStore):
    """A topic, which must be there already."""

    needs = ("google.cloud.pubsub",)

    def __init__(self, project: str, topic: str) -> None:
        self.topic = f"projects/{project}/topics/{topic}"
        self.url = f"pubsub:{project}/{topic}"
        self.read_with = "subscribe to the topic"

    def sink(self) -> "beam.PTransform[Any, Any]":
        from newsbeam.connectors.stores.pubsub_sink import PublishChanges

        return PublishChanges(topic=self.topic)

    def refusal(self, change: Change) -> str | None:
        size = len(data(change)) + _ROOM
        return None if size <= MAX_BYTES else f"the message takes {size} bytes, Pub/Sub takes {MAX_BYTES}"


def open_pubsub(url: str) -> PubSubStore:
    """The store at pubsub:PROJECT/TOPIC.

    Raises:
        UnknownStore: a name that Pub/Sub does not take.
    """
    (project, topic), _ = parse_address(url, ())
    if not _TOPIC.fullmatch(topic):
        raise UnknownStore(
            f"{url}: {topic!r} is no topic: 3 to 255 letters, digits and any of -._~+%, "
            "the first a letter, not beginning with goog"
        )
    return PubSubStore(project, topic)


def data(change: Change) -> bytes:
    """The message's data: the record as JSON in the contract's form; of a DELETE the id alone."""
    return orjson.dumps(change.row if change.row is not None else {"id": change.id})


def attributes(change: Change) -> dict[str, str]:
    """The message's attributes. A DELETE names no collection: the id stands in none."""
    told = {
        "id": change.id,
        "operation": change.operation,
        "schema_version": str(SCHEMA_VERSION),
        "commit_number": str(change.number),
        "changed_at": change.changed_at,
    }
    return told | ({"collection": change.collection} if change.collection is not None else {})
