"""A Kafka cluster in memory, with transactions and fencing as brokers have them, and places whose store is on it."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.commit import recover
from newsbeam.connectors.stores.kafka import KafkaStore
from newsbeam.connectors.stores.kafka_address import KafkaAddress, parse_address
from newsbeam.connectors.stores.kafka_broker import BrokerAway, BrokerError, Fenced, NewTopic, TooLarge, Topic
from newsbeam.connectors.stores.kafka_messages import Found, Message
from newsbeam.connectors.stores.urls import open_store
from tests.connectors.stores.fakes import _HOURS, Place, Steps, later

ADDRESS = parse_address("kafka:one:9092/news")


@dataclass(slots=True, kw_only=True)
class Written:
    """A message in a log. transaction: the one that it belongs to."""

    message: Message
    transaction: tuple[str, int, int]


@dataclass(kw_only=True)
class FakeBroker:
    """Logs, one partition a topic. epochs: of each transactional id's producer. ended: which transactions are
    committed (True) or aborted. down: what every question is answered with. steps: where a kill may come.
    """

    logs: dict[str, list[Written]] = field(default_factory=dict)
    settings: dict[str, Topic] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    ended: dict[tuple[str, int, int], bool] = field(default_factory=dict)
    down: str | None = None
    answers_lost: int = 0
    steps: Steps = field(default_factory=Steps)

    def connect(self, address: KafkaAddress) -> "FakeCluster":
        """A process's connections."""
        return FakeCluster(self)

    def ask(self) -> None:
        """A question to the broker."""
        self.steps.step()
        if self.down:
            raise BrokerAway(self.down)

    def end(self, transactional_id: str, *, committed: bool) -> None:
        """End what is open of a transactional id."""
        for log in self.logs.values():
            for one in log:
                if one.transaction[0] == transactional_id:
                    self.ended.setdefault(one.transaction, committed)


class FakeCluster:
    """Connections to the broker."""

    def __init__(self, broker: FakeBroker) -> None:
        self.broker = broker

    def topics(self, names: Sequence[str]) -> Mapping[str, Topic]:
        self.broker.ask()
        return {name: self.broker.settings[name] for name in names if name in self.broker.settings}

    def create(self, topics: Sequence[NewTopic]) -> None:
        self.broker.ask()
        for one in topics:
            self.broker.logs[one.name] = []
            self.broker.settings[one.name] = Topic(
                name=one.name, partitions=one.partitions, cleanup="compact", message_bytes=one.message_bytes
            )

    def writer(self, transactional_id: str) -> "FakeWriter":
        self.broker.ask()
        self.broker.end(transactional_id, committed=False)
        epoch = self.broker.epochs[transactional_id] = self.broker.epochs.get(transactional_id, -1) + 1
        return FakeWriter(self.broker, transactional_id, epoch)

    def empty(self, topic: str) -> bool:
        self.broker.ask()
        return not self.broker.logs[topic]

    def read(self, topic: str) -> Iterator[Found]:
        self.broker.ask()
        for offset, one in enumerate(list(self.broker.logs[topic])):
            committed = self.broker.ended.get(one.transaction)
            if committed is None:
                return  # the last stable offset: what is behind an open transaction is not seen
            if committed:
                yield Found(key=one.message.key, value=one.message.value, partition=0, offset=offset)

    def close(self) -> None:
        """Nothing."""


class FakeWriter:
    """A producer: its messages are in the logs at once, and seen once their transaction is committed."""

    def __init__(self, broker: FakeBroker, transactional_id: str, epoch: int) -> None:
        self.broker, self.transactional_id, self.epoch = broker, transactional_id, epoch
        self.transactions = 0

    def write(self, made: Sequence[Message]) -> None:
        self.transactions += 1
        transaction = self.transactional_id, self.epoch, self.transactions
        for one in made:
            self._ask()
            if one.size > (self.broker.settings[one.topic].message_bytes or 0):
                self.broker.end(self.transactional_id, committed=False)
                raise TooLarge(one.key, one.topic)
            self.broker.logs[one.topic].append(Written(message=one, transaction=transaction))
        self._ask()
        self.broker.end(self.transactional_id, committed=True)
        if self.broker.answers_lost:
            self.broker.answers_lost -= 1
            raise BrokerError("no answer to the commit within 60 s")
        self.broker.steps.step()

    def close(self) -> None:
        """Nothing: what is open stays so until the next writer begins."""

    def _ask(self) -> None:
        self.broker.ask()
        if self.broker.epochs[self.transactional_id] != self.epoch:
            raise Fenced("this instance has been fenced by a newer instance")


class KafkaPlace(Place):
    """A state with a Kafka store and others beside it. make: opens the Kafka store, as a process does."""

    def __init__(self, folder: Path, make: Callable[[], KafkaStore], *, beside: Sequence[str] = ("sqlite",)) -> None:
        self.make = make
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder, stores=beside)

    def copied(self, source: Path, folder: Path, make: Callable[[], KafkaStore]) -> "KafkaPlace":
        """A place that goes on from another's folder, once this one is closed."""
        self.end()
        shutil.copytree(source, folder)
        return KafkaPlace(folder, make, beside=[url.partition(":")[0] for url in self.urls])

    def end(self) -> None:
        """What a process does when it ends."""
        self.state.close()
        for store in self.stores:
            store.close()

    def start(self) -> "KafkaPlace":
        """What a process does when it begins."""
        self.state = open_state(self.state_url)
        self.stores = [self.make(), *map(open_store, self.urls)]
        for store in self.stores:
            store.check()
        self.epoch = self.state.take_lease(owner="elsewhere:1:1", seconds=60, now=later(3600 * next(_HOURS)))
        recover(self.state, self.stores, epoch=self.epoch)
        return self


def fake_store(broker: FakeBroker, address: KafkaAddress = ADDRESS) -> KafkaStore:
    """A process's store on the broker."""
    return KafkaStore(address, broker.connect)
