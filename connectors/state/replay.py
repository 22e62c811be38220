"""Rejected rows, final ones too, given back to be taken up again by the next run, as if their time had come."""

import datetime
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import times, urls
from newsbeam.connectors.state import payload, schema
from newsbeam.connectors.state.frontier import PENDING, rows_of
from newsbeam.connectors.state.held import is_feed_itself
from newsbeam.records import Entry, Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows are meant; what is empty stands for all. hosts: names, with or without a port, in lower case."""

    reasons: Collection[str] = ()
    feeds: Collection[str] = ()
    hosts: Collection[str] = ()

    def covers(self, row: Rejected) -> bool:
        """Whether the row is meant."""
        if self.reasons and row.reason not in self.reasons:
            return False
        if self.feeds and row.feed_url not in self.feeds:
            return False
        host = urls.host(row.url or row.feed_url or "").lower()
        return not self.hosts or host in self.hosts or host.rpartition(":")[0] in self.hosts


@dataclass(slots=True, kw_only=True)
class Replay:
    """What becomes of the rows that are meant.

    entries: to be taken up, by key; the row of each. bare: of these, those of whose entry only the address is left,
    because an earlier version settled it. waiting: taken up by the next run in any case. feeds: of feeds as such, which
    each run asks. hopeless: entries whose feed gives no usable address. sources: (kind, source) of archives and files
    that are to be read again, and how many rows each has.
    """

    entries: dict[str, Rejected] = field(default_factory=dict)
    bare: dict[str, Entry] = field(default_factory=dict)
    waiting: int = 0
    feeds: int = 0
    hopeless: int = 0
    sources: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """How many entries are to be taken up for each reason, the most frequent first."""
        return Counter(row.reason for row in self.entries.values()).most_common()


def find(connection: Connection, wanted: Wanted) -> Replay:
    """The rows that are meant, by what can be done for them."""
    found = Replay()
    for kept in connection.execute(sa.select(schema.rejections.c.payload)).scalars():
        row = payload.rejected(kept)
        if not wanted.covers(row):
            continue
        if is_feed_itself(row):
            found.feeds += 1
        elif row.origin.kind != "feed":
            found.sources[row.origin.kind, row.origin.source] += 1
        elif row.stage == "poll":
            found.hopeless += 1
        else:
            found.entries[row.origin.key] = row
    _look_up(connection, found)
    return found


def mark(connection: Connection, found: Replay, *, now: datetime.datetime) -> None:
    """Have the entries taken up by whoever claims next, and the sources read from their beginning."""
    columns, inputs = schema.frontier.c, schema.inputs.c
    one = sa.update(schema.frontier).where(columns.key == sa.bindparam("again")).values(retry_at=times.utc(now))
    if found.entries:
        connection.execute(one, [{"again": key} for key in found.entries])
    if found.bare:
        told = one.values(payload=sa.bindparam("told"))
        connection.execute(told, [{"again": key, "told": payload.encode(entry)} for key, entry in found.bare.items()])
    source = sa.update(schema.inputs).where(inputs.kind == sa.bindparam("of"), inputs.source == sa.bindparam("named"))
    anew = source.values(position=0, records=0, done=False)
    if found.sources:
        connection.execute(anew, [{"of": kind, "named": name} for kind, name in found.sources])


def _look_up(connection: Connection, found: Replay) -> None:
    """Compare with the frontier: what waits already needs nothing, and what it has lost is made of the row."""
    standing = {row.key: row for row in rows_of(connection, schema.frontier, schema.frontier.c.key, found.entries)}
    for key, row in list(found.entries.items()):
        there = standing.get(key)
        if there is not None and there.fate == PENDING:
            found.waiting += 1
            del found.entries[key]
        elif there is None or there.fate != "rejected" or (not payload.is_whole(there.payload) and row.url is None):
            found.hopeless += 1
            del found.entries[key]
        elif not payload.is_whole(there.payload):
            found.bare[key] = Entry(key=key, feed_url=row.feed_url or row.origin.source, url=row.url)
