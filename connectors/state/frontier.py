"""The frontier: every entry that a feed announced, from its first sighting to its fate."""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import times, urls
from newsbeam.connectors.state import accounts, forgotten, payload, schema
from newsbeam.connectors.state.accounts import Amounts
from newsbeam.connectors.state.announced import Announced, clocks
from newsbeam.connectors.state.engine import upsert
from newsbeam.records import Entry, Rejected

PENDING = "pending"
_AT_ONCE = 500
_REVISES = -1
"""In the place of the epoch that claimed a pending entry: it waits for the second time, because its feed changed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollCount:
    """What a poll's entries were. recovered: a rejected row stands for the feed, to go if this poll was good."""

    new: int
    known: int
    recovered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How an entry stands. pending: without a fate.

    published: what waits, as its feed says: the later of publication and update; None without, or with a fate.
    """

    pending: bool
    first_seen: str
    published: str | None


def announce(
    connection: Connection, found: Sequence[Entry | Rejected], *, epoch: int, now: datetime.datetime
) -> tuple[int, int, int]:
    """Note what a feed announced: (new, known, unseen). New ones become pending; known ones are counted as skipped.
    unseen: how many of the keys no feed had announced before.

    A key that several feeds announce, or one feed several times, waits once, as its smallest announcement: the order of
    polls does not matter. One that an earlier epoch left pending counts as seen in this one. What was forgotten (an
    entry without an address goes by its feed's) is counted, and leaves nothing here.

    One that is settled waits again where the feed that it was taken from dates its update later than it was: its page
    is a revision. Where a feed dates many so at the same second, it says nothing of them, and they stay known.
    """
    amounts, known, moment = Amounts(), 0, times.utc(now)
    rows = _known(connection, [one.origin.key for one in found], epoch)
    unseen = len({one.origin.key for one in found} - rows.keys())
    clock = clocks(rows, found)
    out = forgotten.among(connection, (), (one.url or one.origin.source for one in found))
    for one in found:
        accounts.saw(amounts, one.origin.kind, one.origin.source)
        if out and out.covers(one.url or one.origin.source):
            accounts.skipped(amounts, one.origin, "forgotten")
            known += 1
            continue
        row = rows.get(one.origin.key)
        if row is None:
            rows[one.origin.key] = Announced(one, one.origin.source, moment, 0, epoch, changed=True)
            continue
        if row.is_revised_by(one) and isinstance(one, Entry) and one.updated not in clock:
            row.reopen(one, epoch, moment)
            continue
        repeated = row.meet(one, epoch)
        if repeated is not None:
            accounts.skipped(amounts, repeated.origin, "known")
            known += 1
    _write(connection, {key: row for key, row in rows.items() if row.changed})
    accounts.add(connection, epoch, amounts)
    return len(found) - known, known, unseen


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
        published = _stated(one) if isinstance(one, Entry) else None
        found[row.key] = Known(pending=one is not None, first_seen=row.first_seen, published=published)
    return found


def _stated(entry: Entry) -> str | None:
    moments = [date for date in (entry.published, entry.updated) if date and date.endswith("Z")]
    return max(moments, default=entry.published)


def move(connection: Connection, fates: Mapping[str, str]) -> None:
    """Give entries that are settled the fate that their record has by now; one that waits again stays as it is."""
    columns = schema.frontier.c
    settled = (columns.fate == "article") | (columns.fate == "duplicate")
    moved = sa.update(schema.frontier).where(columns.key == sa.bindparam("settled"), settled)
    rows = [{"settled": key, "became": fate} for key, fate in fates.items()]
    if rows:
        connection.execute(moved.values(fate=sa.bindparam("became")), rows)


def settle(connection: Connection, fates: Mapping[str, str], rejected: Mapping[str, Rejected], *, epoch: int) -> None:
    """Give entries their fate. A rejected one keeps what is needed to take it up again: a later epoch does so at
    `retry_at`, and a replay of what is final. What a poll found wrong would be as wrong again, and keeps nothing.

    What an earlier epoch took up, and an engine that resumed has brought to its end in this one, counts as seen here.
    Of an entry that is settled for good the date of its update stays, by which a revision is told.
    """
    stays = _see(connection, [*fates, *rejected], epoch)
    columns = schema.frontier.c
    one = sa.update(schema.frontier).where(columns.key == sa.bindparam("settled"))
    dated = sa.bindparam("dated", type_=sa.LargeBinary)
    final = one.values(fate=sa.bindparam("became"), payload=dated, retry_at=None)
    if fates:
        settled = [
            {"settled": key, "became": fate, "dated": stays.get(key, _NOTHING).dated} for key, fate in fates.items()
        ]
        connection.execute(final, settled)
    again = sa.bindparam("again", type_=sa.Text)
    tried = one.values(
        fate="rejected",
        attempts=columns.attempts + sa.bindparam("tries"),
        retry_at=again,
        payload=sa.case((sa.bindparam("kept", type_=sa.Boolean), columns.payload), else_=dated),
    )
    rows = [_try(row, stays.get(key, _NOTHING)) | {"settled": key} for key, row in rejected.items()]
    if rows:
        connection.execute(tried, rows)


def rows_of(connection: Connection, table: sa.Table, column: Any, keys: Iterable[str]) -> Iterator[Any]:
    """The table's rows whose column is one of the keys, asked for in portions that every database takes."""
    query = sa.select(table).where(column.in_(sa.bindparam("keys", expanding=True)))
    remaining = iter(dict.fromkeys(keys))
    while portion := list(islice(remaining, _AT_ONCE)):
        yield from connection.execute(query, {"keys": portion})


class _Stays(NamedTuple):
    """What the frontier holds of an entry that is settled. whole: all that a further try needs. dated: the payload that
    tells its update alone."""

    whole: bool
    dated: bytes | None


_NOTHING = _Stays(whole=False, dated=None)


def _try(row: Rejected, stays: _Stays) -> dict[str, object]:
    """What a try that came to a rejected row leaves in the frontier."""
    kept = stays.whole and (row.retry_at is not None or row.stage != "poll")
    again = row.retry_at if stays.whole else None
    return {"tries": row.attempts, "again": again, "kept": kept, "dated": stays.dated}


def _see(connection: Connection, keys: Iterable[str], epoch: int) -> dict[str, _Stays]:
    """Count pending entries as seen in this epoch that were seen in an earlier one only; what is to stay of each."""
    amounts, unseen, stays = Amounts(), [], dict[str, _Stays]()
    for row in rows_of(connection, schema.frontier, schema.frontier.c.key, keys):
        stays[row.key] = _Stays(whole=payload.is_whole(row.payload), dated=_dated(row.payload))
        if row.fate == PENDING and row.seen_epoch != epoch:
            accounts.saw(amounts, "feed", row.feed_url)
            unseen.append({"unseen": row.key})
    if unseen:
        mark = sa.update(schema.frontier).where(schema.frontier.c.key == sa.bindparam("unseen"))
        connection.execute(mark.values(seen_epoch=epoch), unseen)
        accounts.add(connection, epoch, amounts)
    return stays


def _dated(kept: bytes | None) -> bytes | None:
    found = payload.date_of(kept)
    return payload.date(found) if found else None


def _known(connection: Connection, keys: Iterable[str], epoch: int) -> dict[str, Announced]:
    """The rows of the keys that were announced before."""
    known = {}
    for row in rows_of(connection, schema.frontier, schema.frontier.c.key, keys):
        waiting = row.fate == PENDING and row.claimed_epoch != epoch
        found = payload.entry_or_rejected(row.payload) if waiting else None
        known[row.key] = Announced(found, row.feed_url, row.first_seen, row.attempts, row.seen_epoch)
        known[row.key].revises = waiting and row.claimed_epoch == _REVISES
        if row.fate not in (PENDING, forgotten.FATE) and row.retry_at is None:
            known[row.key].settled = payload.date_of(row.payload) or row.first_seen
    return known


def _write(connection: Connection, rows: Mapping[str, Announced]) -> None:
    values = [_values(row.found, row) for row in rows.values() if row.found is not None]
    if values:
        connection.execute(upsert(schema.frontier, connection), values)


def _values(found: Entry | Rejected, row: Announced) -> dict[str, object]:
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
        "claimed_epoch": _REVISES if row.revises else 0,
        "claimed_until": None,
    }
