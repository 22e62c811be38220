"""How long a Kafka cluster may take, and what librdkafka's errors mean to a person."""

import contextlib
from collections.abc import Iterator

from confluent_kafka import KafkaError, KafkaException

from newsbeam.connectors.stores.kafka_address import PASSWORD, USERNAME
from newsbeam.connectors.stores.kafka_broker import BrokerAway, BrokerError, Fenced

REACH_SECONDS = 10.0
"""How long a broker has to answer a question."""
DELIVERY_SECONDS = 60.0
"""How long a transaction may take from its first message to its commit."""
BEGIN_SECONDS = 30.0
"""How long taking a transactional id may take, while what an earlier producer left open is aborted."""
READ_SECONDS = 30.0
"""How long a reading may wait for the next message."""

_FENCED = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)
UNLED = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART)
_SILENCE = (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN, KafkaError._MSG_TIMED_OUT)
_RIGHTS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "Describe, Read and Write on the topics (Create and DescribeConfigs, too, "
    "where newsbeam is to make them)",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "Create on the cluster, or make the topics first",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "Describe and Write on transactional ids that start with "
    "'newsbeam.'",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "Read on the group 'newsbeam'",
}


class Failures:
    """What goes wrong with a cluster, told by exceptions; remembers what librdkafka last said of its connections."""

    def __init__(self) -> None:
        self._seen: str | None = None

    def note(self, error: KafkaError) -> None:
        """Take what librdkafka says of a connection; for its `error_cb`."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._seen = error.str()

    @property
    def last(self) -> str:
        """What it last said, to stand behind a message; empty where it said nothing."""
        return f" (last: {self._seen})" if self._seen else ""

    @contextlib.contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Raise librdkafka's errors as BrokerErrors. what: that which could not be done."""
        try:
            yield
        except KafkaException as error:
            raise meaning(what, error.args[0], self.last) from error


def meaning(what: str, error: KafkaError, last: str = "") -> BrokerError:
    """An error as what it means to a person."""
    if error.code() in _FENCED:
        return Fenced(f"{what}: {error.str()}")
    if error.code() in _RIGHTS:
        return BrokerError(f"{what}: rights are missing: it needs {_RIGHTS[error.code()]} ({error.str()})")
    if error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):
        return BrokerError(f"{what}: a topic is gone: run newsbeam anew, which makes missing topics")
    if error.code() in (KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED):
        return BrokerError(f"{what}: the brokers refuse {USERNAME} and {PASSWORD}: {error.str()}")
    if error.code() in _SILENCE:
        return BrokerAway(
            f"{what} in the time allowed: {error.str()}{last}: see that the brokers run and that their "
            "listeners suit security_protocol"
        )
    kind = BrokerAway if error.retriable() or error.code() in UNLED else BrokerError
    return kind(f"{what}: {error.name()}: {error.str()}{last}")
