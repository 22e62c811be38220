"""Kafka: a topic a collection, a message a row, a transaction a commit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import orjson

from newsbeam.connectors.state.errors import LeaseLost
from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores.kafka_address import KafkaAddress, parse_address
from newsbeam.connectors.stores.kafka_broker import (
    BrokerAway,
    BrokerError,
    Cluster,
    Fenced,
    NewTopic,
    TooLarge,
    Topic,
    Writer,
)
from newsbeam.connectors.stores.kafka_messages import (
    Message,
    Owner,
    latest,
    messages,
    owner_in,
    owner_message,
    too_large,
)
from newsbeam.connectors.stores.rows import Row, completed
from newsbeam.connectors.stores.store import Changes, Files, StoreAway, StoreError
from newsbeam.records import COLLECTIONS, SCHEMA_VERSION, Collection

_TRIES = 3
"""How often a transaction is begun anew after another process of the same run has taken the transactional id."""


def open_kafka(url: str) -> "KafkaStore":
    """The store at an address; nothing is asked of the brokers yet.

    Raises:
        UnknownStore: the address is not of the form.
        StoreError: the client is not installed, or credentials are missing.
    """
    address = parse_address(url)
    try:
        from newsbeam.connectors.stores.kafka_client import connect
    except ImportError as error:
        raise StoreError(f"{address.url}: needs the Kafka client: pip install 'newsbeam[kafka]' ({error})") from error
    return KafkaStore(address, connect)


class KafkaStore:
    """Topics `PREFIX.articles`, `PREFIX.duplicates` and `PREFIX.rejected`; `PREFIX.meta` names the state and the epoch.

    The transactional id alone fences only until its earlier holder begins anew; the epoch in `PREFIX.meta`, which is
    read after every such beginning, fences for good. source: transactions as in KIP-98.
    """

    shows_early = True
    delivered = False

    def __init__(self, address: KafkaAddress, connect: Callable[[KafkaAddress], Cluster]) -> None:
        self.url = address.url
        self._address = address
        self._connect = connect
        self._cluster: Cluster | None = None
        self._writer: Writer | None = None
        self._epoch: int | None = None

    def present(self) -> bool:
        names = [self._address.topic(one) for one in COLLECTIONS]
        with self._said():
            return all(name in self._brokers().topics(names) for name in names)

    def check(self) -> None:
        options = self._address.options
        names = [*map(self._address.topic, COLLECTIONS), self._address.meta_topic]
        with self._said():
            there = self._brokers().topics(names)
            missing = [
                NewTopic(
                    name=name,
                    # One partition keeps the order of owners.
                    partitions=1 if name == self._address.meta_topic else options.partitions,
                    replication=options.replication,
                    message_bytes=options.message_bytes,
                )
                for name in names
                if name not in there
            ]
            if missing:
                self._brokers().create(missing)
            for topic in there.values():
                self._suits(topic)
            owner = self._owner()
        if owner is not None and owner.version > SCHEMA_VERSION:
            raise StoreError(
                f"{self.url}: its messages are of version {owner.version}, this newsbeam knows {SCHEMA_VERSION}: "
                "update it"
            )

    def hold(self, state_id: str, epoch: int) -> None:
        self._let_go()
        with self._said():
            owner = owner_message(Owner(state_id=state_id, epoch=epoch), self._address)
            self._transact([owner], epoch, state_id=state_id)

    def sweep(self) -> None:
        """Nothing: a transaction that was left open is aborted by `hold`."""

    def verify(self, expected: Mapping[Collection, int], files: Sequence[HeldFile]) -> None:
        """Make sure that topics are not empty where records must be: how many they hold is told by reading them."""
        if not sum(expected.values()):
            return
        with self._said():
            empty = all(self._brokers().empty(self._address.topic(collection)) for collection in COLLECTIONS)
        if empty:
            raise StoreError(
                f"{self.url}: its topics are empty, but the state says that they hold {sum(expected.values())} "
                "records: restore them, or delete the state too"
            )

    def plan(self, changes: Changes, held: Files, *, epoch: int, now: str) -> tuple[Part, ...]:
        return ()

    def prepare(self, changes: Changes, parts: Sequence[Part], *, epoch: int) -> tuple[Part, ...]:
        self._apply(changes, epoch)
        return ()

    def publish(self, parts: Sequence[Part]) -> None:
        """Nothing: what was prepared is committed."""

    def discard(self, parts: Sequence[Part]) -> None:
        """Nothing: there are no files."""

    def restore(self, changes: Changes, *, epoch: int) -> None:
        self._apply(changes, epoch)

    def count(self) -> dict[Collection, int]:
        """How many rows each topic holds, by reading it; memory: some 250 bytes a row."""
        with self._said():
            return {
                collection: len(latest(self._brokers().read(self._address.topic(collection))))
                for collection in COLLECTIONS
            }

    def rows(self, collection: Collection, *, since: str | None = None) -> Iterator[Row]:
        """The rows, in two readings of the topic: which messages count, and these. Memory: some 250 bytes a row."""
        topic = self._address.topic(collection)
        with self._said():
            places = latest(self._brokers().read(topic))
            for one in self._brokers().read(topic) if places else ():
                if one.value is None or places.get(one.key) != one.place:
                    continue
                del places[one.key]
                row = orjson.loads(one.value)
                if since is None or row["updated_at"] >= since:
                    yield completed(collection, row)
                if not places:
                    return

    def close(self) -> None:
        self._let_go()
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None

    def _apply(self, changes: Changes, epoch: int) -> None:
        made = messages(changes, self._address)
        if not made:
            return
        limit = self._address.options.message_bytes
        if (large := too_large(made, limit)) is not None:
            raise StoreError(self._about_size(large, f"the limit is {limit}"))
        with self._said():
            try:
                self._transact(made, epoch)
            except TooLarge as error:
                large = next(one for one in made if (one.key, one.topic) == (error.key, error.topic))
                raise StoreError(self._about_size(large, f"more than {large.topic} takes")) from error

    def _transact(self, made: Sequence[Message], epoch: int, *, state_id: str | None = None) -> None:
        """Write the messages in one transaction, as the holder of the epoch."""
        for _ in range(_TRIES):
            try:
                if self._writer is None or self._epoch != epoch:
                    self._writer = self._take(epoch, state_id)
                    self._epoch = epoch
                self._writer.write(made)
                return
            except Fenced:
                # By a later epoch, which `_take` finds out, or by another process of this one.
                self._let_go()
            except BrokerError:
                self._let_go()
                raise
        raise BrokerError(f"other processes of this run took it away {_TRIES} times: write from one at a time")

    def _take(self, epoch: int, state_id: str | None) -> Writer:
        """A writer for the epoch, once no later one has the store."""
        self._let_go()
        # Asked before, so that a process that is too late does not disturb; asked after, for then it is certain.
        state_id = self._allowed(epoch, state_id)
        writer = self._brokers().writer(f"newsbeam.{state_id}.{self._address.prefix}")
        try:
            self._allowed(epoch, state_id)
        except BaseException:
            writer.close()
            raise
        return writer

    def _allowed(self, epoch: int, state_id: str | None) -> str:
        """The id of the state that may write; LeaseLost where a later epoch does."""
        owner = self._owner()
        if owner is None:
            if state_id is None:
                raise BrokerError(f"{self._address.meta_topic} says nothing of who writes the store: run newsbeam anew")
            return state_id
        if state_id not in (None, owner.state_id):
            raise StoreError(
                f"{self.url}: another state wrote it: give the state that belongs to it (--state), or another prefix"
            )
        if owner.epoch > epoch:
            raise LeaseLost(f"the lease of epoch {epoch} is lost: epoch {owner.epoch} writes the store now")
        return owner.state_id

    def _owner(self) -> Owner | None:
        try:
            return owner_in(self._brokers().read(self._address.meta_topic))
        except ValueError as error:
            raise BrokerError(f"{self._address.meta_topic}: {error}: choose another prefix") from error

    def _suits(self, topic: Topic) -> None:
        wanted = self._address.options.message_bytes
        if topic.cleanup not in (None, "compact"):
            raise BrokerError(
                f"topic {topic.name} has cleanup.policy={topic.cleanup}, which forgets records: "
                "set it to compact, or choose another prefix"
            )
        if topic.name == self._address.meta_topic and topic.partitions != 1:
            raise BrokerError(f"topic {topic.name} has {topic.partitions} partitions: make it with 1")
        if topic.message_bytes is not None and topic.message_bytes < wanted:
            raise BrokerError(
                f"topic {topic.name} has max.message.bytes={topic.message_bytes}, less than message_bytes={wanted}: "
                f"set it to {wanted}, or give ?message_bytes={topic.message_bytes} in the address"
            )

    def _about_size(self, message: Message, limit: str) -> str:
        return (
            f"{self.url}: record {message.key.decode()} is a message of {message.size} bytes, {limit}: set "
            f"max.message.bytes of topic {message.topic} and ?message_bytes= in the address to more"
        )

    def _brokers(self) -> Cluster:
        if self._cluster is None:
            self._cluster = self._connect(self._address)
        return self._cluster

    def _let_go(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = self._epoch = None

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except BrokerError as error:
            kind = StoreAway if isinstance(error, BrokerAway) else StoreError
            raise kind(f"{self.url}: {error}") from error
