"""The cluster as librdkafka reaches it. Only this module imports confluent_kafka, which is an extra."""

import contextlib
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import Message as Received
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]
from confluent_kafka.admin import NewTopic as ToMake  # type: ignore[attr-defined]

from newsbeam.connectors.stores.kafka_address import PASSWORD, USERNAME, KafkaAddress
from newsbeam.connectors.stores.kafka_broker import COMPACT, BrokerError, Cluster, Fenced, NewTopic, TooLarge, Topic
from newsbeam.connectors.stores.kafka_messages import Found, Message

REACH_SECONDS = 10.0
"""How long a broker has to answer a question."""
DELIVERY_SECONDS = 60.0
"""How long a transaction may take from its first message to its commit."""
BEGIN_SECONDS = 30.0
"""How long taking a transactional id may take, while what an earlier producer left open is aborted."""
READ_SECONDS = 30.0
"""How long a reading may wait for the next message."""

_SILENT = logging.Logger("newsbeam.kafka")
_SILENT.addHandler(logging.NullHandler())
"""For librdkafka's own lines: what goes wrong is told by an exception, and they would tell it twice."""

_BATCH_BYTES = 1_000_000
_QUEUE_KIB = 64 * 1024
_AT_ONCE = 500
_PATIENCE_SECONDS = 0.05
"""How long a reading waits for as many messages as it takes at once."""
_FENCED = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)
_UNLED = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART)
_SILENCE = (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN, KafkaError._MSG_TIMED_OUT)
_RIGHTS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "Describe, Read and Write on the topics (Create and DescribeConfigs, too, "
    "where newsbeam is to make them)",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "Create on the cluster, or make the topics first",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "Describe and Write on transactional ids that start with "
    "'newsbeam.'",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "Read on the group 'newsbeam'",
}


def connect(address: KafkaAddress) -> Cluster:
    """Connections to the address's brokers, made when they are needed.

    Raises:
        BrokerError: the protocol needs credentials, and they are missing.
    """
    return _Librdkafka(address)


