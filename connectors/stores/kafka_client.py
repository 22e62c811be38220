"""The cluster as librdkafka reaches it. What imports this needs confluent_kafka, which is an extra."""

import contextlib
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]
from confluent_kafka.admin import NewTopic as ToMake  # type: ignore[attr-defined]

from newsbeam.connectors.stores import kafka_failures as failures
from newsbeam.connectors.stores.kafka_address import PASSWORD, USERNAME, KafkaAddress
from newsbeam.connectors.stores.kafka_broker import COMPACT, BrokerAway, BrokerError, Cluster, NewTopic, Topic
from newsbeam.connectors.stores.kafka_messages import Found
from newsbeam.connectors.stores.kafka_writer import QUEUE_KIB, KafkaWriter, writer_settings

_SILENT = logging.Logger("newsbeam.kafka")
_SILENT.addHandler(logging.NullHandler())
"""For librdkafka's own lines: what goes wrong is told by an exception, and they would tell it twice."""

_AT_ONCE = 500
_PATIENCE_SECONDS = 0.05
"""How long a reading waits for as many messages as it takes at once."""


def connect(address: KafkaAddress) -> Cluster:
    """Connections to the address's brokers, made when they are needed.

    Raises:
        BrokerError: the protocol needs credentials, and they are missing.
    """
    return _Librdkafka(address)


class _Librdkafka:
    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._failing = failures.Failures()
        self._settings: Mapping[str, Any] = {
            "bootstrap.servers": ",".join(address.brokers),
            "client.id": "newsbeam",
            "security.protocol": address.options.security_protocol,
            "socket.timeout.ms": int(failures.REACH_SECONDS * 1000),
            "allow.auto.create.topics": False,
            "logger": _SILENT,
            "error_cb": self._failing.note,
            **_credentials(address),
        }
        self._admin_client: AdminClient | None = None

    def topics(self, names: Sequence[str]) -> Mapping[str, Topic]:
        there = self._described()
        with self._failing.told("the topics cannot be seen"):
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
        made = self._admin().create_topics(
            wanted, operation_timeout=failures.REACH_SECONDS, request_timeout=failures.REACH_SECONDS
        )
        for name, future in made.items():
            with self._failing.told(f"topic {name} cannot be made"):
                try:
                    future.result()
                except KafkaException as error:
                    if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                        raise
        self._until_led([one.name for one in topics])

    def writer(self, transactional_id: str) -> KafkaWriter:
        settings = {**self._settings, **writer_settings(self._address.options, transactional_id)}
        return KafkaWriter(self._failing, settings)

    def empty(self, topic: str) -> bool:
        with self._reading() as consumer, self._failing.told(f"{topic} cannot be read"):
            return all(low >= high for low, high in self._ends(consumer, topic).values())

    def read(self, topic: str) -> Iterator[Found]:
        with self._reading() as consumer, self._failing.told(f"{topic} cannot be read"):
            ends = self._ends(consumer, topic)
            left = {partition for partition, (low, high) in ends.items() if low < high}
            consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in left])
            until = time.monotonic() + failures.READ_SECONDS
            while left:
                for one in consumer.consume(_AT_ONCE, timeout=_PATIENCE_SECONDS):
                    until = time.monotonic() + failures.READ_SECONDS
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
                    raise BrokerAway(
                        f"{topic} cannot be read: nothing came for {failures.READ_SECONDS:g} s{self._failing.last}"
                    )

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
                "queued.max.messages.kbytes": QUEUE_KIB,
                "fetch.wait.max.ms": 100,
            }
        )
        try:
            yield consumer
        finally:
            consumer.close()

    def _ends(self, consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
        """The first offset and the one after the last committed one, by partition."""
        until = time.monotonic() + failures.REACH_SECONDS
        while True:
            try:
                described = consumer.list_topics(topic, timeout=failures.REACH_SECONDS).topics[topic]
                if described.error is not None:
                    raise KafkaException(described.error)
                return {
                    partition: consumer.get_watermark_offsets(
                        TopicPartition(topic, partition), timeout=failures.REACH_SECONDS
                    )
                    for partition in described.partitions
                }
            except KafkaException as error:
                # A topic that was just made, or whose leader has changed.
                if error.args[0].code() not in failures.UNLED or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def _topic_settings(self, names: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """The settings of topics, where the rights to see them are there."""
        if not names:
            return {}
        asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        found = {}
        for resource, future in self._admin().describe_configs(asked, request_timeout=failures.REACH_SECONDS).items():
            with self._failing.told(f"the settings of topic {resource.name} cannot be read"):
                try:
                    found[resource.name] = {name: entry.value for name, entry in future.result().items()}
                except KafkaException as error:
                    if error.args[0].code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
                        raise
        return found

    def _described(self) -> Mapping[str, Any]:
        """Every topic that the brokers show, by name."""
        with self._failing.told("the brokers cannot be reached"):
            try:
                return dict(self._admin().list_topics(timeout=failures.REACH_SECONDS).topics)
            except KafkaException:
                # An administering client says what went wrong with its connections only when it is polled.
                self._admin().poll(0)
                raise

    def _until_led(self, names: Sequence[str]) -> None:
        """Wait until new topics have leaders, without which the first question would fail."""
        until = time.monotonic() + failures.REACH_SECONDS
        while True:
            there = self._described()
            waits = [name for name in names if name not in there or not _led(there[name])]
            if not waits:
                return
            if time.monotonic() > until:
                raise BrokerAway(
                    f"topic {waits[0]} was made, but has no leader after {failures.REACH_SECONDS:g} s: try again"
                )
            time.sleep(0.05)

    def _admin(self) -> AdminClient:
        if self._admin_client is None:
            with self._failing.told("the client cannot be set up"):
                self._admin_client = AdminClient(dict(self._settings))
        return self._admin_client


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
