"""History: the documents of the window as last settled, and the index in which copies of them are found."""

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import nearest, payload, schema
from newsbeam.connectors.state.engine import insert_numbers, upsert
from newsbeam.connectors.state.frontier import rows_of
from newsbeam.connectors.state.nearest import Wanted
from newsbeam.records import Decision, Document, Edge, Sketch

_AT_ONCE = 900
_COMMITS = "commits"


def stored(connection: Connection, ids: Iterable[str]) -> dict[str, Document]:
    """The documents with these ids that the window still holds."""
    rows = rows_of(connection, schema.documents, schema.documents.c.id, ids)
    return {row.id: payload.document(row.payload) for row in rows if row.payload is not None}


def texts(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """The bodies of those of these documents that the window still holds."""
    return {one: document.body for one, document in stored(connection, ids).items()}


def revisions(connection: Connection, ids: Iterable[str]) -> dict[str, list[Document]]:
    """The earlier texts of these articles that the window still holds, by capture."""
    found: dict[str, list[Document]] = {}
    for row in rows_of(connection, schema.documents, schema.documents.c.revision_of, ids):
        if row.payload is not None:
            found.setdefault(row.revision_of, []).append(payload.document(row.payload))
    for texts in found.values():
        texts.sort(key=lambda one: (one.fetched_at, one.id))
    return found


def decisions(connection: Connection, ids: Iterable[str]) -> dict[str, Decision]:
    """What was last decided about these documents, those that have left the window included."""
    return {row.id: decision_of(row) for row in rows_of(connection, schema.documents, schema.documents.c.id, ids)}


def decision_of(row: sa.Row[tuple[object, ...]]) -> Decision:
    """The decision on a row of the documents."""
    values = row._mapping
    return Decision(
        id=values["id"],
        cluster_id=values["cluster_id"],
        duplicate_of=values["duplicate_of"],
        relation=values["relation"],
        similarity=values["similarity"],
        kept_because=tuple(values["kept_because"]),
    )


def candidates(
    connection: Connection, wanted: Mapping[str, Sequence[int]], *, limit: int, without: Collection[str] = ()
) -> dict[str, list[Sketch]]:
    """For each document, by its bands, the documents of the window that share one with it; itself never.

    without: further ids that are no candidates. limit: the nearest so many are loaded, see nearest.py.
    """
    numbers = _numbers(connection, {*wanted, *without})
    apart = [numbers[one] for one in without if one in numbers]
    names = list(wanted)
    found = [Wanted(number=numbers.get(one, 0), bands=wanted[one]) for one in names]
    chosen = nearest.of(connection, found, limit=limit, apart=apart)
    loaded = dict(_sketches(connection, {number for each in chosen.values() for number in each}))
    return {
        one: sorted((loaded[number] for number in chosen.get(place, ())), key=lambda sketch: sketch.id)
        for place, one in enumerate(names)
    }


def component(connection: Connection, ids: Iterable[str]) -> tuple[list[Sketch], list[Edge]]:
    """Every document that edges join to these, at any distance, and all edges among them."""
    reached, fresh = set(ids), set(ids)
    edges: dict[tuple[str, str], Edge] = {}
    while fresh:
        ends: set[str] = set()
        for column in (schema.edges.c.a, schema.edges.c.b):
            for row in rows_of(connection, schema.edges, column, sorted(fresh)):
                edges[row.a, row.b] = Edge(**row._mapping)
                ends.update((row.a, row.b))
        fresh = ends - reached
        reached |= fresh
    rows = rows_of(connection, schema.sketches, schema.sketches.c.id, sorted(reached))
    found = sorted((payload.sketch(row.payload) for row in rows), key=lambda one: one.id)
    return found, [edges[key] for key in sorted(edges)]


def drop(connection: Connection, ids: Iterable[str]) -> None:
    """Take documents out of the index: their sketches, bands and edges."""
    wanted = list(dict.fromkeys(ids))
    for row in list(rows_of(connection, schema.sketches, schema.sketches.c.id, wanted)):
        _drop_bands(connection, row.number, row.bands)
    for column in (schema.sketches.c.id, schema.edges.c.a, schema.edges.c.b):
        delete = sa.delete(column.table).where(column == sa.bindparam("gone"))
        if wanted:
            connection.execute(delete, [{"gone": one} for one in wanted])


def index(
    connection: Connection, sketches: Sequence[Sketch], bands: Mapping[str, Sequence[int]], edges: Sequence[Edge]
) -> None:
    """Put documents into the index. One that is there unchanged is left alone; a changed one is put in anew."""
    before = {
        row.id: row for row in rows_of(connection, schema.sketches, schema.sketches.c.id, (s.id for s in sketches))
    }
    changed = []
    for sketch in {one.id: one for one in sketches}.values():
        packed = _packed(bands.get(sketch.id, ()))
        row = {"id": sketch.id, "fetched_at": sketch.fetched_at, "bands": packed, "payload": payload.encode(sketch)}
        old = before.get(sketch.id)
        if old is None:
            changed.append(row)
        elif (old.bands, old.payload) != (packed, row["payload"]):
            _drop_bands(connection, old.number, old.bands)
            connection.execute(sa.delete(schema.sketches).where(schema.sketches.c.id == sketch.id))
            changed.append(row)
    if changed:
        _insert(connection, changed)
    if edges:
        rows = [{name: getattr(edge, name) for name in Edge.__dataclass_fields__} for edge in edges]
        connection.execute(upsert(schema.edges, connection), rows)


def commits(connection: Connection) -> int:
    """How many commits have changed documents. Decisions made at another count may not know of all of them."""
    found = connection.execute(sa.select(schema.meta.c.value).where(schema.meta.c.name == _COMMITS)).scalar()
    return int(found or 0)


def count_commit(connection: Connection) -> None:
    """Count a commit that changes documents."""
    values = {"name": _COMMITS, "value": str(commits(connection) + 1)}
    connection.execute(upsert(schema.meta, connection), values)


def indexed(connection: Connection) -> set[str]:
    """The ids of all documents in the index."""
    return set(connection.execute(sa.select(schema.sketches.c.id)).scalars())


def newest(connection: Connection) -> str | None:
    """The moment of the newest capture in the index; None when it is empty."""
    return connection.execute(sa.select(sa.func.max(schema.sketches.c.fetched_at))).scalar_one_or_none()


def expire(connection: Connection, before: str) -> int:
    """Take documents captured before that moment out of the index, and drop their texts; how many there were.

    A text that has still to be handed on to a store is kept until it is.
    """
    columns = schema.sketches.c
    old = list(connection.execute(sa.select(columns.id).where(columns.fetched_at < before)).scalars())
    for start in range(0, len(old), _AT_ONCE):
        drop(connection, old[start : start + _AT_ONCE])
    documents = schema.documents.c
    old_texts = (documents.fetched_at < before) & documents.payload.is_not(None)
    handed_on = documents.id.not_in(sa.select(schema.outbox.c.id))
    connection.execute(sa.update(schema.documents).where(old_texts, handed_on).values(payload=None))
    return len(old)


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Sketches with their bands. Bands go in by their order, which is the order of the table's pages."""
    last = connection.execute(sa.select(sa.func.max(schema.sketches.c.number))).scalar_one() or 0
    numbered = [{**row, "number": last + step} for step, row in enumerate(rows, 1)]
    connection.execute(sa.insert(schema.sketches), numbered)
    pairs = sorted((band, row["number"]) for row in numbered for band in _unpacked(row["bands"]))
    if pairs:
        insert_numbers(schema.bands, connection, pairs)


def _drop_bands(connection: Connection, number: int, packed: bytes) -> None:
    columns = schema.bands.c
    delete = sa.delete(schema.bands).where(columns.band == sa.bindparam("gone"), columns.number == number)
    gone = [{"gone": band} for band in _unpacked(packed)]
    if gone:
        connection.execute(delete, gone)


def _numbers(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    return {row.id: row.number for row in rows_of(connection, schema.sketches, schema.sketches.c.id, ids)}


def _sketches(connection: Connection, numbers: Collection[int]) -> Iterable[tuple[int, Sketch]]:
    number = schema.sketches.c.number
    query = sa.select(number, schema.sketches.c.payload).where(number.in_(sa.bindparam("keys", expanding=True)))
    remaining = iter(sorted(numbers))
    while portion := list(islice(remaining, _AT_ONCE)):
        for row in connection.execute(query, {"keys": portion}):
            yield row[0], payload.sketch(row[1])


def _packed(numbers: Sequence[int]) -> bytes:
    return array("q", sorted(set(numbers))).tobytes()


def _unpacked(packed: bytes) -> "array[int]":
    return array("q", packed)
