"""What the Kafka store asks of a cluster: few verbs, so that a test can stand in for one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from newsbeam.connectors.stores.kafka_messages import Found, Message

COMPACT: Mapping[str, str] = {"cleanup.policy": "compact"}


class BrokerError(Exception):
    """A cluster cannot do what it was asked; the message says why and what to do."""


class BrokerAway(BrokerError):
    """The cluster cannot be reached, or is not ready, for a while: the same may succeed later."""


class Fenced(BrokerError):
    """Another producer of the same transactional id has begun since."""


class TooLarge(BrokerError):
    """A message is above the limit of its topic. key: of the message."""

    def __init__(self, key: bytes, topic: str) -> None:
        super().__init__(f"{topic} takes no message as large as that of {key.decode('utf-8', 'replace')}")
        self.key, self.topic = key, topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic as it is. cleanup, message_bytes: its settings; None where the rights to see them are missing."""

    name: str
    partitions: int
    cleanup: str | None = None
    message_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTopic:
    """A topic to make, with cleanup.policy=compact. replication: None for the broker's default."""

    name: str
    partitions: int
    replication: int | None
    message_bytes: int


class Writer(Protocol):
    """A producer that has taken its transactional id: those that had it before are fenced."""

    def write(self, made: Sequence[Message]) -> None:
        """Write all messages in one transaction, or none.

        Raises:
            Fenced: another has taken the transactional id.
            TooLarge: a message is above its topic's limit.
            BrokerError: it could not be done in the time allowed. Whether it was done is not always known then.
        """

    def close(self) -> None:
        """Let go of it; waits for nothing."""


class Cluster(Protocol):
    """Connections to a cluster. Every method but `close` raises BrokerError, in bounded time."""

    def topics(self, names: Sequence[str]) -> Mapping[str, Topic]:
        """Those of the named topics that exist, by name."""

    def create(self, topics: Sequence[NewTopic]) -> None:
        """Make topics; one that exists by now is left as it is."""

    def writer(self, transactional_id: str) -> Writer:
        """A producer that takes the transactional id; what an earlier one left open is aborted."""

    def empty(self, topic: str) -> bool:
        """Whether a topic holds nothing at all, not even tombstones."""

    def read(self, topic: str) -> Iterator[Found]:
        """A topic's committed messages from the beginning to what is its end when the reading begins."""

    def close(self) -> None:
        """Let go of connections."""
