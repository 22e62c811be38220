"""Addresses of Kafka stores."""

import pytest

from newsbeam.connectors.stores.kafka_address import MESSAGE_BYTES, KafkaOptions, parse_address
from newsbeam.connectors.stores.store import UnknownStore


def test_an_address_names_brokers_and_a_prefix() -> None:
    address = parse_address("kafka:one:9092,two:9093/daily.news?partitions=6&replication=3&compression=LZ4")
    assert address.brokers == ("one:9092", "two:9093")
    assert address.url == "kafka:one:9092,two:9093/daily.news", "without options"
    assert address.options == KafkaOptions(partitions=6, replication=3, compression="lz4")
    assert [address.topic(one) for one in ("articles", "duplicates", "rejected")] == [
        "daily.news.articles",
        "daily.news.duplicates",
        "daily.news.rejected",
    ]
    assert address.meta_topic == "daily.news.meta"


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("kafka:one", "kafka:one:9092/newsbeam"),
        ("kafka:one/", "kafka:one:9092/newsbeam"),
        ("kafka://one:9000/x", "kafka:one:9000/x"),
        ("kafka:[::1]:9000/x", "kafka:[::1]:9000/x"),
        ("kafka:[::1]/x", "kafka:[::1]:9092/x"),
    ],
)
def test_what_is_left_out_has_defaults(url: str, meant: str) -> None:
    address = parse_address(url)
    assert address.url == meant
    assert address.options.message_bytes == MESSAGE_BYTES
    assert address.options.compression == "zstd"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("kafka:", "'' is no broker"),
        ("kafka:one,,two/x", "'' is no broker"),
        ("kafka:one:port/x", "'one:port' is no broker"),
        ("kafka:one/a/b", "'a/b' is no prefix"),
        ("kafka:one/" + "x" * 201, "is no prefix"),
        ("kafka:one/x?acks=1", r"unknown option 'acks'; known: security_protocol, .*message_bytes"),
        ("kafka:one/x?partitions=0", "partitions='0' is no whole number from 1 to 10000"),
        ("kafka:one/x?replication=two", "replication='two' is no whole number"),
        ("kafka:one/x?compression=best", "compression='best' is not known: use one of none, gzip"),
        ("kafka:one/x?partitions=2&partitions=3", "partitions stands twice"),
        ("kafka:one/x?sasl_mechanism=PLAIN", "needs security_protocol=SASL_SSL"),
    ],
)
def test_what_cannot_be_meant_is_refused(url: str, said: str) -> None:
    with pytest.raises(UnknownStore, match=said):
        parse_address(url)


@pytest.mark.parametrize(
    "url", ["kafka:me:hunter2@one:9092/x", "kafka:one/x?password=hunter2", "kafka:one/x?sasl_password=hunter2&a=b"]
)
def test_credentials_in_an_address_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UnknownStore, match="NEWSBEAM_KAFKA_PASSWORD") as raised:
        parse_address(url)
    assert "hunter2" not in str(raised.value)
