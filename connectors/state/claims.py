"""Claims: which entries of the frontier are under way, in which epoch, and until when their worker is believed in."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import times
from newsbeam.connectors.state import accounts, payload, schema
from newsbeam.connectors.state.accounts import Amounts
from newsbeam.connectors.state.frontier import PENDING, rows_of
from newsbeam.records import Entry, Rejected

_NOT_CLAIMED = {"claimed_epoch": 0, "claimed_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits in the frontier. pending: without a fate. claimed: of these, under way. oldest: when the first pending
    one was first seen; None where nothing is. retries: rejected for now, to be tried again."""

    pending: int
    claimed: int
    oldest: str | None
    retries: int


def claim(
    connection: Connection,
    *,
    limit: int,
    host_share: int,
    again: bool,
    epoch: int,
    now: datetime.datetime,
    until: datetime.datetime | None = None,
    most: int | None = None,
) -> list[Entry | Rejected]:
    """Take up pending entries and due retries, many hosts before many of one host; marked as claimed by this epoch.

    host_share: entries of one host at most, those claimed earlier and not settled included. again: take up also what
    this same epoch has tried before, once it is due; it is counted as seen again. A retry that is taken up is pending,
    so that the next epoch finds it if this one does not settle it. until: when an entry that is not settled may be
    taken up again, since its worker must be gone; None: not in this epoch. most: entries under way at a time.
    """
    if most is not None:
        limit = min(limit, most - under_way(connection, epoch, now))
    if limit <= 0:
        return []
    columns = schema.frontier.c
    rank = sa.func.row_number().over(partition_by=columns.host, order_by=columns.key).label("rank")
    ranked = sa.select(columns.key, columns.host, rank).where(_takeable(epoch, now, again=again)).subquery()
    entries = sa.func.count().label("entries")
    busy = sa.select(columns.host, entries).where(_under_way(epoch, now)).group_by(columns.host).subquery()
    chosen = (
        sa.select(ranked.c.key)
        .join_from(ranked, busy, ranked.c.host == busy.c.host, isouter=True)
        .where(ranked.c.rank <= host_share - sa.func.coalesce(busy.c.entries, 0))
        .order_by(ranked.c.rank, ranked.c.key)
        .limit(limit)
    )
    keys = list(connection.execute(chosen).scalars())
    amounts, taken = Amounts(), {}
    for row in rows_of(connection, schema.frontier, columns.key, keys):
        one = payload.entry_or_rejected(row.payload)
        if row.seen_epoch != epoch or row.fate != PENDING:
            accounts.saw(amounts, one.origin.kind, one.origin.source)
        taken[row.key] = (
            replace(one, attempts=row.attempts, first_seen=row.first_seen) if isinstance(one, Entry) else one
        )
    mark = sa.update(schema.frontier).where(columns.key == sa.bindparam("taken"))
    end = times.utc(until) if until else None
    claimed = mark.values(claimed_epoch=epoch, claimed_until=end, seen_epoch=epoch, fate=PENDING, retry_at=None)
    if keys:
        connection.execute(claimed, [{"taken": key} for key in keys])
    accounts.add(connection, epoch, amounts)
    return [taken[key] for key in keys]


def give_back(connection: Connection, keys: Sequence[str], *, epoch: int) -> None:
    """Let go of claimed entries whose work was not begun: they are taken up again in their turn."""
    columns = schema.frontier.c
    mine = (columns.key == sa.bindparam("given")) & (columns.claimed_epoch == epoch) & (columns.fate == PENDING)
    if keys:
        update = sa.update(schema.frontier).where(mine).values(**_NOT_CLAIMED)
        connection.execute(update, [{"given": key} for key in keys])


def free(connection: Connection, epoch: int) -> int:
    """Let go of every entry that the epoch has claimed and not settled; how many there were."""
    mine = sa.update(schema.frontier).where(_under_way(epoch, None))
    return connection.execute(mine.values(**_NOT_CLAIMED)).rowcount


def under_way(connection: Connection, epoch: int, now: datetime.datetime | None = None) -> int:
    """How many entries are claimed and not settled. now: those left out whose worker is taken to be gone by then."""
    return _count(connection, _under_way(epoch, now))


def claimable(connection: Connection, *, epoch: int, now: datetime.datetime) -> int:
    """How many could be claimed now."""
    return _count(connection, _takeable(epoch, now, again=False))


def waiting(connection: Connection, epoch: int, now: datetime.datetime) -> Waiting:
    """What waits, told in one pass over the index."""
    columns, is_pending = schema.frontier.c, schema.frontier.c.fate == PENDING
    sums = [
        sa.func.coalesce(sa.func.sum(sa.case((one, 1), else_=0)), 0)
        for one in (is_pending, sa.and_(is_pending, _is_claimed(epoch, now)), sa.not_(is_pending))
    ]
    oldest = sa.func.min(sa.case((is_pending, columns.first_seen)))
    row = connection.execute(sa.select(*sums, oldest).where(schema.waiting)).one()
    return Waiting(pending=int(row[0]), claimed=int(row[1]), oldest=row[3], retries=int(row[2]))


def pending(connection: Connection) -> int:
    """How many entries have no fate yet."""
    return _count(connection, sa.and_(schema.waiting, schema.frontier.c.fate == PENDING))


def _count(connection: Connection, which: Any) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(schema.frontier).where(which)).scalar_one())


def _takeable(epoch: int, now: datetime.datetime, *, again: bool) -> Any:
    columns = schema.frontier.c
    may_retry = sa.or_(columns.claimed_epoch != epoch, sa.literal(again))
    due = sa.and_(columns.fate == "rejected", columns.retry_at <= times.utc(now), may_retry)
    free_now = sa.and_(columns.fate == PENDING, sa.not_(_is_claimed(epoch, now)))
    return sa.and_(schema.waiting, sa.or_(free_now, due))


def _under_way(epoch: int, now: datetime.datetime | None) -> Any:
    return sa.and_(schema.waiting, schema.frontier.c.fate == PENDING, _is_claimed(epoch, now))


def _is_claimed(epoch: int, now: datetime.datetime | None) -> Any:
    """Whether this epoch has claimed the entry, and its worker is not taken to be gone."""
    columns = schema.frontier.c
    mine = columns.claimed_epoch == epoch
    if now is None:
        return mine
    return sa.and_(mine, sa.or_(columns.claimed_until.is_(None), columns.claimed_until >= times.utc(now)))
