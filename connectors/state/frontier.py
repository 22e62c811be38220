"""The frontier: every entry that a feed announced, from its first sighting to its fate."""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import times, urls
from newsbeam.connectors.state import accounts, forgotten, payload, schema
from newsbeam.connectors.state.accounts import Amounts
from newsbeam.connectors.state.engine import upsert
from newsbeam.records import Entry, Rejected

PENDING = "pending"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PollCount:
    """What a poll's entries were. recovered: a rejected row stands for the feed, to go if this poll was good."""

    new: int
    known: int
    recovered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How an entry stands. pending: without a fate. published: as its feed says; None without, or with a fate."""

    pending: bool
    first_seen: str
    published: str | None


@dataclass(slots=True)
class _Row:
    """A row of the frontier while a poll is being noted. found: None when it is settled or taken up in this epoch."""

    found: Entry | Rejected | None
    first_seen: str
    attempts: int
    seen_epoch: int
    changed: bool = False

    def meet(self, one: Entry | Rejected, epoch: int) -> Entry | Rejected | None:
        """Take up another announcement of the key; the one of the two that is a repetition, None when neither is."""
        if self.found is None:
            return one
        counted, same_feed = self.seen_epoch == epoch, self.found.origin.source == one.origin.source
        fresher = same_feed and not counted
        if not fresher and _order(self.found) <= _order(one):
            return one
        earlier = self.found
        self.found, self.seen_epoch, self.changed = one, epoch, True
        return earlier if counted else None


def announce(
    connection: Connection, found: Sequence[Entry | Rejected], *, epoch: int, now: datetime.datetime
) -> tuple[int, int]:
    """Note what a feed announced: (new, known). New ones become pending; the rest are counted as skipped.

    A key that several feeds announce, or one feed several times, waits once, as its smallest announcement: the order of
    polls does not matter. One that an earlier epoch left pending counts as seen in this one. What was forgotten (an
    entry without an address goes by its feed's) is counted, and leaves nothing here.
    """
    amounts, known, moment = Amounts(), 0, times.utc(now)
    rows = _known(connection, [one.origin.key for one in found], epoch)
    out = forgotten.among(connection, (), (one.url or one.origin.source for one in found))
    for one in found:
        accounts.saw(amounts, one.origin.kind, one.origin.source)
        if out and out.covers(one.url or one.origin.source):
            accounts.skipped(amounts, one.origin, "forgotten")
            known += 1
            continue
        row = rows.get(one.origin.key)
        if row is None:
            rows[one.origin.key] = _Row(one, moment, 0, epoch, changed=True)
            continue
        repeated = row.meet(one, epoch)
        if repeated is not None:
            accounts.skipped(amounts, repeated.origin, "known")
            known += 1
    _write(connection, {key: row for key, row in rows.items() if row.changed})
    accounts.add(connection, epoch, amounts)
    return len(found) - known, known


def leave(connection: Connection, *, epoch: int) -> int:
    """How many entries an epoch that ends leaves pending. What it had not come to is counted as seen, as all else."""
    columns, amounts = schema.frontier.c, Amounts()
    pending = schema.waiting & (columns.fate == PENDING)
    unseen = sa.select(columns.key, columns.payload).where(pending, columns.seen_epoch != epoch)
    keys = []
    for row in connection.execute(unseen):
        origin = payload.entry_or_rejected(row.payload).origin
        accounts.saw(amounts, origin.kind, origin.source)
        keys.append({"left": row.key})
    if keys:
        mark = sa.update(schema.frontier).where(columns.key == sa.bindparam("left"))
        connection.execute(mark.values(seen_epoch=epoch), keys)
    accounts.add(connection, epoch, amounts)
    return int(connection.execute(sa.select(sa.func.count()).select_from(schema.frontier).where(pending)).scalar_one())


def known(connection: Connection, keys: Iterable[str]) -> dict[str, Known]:
    """Those of the keys that the frontier holds, and how each entry stands."""
    found = {}
    for row in rows_of(connection, schema.frontier, schema.frontier.c.key, keys):
        one = payload.entry_or_rejected(row.payload) if row.fate == PENDING else None
        published = one.published if isinstance(one, Entry) else None
        found[row.key] = Known(pending=one is not None, first_seen=row.first_seen, published=published)
    return found


def settle(connection: Connection, fates: Mapping[str, str], rejected: Mapping[str, Rejected], *, epoch: int) -> None:
    """Give entries their fate. A rejected one keeps what is needed to take it up again: a later epoch does so at
    `retry_at`, and a replay of what is final. What a poll found wrong would be as wrong again, and keeps nothing.

    What an earlier epoch took up, and an engine that resumed has brought to its end in this one, counts as seen here.
    """
    _see(connection, [*fates, *rejected], epoch)
    columns = schema.frontier.c
    one = sa.update(schema.frontier).where(columns.key == sa.bindparam("settled"))
    final = one.values(fate=sa.bindparam("became"), payload=None, retry_at=None)
    if fates:
        connection.execute(final, [{"settled": key, "became": fate} for key, fate in fates.items()])
    again = sa.bindparam("again", type_=sa.Text)
    tried = one.values(
        fate="rejected",
        attempts=columns.attempts + sa.bindparam("tries"),
        retry_at=sa.case((columns.payload.is_not(None), again)),
        payload=sa.case((sa.bindparam("kept", type_=sa.Boolean), columns.payload), else_=None),
    )
    rows = [
        {
            "settled": key,
            "tries": row.attempts,
            "again": row.retry_at,
            "kept": row.retry_at is not None or row.stage != "poll",
        }
        for key, row in rejected.items()
    ]
    if rows:
        connection.execute(tried, rows)


def rows_of(connection: Connection, table: sa.Table, column: Any, keys: Iterable[str]) -> Iterator[Any]:
    """The table's rows whose column is one of the keys, asked for in portions that every database takes."""
    query = sa.select(table).where(column.in_(sa.bindparam("keys", expanding=True)))
    remaining = iter(dict.fromkeys(keys))
    while portion := list(islice(remaining, _AT_ONCE)):
        yield from connection.execute(query, {"keys": portion})


def _see(connection: Connection, keys: Iterable[str], epoch: int) -> None:
    """Count pending entries as seen in this epoch that were seen in an earlier one only."""
    amounts, unseen = Amounts(), []
    for row in rows_of(connection, schema.frontier, schema.frontier.c.key, keys):
        if row.fate == PENDING and row.seen_epoch != epoch:
            accounts.saw(amounts, "feed", row.feed_url)
            unseen.append({"unseen": row.key})
    if unseen:
        mark = sa.update(schema.frontier).where(schema.frontier.c.key == sa.bindparam("unseen"))
        connection.execute(mark.values(seen_epoch=epoch), unseen)
        accounts.add(connection, epoch, amounts)


def _known(connection: Connection, keys: Iterable[str], epoch: int) -> dict[str, _Row]:
    """The rows of the keys that were announced before."""
    known = {}
    for row in rows_of(connection, schema.frontier, schema.frontier.c.key, keys):
        waiting = row.fate == PENDING and row.claimed_epoch != epoch
        found = payload.entry_or_rejected(row.payload) if waiting else None
        known[row.key] = _Row(found, row.first_seen, row.attempts, row.seen_epoch)
    return known


def _write(connection: Connection, rows: Mapping[str, _Row]) -> None:
    values = [_values(row.found, row) for row in rows.values() if row.found is not None]
    if values:
        connection.execute(upsert(schema.frontier, connection), values)


def _values(found: Entry | Rejected, row: _Row) -> dict[str, object]:
    return {
        "key": found.origin.key,
        "feed_url": found.origin.source,
        "host": urls.host(found.url or found.origin.source),
        "fate": PENDING,
        "payload": payload.encode(found),
        "attempts": row.attempts,
        "first_seen": row.first_seen,
        "retry_at": None,
        "seen_epoch": row.seen_epoch,
        "claimed_epoch": 0,
        "claimed_until": None,
    }


def _order(one: Entry | Rejected) -> tuple[str, bytes]:
    """What decides between two announcements of one key: the feed, then all that does not come from the clock."""
    steady = replace(one, first_seen="", last_seen="") if isinstance(one, Rejected) else replace(one, first_seen=None)
    return one.origin.source, payload.text(steady)
