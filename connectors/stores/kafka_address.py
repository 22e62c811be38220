"""Addresses of Kafka stores: `kafka:BROKER:9092[,BROKER2:9092]/PREFIX[?option=value&…]`, without any secret."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from urllib.parse import parse_qsl

from newsbeam.connectors.stores.store import UnknownStore
from newsbeam.records import Collection

FORM = "kafka:BROKER:9092[,BROKER2:9092]/PREFIX[?option=value&...]"
DEFAULT_PREFIX = "newsbeam"
DEFAULT_PORT = 9092
MESSAGE_BYTES = 64 * 1024 * 1024
"""What a message may be by default: more than any record within the limits of docs/records.md."""

USERNAME, PASSWORD = "NEWSBEAM_KAFKA_USERNAME", "NEWSBEAM_KAFKA_PASSWORD"
"""Environment variables that hold the credentials; they stand nowhere else."""

_PREFIX = re.compile(r"[A-Za-z0-9._-]{1,200}")
_BROKER = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_CHOICES: Mapping[str, Sequence[str]] = {
    "security_protocol": ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    "sasl_mechanism": ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    "compression": ("none", "gzip", "snappy", "lz4", "zstd"),
}
_NUMBERS: Mapping[str, tuple[int, int]] = {
    "partitions": (1, 10_000),
    "replication": (1, 100),
    "message_bytes": (100_000, 1_000_000_000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaOptions:
    """What an address may ask for.

    partitions, replication: of topics that the store makes (replication None: the broker's default).
    message_bytes: the largest message, and `max.message.bytes` of topics that the store makes.
    """

    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    partitions: int = 3
    replication: int | None = None
    compression: str = "zstd"
    message_bytes: int = MESSAGE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAddress:
    """Where a store's topics are. brokers: HOST:PORT each."""

    brokers: tuple[str, ...]
    prefix: str = DEFAULT_PREFIX
    options: KafkaOptions = KafkaOptions()

    @property
    def url(self) -> str:
        """The address without options."""
        return f"kafka:{','.join(self.brokers)}/{self.prefix}"

    @property
    def meta_topic(self) -> str:
        """The topic that says which state and epoch write the store."""
        return f"{self.prefix}.meta"

    def topic(self, collection: Collection) -> str:
        """The topic of a collection."""
        return f"{self.prefix}.{collection}"


def parse_address(url: str) -> KafkaAddress:
    """The parts of an address.

    Raises:
        UnknownStore: it is not of the form, or an option or its value is not known.
    """
    where, _, asked = url.removeprefix("kafka:").partition("?")
    if "@" in where:
        raise UnknownStore(f"kafka: credentials do not belong into an address: set {USERNAME} and {PASSWORD}")
    named, _, prefix = where.removeprefix("//").partition("/")
    brokers = tuple(_broker(one, where) for one in named.split(","))
    prefix = prefix or DEFAULT_PREFIX
    if not _PREFIX.fullmatch(prefix):
        raise UnknownStore(
            f"kafka:{where}: {prefix!r} is no prefix of a topic: use letters, digits, '.', '_' and '-', 200 at most"
        )
    address = KafkaAddress(brokers=brokers, prefix=prefix)
    return KafkaAddress(brokers=brokers, prefix=prefix, options=_options(address.url, asked))


def _broker(text: str, where: str) -> str:
    if not _BROKER.fullmatch(text):
        raise UnknownStore(f"kafka:{where}: {text!r} is no broker: use {FORM}")
    return text if re.search(r":[0-9]+$", text) and not text.endswith("]") else f"{text}:{DEFAULT_PORT}"


def _options(url: str, asked: str) -> KafkaOptions:
    given: dict[str, str | int] = {}
    for name, value in parse_qsl(asked, keep_blank_values=True):
        known = [field.name for field in fields(KafkaOptions)]
        if name not in known:
            # The value is left out: it may be a secret at the wrong place.
            raise UnknownStore(
                f"{url}: unknown option {name!r}; known: {', '.join(known)} "
                f"(credentials: only by {USERNAME} and {PASSWORD})"
            )
        if name in given:
            raise UnknownStore(f"{url}: option {name} stands twice: give it once")
        given[name] = _number(url, name, value) if name in _NUMBERS else _choice(url, name, value)
    options = KafkaOptions(**given)  # type: ignore[arg-type]
    if options.sasl_mechanism and not options.security_protocol.startswith("SASL_"):
        raise UnknownStore(
            f"{url}: sasl_mechanism={options.sasl_mechanism} needs security_protocol=SASL_SSL or SASL_PLAINTEXT, "
            f"not {options.security_protocol}"
        )
    return options


def _choice(url: str, name: str, value: str) -> str:
    for one in _CHOICES[name]:
        if one.casefold() == value.casefold():
            return one
    raise UnknownStore(f"{url}: {name}={value!r} is not known: use one of {', '.join(_CHOICES[name])}")


def _number(url: str, name: str, value: str) -> int:
    least, most = _NUMBERS[name]
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise UnknownStore(f"{url}: {name}={value!r} is no whole number from {least} to {most}")
    return int(value)
