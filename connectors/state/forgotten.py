"""What was forgotten and must not come in again: articles by their ids, sites by their names.

What is forgotten is noted before it is taken out of the stores, and a mark stays until it is out of all of them, so
that a process that is killed on the way is followed by one that goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import urls
from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import insert_or, upsert

FATE = "forgotten"
"""The fate of an entry of the frontier whose article was forgotten: it is known, and nothing is kept of it."""

_PENDING = "forgetting"
_AT_ONCE = 500
Kind = Literal["url", "site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What is not to be held. ids: of articles. sites: registered domains and hosts, with all below them."""

    ids: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.ids or self.sites)

    def covers(self, url: str | None, own: str | None = None) -> bool:
        """Whether the record at an address, or under an id of its own, is forgotten."""
        if own is not None and own in self.ids:
            return True
        return url is not None and (
            (bool(self.ids) and urls.article_id(url) in self.ids) or not self.sites.isdisjoint(names(url))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that is kept out. since: ISO 8601, UTC."""

    kind: Kind
    value: str
    since: str


def names(url: str) -> list[str]:
    """The host of an address and the domains above it, the longest first; none without a host."""
    try:
        host = (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError:
        return []
    if not host or ":" in host or host.replace(".", "").isdigit():
        return [host] if host else []
    parts = host.split(".")
    return [".".join(parts[at:]) for at in range(len(parts))]


def note(connection: Connection, forgotten: Forgotten, since: str) -> None:
    """Note what is forgotten; what was noted before keeps its time. Its removal is under way from now on."""
    rows = [{"kind": "url", "value": one, "since": since} for one in sorted(forgotten.ids)]
    rows += [{"kind": "site", "value": one, "since": since} for one in sorted(forgotten.sites)]
    if rows:
        connection.execute(insert_or(schema.forgotten, connection).on_conflict_do_nothing(), rows)
        connection.execute(upsert(schema.meta, connection), {"name": _PENDING, "value": since})


def is_pending(connection: Connection) -> bool:
    """Whether a removal was begun and not brought to its end."""
    query = sa.select(schema.meta.c.value).where(schema.meta.c.name == _PENDING)
    return connection.execute(query).first() is not None


def end(connection: Connection) -> None:
    """Note that nothing of what is forgotten is left in any store."""
    connection.execute(sa.delete(schema.meta).where(schema.meta.c.name == _PENDING))


def undo(connection: Connection, forgotten: Forgotten) -> int:
    """Let things come in again; how many of them were kept out. Entries that were marked are as if never seen."""
    columns, found = schema.forgotten.c, 0
    for kind, values in (("url", forgotten.ids), ("site", forgotten.sites)):
        for value in sorted(values):
            mine = sa.delete(schema.forgotten).where(columns.kind == kind, columns.value == value)
            found += connection.execute(mine).rowcount
    if found:
        connection.execute(sa.delete(schema.frontier).where(schema.frontier.c.fate == FATE))
    return found


def listed(connection: Connection) -> list[Note]:
    """Everything that is kept out, by kind and value."""
    columns = schema.forgotten.c
    rows = connection.execute(sa.select(schema.forgotten).order_by(columns.kind, columns.value))
    return [Note(**row._mapping) for row in rows]


def everything(connection: Connection) -> Forgotten:
    """All that is kept out."""
    notes = listed(connection)
    return Forgotten(
        ids=frozenset(one.value for one in notes if one.kind == "url"),
        sites=frozenset(one.value for one in notes if one.kind == "site"),
    )


def among(connection: Connection, ids: Iterable[str], addresses: Iterable[str]) -> Forgotten:
    """That part of what is kept out which could concern records under these ids and addresses."""
    if connection.execute(sa.select(schema.forgotten.c.kind).limit(1)).first() is None:
        return Forgotten()
    found = list(addresses)
    wanted = {*ids, *(urls.article_id(url) for url in found), *(name for url in found for name in names(url))}
    query = sa.select(schema.forgotten).where(schema.forgotten.c.value.in_(sa.bindparam("values", expanding=True)))
    rows: list[sa.Row[tuple[str, str, str]]] = []
    remaining = iter(sorted(wanted))
    while portion := list(islice(remaining, _AT_ONCE)):
        rows += connection.execute(query, {"values": portion}).all()
    return Forgotten(
        ids=frozenset(row.value for row in rows if row.kind == "url"),
        sites=frozenset(row.value for row in rows if row.kind == "site"),
    )
