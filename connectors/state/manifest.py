"""The manifest: which stores the state was settled with, what each must hold, and what a commit is doing to it."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import insert_or, upsert
from newsbeam.connectors.state.errors import CommitUndone
from newsbeam.records import COLLECTIONS, Collection

_AT_ONCE = 900

FileCollection = Collection | Literal["pages"]
"""What a file belongs to; `pages`: an archive of what was fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """A file of a file store. number: its short name in the state. name: below the collection's folder, which may hold
    the folders of its partition. opened: when it got its first row; None where an earlier version wrote it."""

    number: int
    collection: FileCollection
    name: str
    rows: int
    bytes: int
    opened: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a commit does to one file.

    rows, bytes: of the file when it is done; no rows: the file goes. rewrites: a file of this name stands already.
    added: ids of the rows that come into the file. gone: ids of those that leave it. epoch: of the lease under which
    it is written, which its temporary name tells; 0 where an earlier version planned it.
    """

    number: int
    collection: FileCollection
    name: str
    rows: int
    rewrites: bool
    bytes: int = 0
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    opened: str | None = None
    epoch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A finished part of an archive under its temporary name, to get its name once what it holds is settled.

    store: the archive's address. name: below the archive's folder. records: pages in it. bytes: its size.
    """

    store: str
    name: str
    records: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a commit is about to do to one store.

    ids: those in doubt until it is settled. parts: files it plans. token: the commit's own, by which it knows what it
    noted; empty where it is settled without having been noted, or an earlier version noted it.
    """

    ids: tuple[str, ...]
    parts: tuple[Part, ...]
    settled: bool = False
    token: str = ""


def new_token() -> str:
    """What no other commit has."""
    return uuid.uuid4().hex


def intents(connection: Connection, stores: Iterable[str]) -> dict[str, Intent]:
    """The commits that were begun and not finished, by store."""
    columns = schema.intents.c
    found = connection.execute(sa.select(schema.intents).where(columns.store.in_(list(stores))))
    return {row.store: _intent(row.payload, settled=row.settled) for row in found}


def intend(connection: Connection, planned: Mapping[str, Intent]) -> None:
    """Note what is about to be done; a store that is new to the state is entered."""
    enter = insert_or(schema.stores, connection).on_conflict_do_nothing()
    note = upsert(schema.intents, connection)
    for store, intent in planned.items():
        connection.execute(enter, {"name": store})
        values = {"ids": intent.ids, "parts": [asdict(part) for part in intent.parts], "token": intent.token}
        payload = orjson.dumps(values)
        connection.execute(note, {"store": store, "settled": intent.settled, "payload": payload})


def settle(connection: Connection, planned: Mapping[str, Intent], deltas: Mapping[Collection, int]) -> None:
    """Make the plan what the stores hold. Files still wait for their names until `tidy`.

    Raises:
        CommitUndone: an intent that this commit noted is no longer there as it noted it.
    """
    _ensure_open(connection, planned)
    for store, intent in planned.items():
        columns = schema.stores.c
        values = {columns[name]: columns[name] + deltas.get(name, 0) for name in COLLECTIONS}
        connection.execute(sa.update(schema.stores).where(columns.name == store).values(values))
        for part in intent.parts:
            _settle_part(connection, store, part)
    intend(connection, {store: replace(one, ids=(), settled=True) for store, one in planned.items()})


def tidy(connection: Connection, finished: Mapping[str, Intent]) -> None:
    """Forget commits that are finished; what another has noted of the same stores stays."""
    noted = intents(connection, finished)
    mine = [store for store, one in noted.items() if one.token == finished[store].token]
    connection.execute(sa.delete(schema.intents).where(schema.intents.c.store.in_(mine)))


def expected(connection: Connection, store: str) -> dict[Collection, int] | None:
    """How many rows each collection of the store must hold; None for a store that is new to the state."""
    row = connection.execute(sa.select(schema.stores).where(schema.stores.c.name == store)).one_or_none()
    return {name: row._mapping[name] for name in COLLECTIONS} if row else None


def known(connection: Connection) -> list[str]:
    """The names of all stores that the state was settled with."""
    return list(connection.execute(sa.select(schema.stores.c.name).order_by(schema.stores.c.name)).scalars())


def next_number(connection: Connection, store: str) -> int:
    """The smallest number that no file of the store ever had."""
    row = connection.execute(sa.select(schema.stores.c.next_number).where(schema.stores.c.name == store))
    return int(row.scalar_one_or_none() or 1)


def files(connection: Connection, store: str) -> list[HeldFile]:
    """The store's files, by number."""
    columns = schema.files.c
    wanted = tuple(columns[name] for name in HeldFile.__dataclass_fields__)
    rows = connection.execute(sa.select(*wanted).where(columns.store == store).order_by(columns.number))
    return [HeldFile(**row._mapping) for row in rows]


def places(connection: Connection, store: str, ids: Sequence[str]) -> dict[str, int]:
    """Which file holds each of the ids, by the file's number; ids that no file holds are left out."""
    columns = schema.places.c
    wanted = (columns.store == store) & columns.id.in_(sa.bindparam("ids", expanding=True))
    query = sa.select(columns.id, columns.number).where(wanted)
    found: dict[str, int] = {}
    for start in range(0, len(ids), _AT_ONCE):
        for one, number in connection.execute(query, {"ids": ids[start : start + _AT_ONCE]}):
            found[one] = number
    return found


def _ensure_open(connection: Connection, planned: Mapping[str, Intent]) -> None:
    noted = intents(connection, planned)
    for store, intent in planned.items():
        found = noted.get(store)
        if intent.token and (found is None or found.settled or found.token != intent.token):
            raise CommitUndone(
                f"{store}: another process has undone this commit, since its connection to the state was gone: "
                "what it was to settle is settled later"
            )


def _settle_part(connection: Connection, store: str, part: Part) -> None:
    places, files, stores = schema.places.c, schema.files.c, schema.stores.c
    # A row that moved was placed anew by another part: only a place in this very file is taken away.
    here = (places.store == store) & (places.id == sa.bindparam("gone")) & (places.number == part.number)
    if part.gone:
        connection.execute(sa.delete(schema.places).where(here), [{"gone": one} for one in part.gone])
    if part.added:
        rows = [{"store": store, "id": one, "number": part.number} for one in part.added]
        connection.execute(upsert(schema.places, connection), rows)
    if part.rows:
        values = {"store": store} | {name: getattr(part, name) for name in HeldFile.__dataclass_fields__}
        connection.execute(upsert(schema.files, connection), values)
    else:
        mine = (files.store == store) & (files.number == part.number)
        connection.execute(sa.delete(schema.files).where(mine))
    taken = (stores.name == store) & (stores.next_number <= part.number)
    connection.execute(sa.update(schema.stores).where(taken).values(next_number=part.number + 1))


def _intent(payload: bytes, *, settled: bool) -> Intent:
    values = orjson.loads(payload)
    parts = (Part(**{**part, "added": tuple(part["added"]), "gone": tuple(part["gone"])}) for part in values["parts"])
    return Intent(ids=tuple(values["ids"]), parts=tuple(parts), settled=settled, token=values.get("token", ""))
