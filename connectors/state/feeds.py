"""Feeds in the state: subscriptions, validators, health, and whose turn it is."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import times
from newsbeam.connectors.state import health, sameness, schema
from newsbeam.connectors.state.engine import insert_or
from newsbeam.connectors.state.health import Health
from newsbeam.records import Feed, Poll, Rejected

NextPoll = datetime.datetime | Callable[[Health], datetime.datetime]

_FEED = tuple(Feed.__dataclass_fields__)
_NOT_TAKEN = {"taken_epoch": 0, "taken_until": None}


def subscribe(connection: Connection, feeds: Sequence[Feed], epoch: int) -> None:
    """Add unknown feeds, and mark all of them as wanted in this epoch. A known feed keeps what its polls left."""
    insert = insert_or(schema.feeds, connection)
    wanted = insert.on_conflict_do_update(index_elements=["url"], set_={"wanted_epoch": insert.excluded.wanted_epoch})
    rows = [{name: getattr(feed, name) for name in _FEED} | {"wanted_epoch": epoch} for feed in feeds]
    if rows:
        connection.execute(wanted, rows)


def is_known(connection: Connection, url: str) -> bool:
    """Whether the address was read as a feed, in this or an earlier run."""
    feeds = schema.feeds.c
    read = (feeds.url == url) & feeds.last_success.is_not(None)
    return connection.execute(sa.select(feeds.url).where(read)).first() is not None


def take(
    connection: Connection,
    *,
    limit: int,
    due_only: bool,
    epoch: int,
    now: datetime.datetime,
    until: datetime.datetime | None = None,
    most: int | None = None,
) -> list[Feed]:
    """Feeds whose turn it is, marked as taken.

    due_only: those whose next poll is due and that are not being polled, the longest due first; otherwise every feed
    once in the epoch, by address. A feed whose server asked to wait is not taken before that time. until: when a feed
    whose poll has left no sign may be taken again; None: not in this epoch. most: feeds that may be taken at a time.
    """
    feeds = schema.feeds.c
    if most is not None:
        limit = min(limit, most - taken(connection, epoch, now))
    if limit <= 0:
        return []
    turn = [feeds.wanted_epoch == epoch, _is_free(epoch, now), _is_allowed(now)]
    turn.append(_is_due(now) if due_only else feeds.polled_epoch != epoch)
    order = [sa.func.coalesce(feeds.next_poll, ""), feeds.url] if due_only else [feeds.url]
    query = sa.select(*(feeds[name] for name in _FEED)).where(*turn).order_by(*order).limit(limit)
    found = [Feed(**row._mapping) for row in connection.execute(query)]
    mark = sa.update(schema.feeds).where(feeds.url == sa.bindparam("taken"))
    values = {"taken_epoch": epoch, "taken_until": times.utc(until) if until else None}
    if found:
        connection.execute(mark.values(**values), [{"taken": feed.url} for feed in found])
    return found


def taken(connection: Connection, epoch: int, now: datetime.datetime | None = None) -> int:
    """How many feeds are being polled. now: those left out whose worker is taken to be gone by then."""
    being = sa.and_(schema.feeds.c.taken_epoch == epoch, *([sa.not_(_is_free(epoch, now))] if now else []))
    return int(connection.execute(sa.select(sa.func.count()).select_from(schema.feeds).where(being)).scalar_one())


def counts(connection: Connection, epoch: int, now: datetime.datetime) -> tuple[int, int, int]:
    """Of the feeds wanted in an epoch: (how many, how many are due, how many have failed in their last poll)."""
    due = sa.case((sa.and_(_is_free(epoch, now), _is_allowed(now), _is_due(now)), 1), else_=0)
    failing = sa.case((schema.feeds.c.failures > 0, 1), else_=0)
    sums = (sa.func.count(), *(sa.func.coalesce(sa.func.sum(one), 0) for one in (due, failing)))
    row = connection.execute(sa.select(*sums).where(schema.feeds.c.wanted_epoch == epoch)).one()
    return int(row[0]), int(row[1]), int(row[2])


def give_back(connection: Connection, urls: Sequence[str], epoch: int) -> None:
    """Let go of feeds that were taken and not asked for."""
    feeds = schema.feeds.c
    mine = (feeds.url == sa.bindparam("given")) & (feeds.taken_epoch == epoch)
    if urls:
        connection.execute(sa.update(schema.feeds).where(mine).values(**_NOT_TAKEN), [{"given": one} for one in urls])


def free(connection: Connection, epoch: int) -> int:
    """Let go of every feed that the epoch has taken and not polled; how many there were."""
    mine = sa.update(schema.feeds).where(schema.feeds.c.taken_epoch == epoch)
    return connection.execute(mine.values(**_NOT_TAKEN)).rowcount


def record(
    connection: Connection,
    poll: Poll,
    failure: Rejected | None,
    *,
    new: int,
    epoch: int,
    now: datetime.datetime,
    next_poll: NextPoll,
    not_before: datetime.datetime | None,
) -> None:
    """Note what a poll left behind: validators, health, and when the feed may be asked again.

    new: how many of its entries were unknown. next_poll: a moment, or what chooses it by the health after this poll.
    """
    feed, columns = poll.feed, schema.feeds.c
    subscribe(connection, [feed], epoch)
    query = sa.select(*(columns[name] for name in health.NAMES)).where(columns.url == feed.url)
    before = Health(**connection.execute(query).one()._mapping)
    after = health.after(before, poll, failure, new=new, epoch=epoch, now=now)
    if failure is None:
        after = replace(after, same_as=sameness.found(connection, feed.url, after, epoch=epoch))
    elif before.failures == 0:
        sameness.give_up(connection, feed.url, now=now)
    at = next_poll(after) if callable(next_poll) else next_poll
    values: dict[str, object] = {
        **{name: getattr(after, name) for name in health.NAMES},
        "interval_s": (at - now).total_seconds(),
        "next_poll": times.utc(at),
        "next_allowed": times.utc(not_before) if not_before else None,
        **_NOT_TAKEN,
        "polled_epoch": epoch,
    }
    if failure is None:
        values |= {name: getattr(feed, name) for name in ("title", "etag", "last_modified", "body_hash")}
    connection.execute(sa.update(schema.feeds).where(columns.url == feed.url).values(**values))


def _is_free(epoch: int, now: datetime.datetime) -> Any:
    """Whether nobody polls the feed in this epoch, or nobody any more."""
    feeds = schema.feeds.c
    over = sa.and_(feeds.taken_until.is_not(None), feeds.taken_until < times.utc(now))
    return sa.or_(feeds.taken_epoch != epoch, over)


def _is_allowed(now: datetime.datetime) -> Any:
    """Whether the server did not ask to be left alone until later."""
    return sa.or_(schema.feeds.c.next_allowed.is_(None), schema.feeds.c.next_allowed <= times.utc(now))


def _is_due(now: datetime.datetime) -> Any:
    return sa.or_(schema.feeds.c.next_poll.is_(None), schema.feeds.c.next_poll <= times.utc(now))
