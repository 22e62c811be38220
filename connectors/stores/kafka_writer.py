"""A producer with transactions: librdkafka's, with its waits bounded and its failures told."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Received

from newsbeam.connectors.stores import kafka_failures as failures
from newsbeam.connectors.stores.kafka_address import KafkaOptions
from newsbeam.connectors.stores.kafka_broker import BrokerError, TooLarge
from newsbeam.connectors.stores.kafka_messages import Message

BATCH_BYTES = 1_000_000
QUEUE_KIB = 64 * 1024


def writer_settings(options: KafkaOptions, transactional_id: str) -> Mapping[str, Any]:
    """librdkafka's settings for a producer, beside those of the connection."""
    limit = options.message_bytes
    return {
        "transactional.id": transactional_id,
        "transaction.timeout.ms": int(failures.DELIVERY_SECONDS * 2000),
        "message.timeout.ms": int(failures.DELIVERY_SECONDS * 1000),
        "acks": "all",
        # As Java's clients do it, so that a key that they write comes to the same partition.
        "partitioner": "murmur2_random",
        "compression.type": options.compression,
        "message.max.bytes": limit,
        "batch.size": min(BATCH_BYTES, limit),
        "queue.buffering.max.kbytes": max(QUEUE_KIB, limit // 512),
        "delivery.report.only.error": True,
    }


class KafkaWriter:
    """See kafka_broker.Writer."""

    def __init__(self, failing: failures.Failures, settings: Mapping[str, Any]) -> None:
        self._failing = failing
        self._failed: tuple[KafkaError, Received] | None = None
        until = time.monotonic() + failures.BEGIN_SECONDS
        with failing.told("a transaction cannot be begun"):
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
        until = time.monotonic() + failures.DELIVERY_SECONDS
        self._failed = None
        with self._failing.told("the transaction cannot be written"):
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