class _Librdkafka:
    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._seen: dict[str, str] = {}
        self._settings: Mapping[str, Any] = {
            "bootstrap.servers": ",".join(address.brokers),
            "client.id": "newsbeam",
            "security.protocol": address.options.security_protocol,
            "socket.timeout.ms": int(REACH_SECONDS * 1000),
            "allow.auto.create.topics": False,
            "logger": _SILENT,
            "error_cb": self._note,
            **_credentials(address),
        }
        self._admin_client: AdminClient | None = None

    def topics(self, names: Sequence[str]) -> Mapping[str, Topic]:
        with self._told("the brokers cannot be reached"):
            there = self._admin().list_topics(timeout=REACH_SECONDS).topics
            for name in names:
                if name in there and there[name].error is not None:
                    raise KafkaException(there[name].error)
        known = {name: len(there[name].partitions) for name in names if name in there}
        settings = self._topic_settings(list(known))
        return {
            name: Topic(
                name=name,
                partitions=count,
                cleanup=settings.get(name, {}).get("cleanup.policy"),
                message_bytes=_number(settings.get(name, {}).get("max.message.bytes")),
            )
            for name, count in known.items()
        }

    def create(self, topics: Sequence[NewTopic]) -> None:
        wanted = [
            ToMake(
                one.name,
                num_partitions=one.partitions,
                replication_factor=one.replication or -1,
                config={**COMPACT, "max.message.bytes": str(one.message_bytes)},
            )
            for one in topics
        ]
        made = self._admin().create_topics(wanted, operation_timeout=REACH_SECONDS, request_timeout=REACH_SECONDS)
        for name, future in made.items():
            with self._told(f"topic {name} cannot be made"):
                try:
                    future.result()
                except KafkaException as error:
                    if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                        raise
        self._until_led([one.name for one in topics])

    def writer(self, transactional_id: str) -> "_Writer":
        limit = self._address.options.message_bytes
        settings = {
            **self._settings,
            "transactional.id": transactional_id,
            "transaction.timeout.ms": int(DELIVERY_SECONDS * 2000),
            "message.timeout.ms": int(DELIVERY_SECONDS * 1000),
            "acks": "all",
            # As Java's clients do it, so that a key that they write comes to the same partition.
            "partitioner": "murmur2_random",
            "compression.type": self._address.options.compression,
            "message.max.bytes": limit,
            "batch.size": min(_BATCH_BYTES, limit),
            "queue.buffering.max.kbytes": max(_QUEUE_KIB, limit // 512),
            "delivery.report.only.error": True,
        }
        return _Writer(self, settings)

    def empty(self, topic: str) -> bool:
        with self._reading() as consumer, self._told(f"{topic} cannot be read"):
            return all(low >= high for low, high in self._ends(consumer, topic).values())

    def read(self, topic: str) -> Iterator[Found]:
        with self._reading() as consumer, self._told(f"{topic} cannot be read"):
            ends = self._ends(consumer, topic)
            left = {partition for partition, (low, high) in ends.items() if low < high}
            consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in left])
            until = time.monotonic() + READ_SECONDS
            while left:
                for one in consumer.consume(_AT_ONCE, timeout=_PATIENCE_SECONDS):
                    until = time.monotonic() + READ_SECONDS
                    partition, offset = one.partition() or 0, one.offset() or 0
                    if partition not in left:
                        continue
                    if (error := one.error()) is not None:
                        # What ends a partition may be a marker of a transaction, which is no message: so this, too.
                        if error.code() != KafkaError._PARTITION_EOF:
                            raise KafkaException(error)
                        left.discard(partition)
                        continue
                    if offset < ends[partition][1]:
                        yield Found(key=one.key() or b"", value=one.value(), partition=partition, offset=offset)
                    if offset + 1 >= ends[partition][1]:
                        left.discard(partition)
                if time.monotonic() > until:
                    raise BrokerError(f"{topic} cannot be read: nothing came for {READ_SECONDS:g} s{self._last()}")

    def close(self) -> None:
        self._admin_client = None

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Consumer]:
        consumer = Consumer(
            {
                **self._settings,
                # librdkafka wants a group; nothing is committed to it, and no partition is assigned by it.
                "group.id": "newsbeam",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "queued.max.messages.kbytes": _QUEUE_KIB,
                "fetch.wait.max.ms": 100,
            }
        )
        try:
            yield consumer
        finally:
            consumer.close()

    def _ends(self, consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
        """The first offset and the one after the last committed one, by partition."""
        until = time.monotonic() + REACH_SECONDS
        while True:
            try:
                described = consumer.list_topics(topic, timeout=REACH_SECONDS).topics[topic]
                if described.error is not None:
                    raise KafkaException(described.error)
                return {
                    partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=REACH_SECONDS)
                    for partition in described.partitions
                }
            except KafkaException as error:
                # A topic that was just made, or whose leader has changed.
                if error.args[0].code() not in _UNLED or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def _topic_settings(self, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """The settings of topics, where the rights to see them are there."""
        if not names:
            return {}
        asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        found = {}
        for resource, future in self._admin().describe_configs(asked, request_timeout=REACH_SECONDS).items():
            with self._told(f"the settings of topic {resource.name} cannot be read"):
                try:
                    found[resource.name] = {name: entry.value for name, entry in future.result().items()}
                except KafkaException as error:
                    if error.args[0].code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
                        raise
        return found

    def _until_led(self, names: Sequence[str]) -> None:
        """Wait until new topics have leaders, without which the first question would fail."""
        until = time.monotonic() + REACH_SECONDS
        while True:
            with self._told("the brokers cannot be reached"):
                there = self._admin().list_topics(timeout=REACH_SECONDS).topics
            waits = [name for name in names if name not in there or not _led(there[name])]
            if not waits:
                return
            if time.monotonic() > until:
                raise BrokerError(f"topic {waits[0]} was made, but has no leader after {REACH_SECONDS:g} s: try again")
            time.sleep(0.05)

    def _admin(self) -> AdminClient:
        if self._admin_client is None:
            with self._told("the client cannot be set up"):
                self._admin_client = AdminClient(dict(self._settings))
        return self._admin_client

    def _note(self, error: KafkaError) -> None:
        """What librdkafka says went wrong with a connection, for the message of what fails because of it."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._seen["last"] = error.str()

    def _last(self) -> str:
        return f" (last: {self._seen['last']})" if "last" in self._seen else ""

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Failures of librdkafka as what they mean to a person."""
        try:
            yield
        except KafkaException as error:
            raise self.told(what, error.args[0]) from error

    def told(self, what: str, error: KafkaError) -> BrokerError:
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
            return BrokerError(
                f"{what} in the time allowed: {error.str()}{self._last()}: see that the brokers run and that their "
                "listeners suit security_protocol"
            )
        return BrokerError(f"{what}: {error.name()}: {error.str()}{self._last()}")


class _Writer:
    def __init__(self, cluster: _Librdkafka, settings: Mapping[str, Any]) -> None:
        self._cluster = cluster
        self._failed: tuple[KafkaError, Received] | None = None
        until = time.monotonic() + BEGIN_SECONDS
        with cluster._told("a transaction cannot be begun"):
            self._producer = Producer({**settings, "on_delivery": self._report})
            while True:
                try:
                    self._producer.init_transactions(max(0.1, until - time.monotonic()))
                    return
                except KafkaException as error:
                    if not error.args[0].retriable() or time.monotonic() > until - 1:
                        raise
                    time.sleep(0.1)

    def write(self, made: Sequence[Message]) -> None:
        until = time.monotonic() + DELIVERY_SECONDS
        self._failed = None
        with self._cluster._told("the transaction cannot be written"):
            try:
                self._producer.begin_transaction()
                for one in made:
                    self._produce(one, until)
                self._producer.flush(max(0.1, until - time.monotonic()))
                self._whole()
                self._commit(until)
            except (KafkaException, BrokerError):
                self._abort()
                raise
            except SystemError as error:
                # A fatal error that is raised while reports of delivery are still served becomes this one's cause.
                self._abort()
                if isinstance(error.__cause__, KafkaException):
                    raise error.__cause__ from None
                raise

    def close(self) -> None:
        # Nothing is waited for: what is not committed by now never will be.
        with contextlib.suppress(KafkaException, SystemError):
            self._producer.purge()
            self._producer.poll(0)

    def _produce(self, one: Message, until: float) -> None:
        while True:
            try:
                self._producer.produce(one.topic, key=one.key, value=one.value, headers=list(one.headers))
                return
            except BufferError:
                self._producer.poll(0.1)
                self._whole()
                if time.monotonic() > until:
                    raise KafkaException(KafkaError(KafkaError._TIMED_OUT)) from None
            except KafkaException as error:
                if error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                    raise TooLarge(one.key, one.topic) from error
                raise

    def _whole(self) -> None:
        """Raise what kept a message from being delivered."""
        if self._failed is not None:
            error, message = self._failed
            if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
                raise TooLarge(message.key() or b"", message.topic() or "")
            raise KafkaException(error)

    def _commit(self, until: float) -> None:
        while True:
            try:
                self._producer.commit_transaction(max(0.1, until - time.monotonic()))
                return
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > until - 0.1:
                    raise
                time.sleep(0.1)

    def _abort(self) -> None:
        """Tell the broker, where it can be told; it finds out by itself when the next writer begins."""
        with contextlib.suppress(KafkaException, SystemError):
            self._producer.purge()
            self._producer.abort_transaction(1.0)

    def _report(self, error: KafkaError | None, message: Received) -> None:
        if error is not None and self._failed is None:
            self._failed = error, message


def _led(topic: Any) -> bool:
    """Whether every partition of a topic, as its metadata tells it, has a leader."""
    return bool(topic.partitions) and all(one.leader >= 0 for one in topic.partitions.values())


def _number(text: str | None) -> int | None:
    return int(text) if text is not None else None


def _credentials(address: KafkaAddress) -> Mapping[str, str]:
    """What SASL needs, from the environment."""
    options = address.options
    if not options.security_protocol.startswith("SASL_"):
        return {}
    user, password = os.environ.get(USERNAME), os.environ.get(PASSWORD)
    if not user or not password:
        raise BrokerError(f"security_protocol={options.security_protocol} needs {USERNAME} and {PASSWORD} to be set")
    return {"sasl.mechanism": options.sasl_mechanism or "PLAIN", "sasl.username": user, "sasl.password": password}
