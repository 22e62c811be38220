"""What librdkafka's errors mean: which are of a cluster that is away for a while."""

import pytest
from confluent_kafka import KafkaError

from newsbeam.connectors.stores.kafka_broker import BrokerAway
from newsbeam.connectors.stores.kafka_failures import meaning


@pytest.mark.parametrize(
    "code",
    [
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._MSG_TIMED_OUT,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
    ],
)
def test_a_cluster_out_of_reach_may_be_back_later(code: int) -> None:
    assert isinstance(meaning("the topics cannot be seen", KafkaError(code)), BrokerAway)


@pytest.mark.parametrize(
    "code",
    [
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError._AUTHENTICATION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_CONFIG,
    ],
)
def test_what_a_person_must_mend_is_not_waited_for(code: int) -> None:
    assert not isinstance(meaning("the topics cannot be seen", KafkaError(code)), BrokerAway)
