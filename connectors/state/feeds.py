"""Feeds in the state: subscriptions, validators, health, and whose turn it is."""

import datetime
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import times
from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import insert_or
from newsbeam.records import Feed, Poll, Rejected

_FEED = tuple(Feed.__dataclass_fields__)


def subscribe(connection: Connection, feeds: Sequence[Feed], epoch: int) -> None:
    """Add unknown feeds, and mark all of them as wanted in this epoch. A known feed keeps what its polls left."""
    insert = insert_or(schema.feeds, connection)
    wanted = insert.on_conflict_do_update(index_elements=["url"], set_={"wanted_epoch": insert.excluded.wanted_epoch})
    rows = [{name: getattr(feed, name) for name in _FEED} | {"wanted_epoch": epoch} for feed in feeds]
    if rows:
        connection.execute(wanted, rows)


def is_known(connection: Connection, url: str) -> bool:
    """Whether the address was subscribed to, now or in an earlier run."""
    return connection.execute(sa.select(schema.feeds.c.url).where(schema.feeds.c.url == url)).first() is not None


def take(connection: Connection, *, limit: int, due_only: bool, epoch: int, now: datetime.datetime) -> list[Feed]:
    """Feeds whose turn it is, marked as taken.

    due_only: those whose next poll is due and that are not being polled, the longest due first; otherwise every feed
    once in the epoch, by address. A feed whose server asked to wait is not taken before that time.
    """
    feeds, moment = schema.feeds.c, times.utc(now)
    turn = [feeds.wanted_epoch == epoch, sa.or_(feeds.next_allowed.is_(None), feeds.next_allowed <= moment)]
    if due_only:
        turn.append(sa.or_(feeds.next_poll.is_(None), feeds.next_poll <= moment))
        turn.append(feeds.taken_epoch != epoch)
    else:
        turn += [feeds.taken_epoch != epoch, feeds.polled_epoch != epoch]
    order = [sa.func.coalesce(feeds.next_poll, ""), feeds.url] if due_only else [feeds.url]
    query = sa.select(*(feeds[name] for name in _FEED)).where(*turn).order_by(*order).limit(limit)
    taken = [Feed(**row._mapping) for row in connection.execute(query)]
    mark = sa.update(schema.feeds).where(feeds.url == sa.bindparam("taken"))
    if taken:
        connection.execute(mark.values(taken_epoch=epoch), [{"taken": feed.url} for feed in taken])
    return taken


def give_back(connection: Connection, urls: Sequence[str], epoch: int) -> None:
    """Let go of feeds that were taken and not asked for."""
    feeds = schema.feeds.c
    mine = (feeds.url == sa.bindparam("given")) & (feeds.taken_epoch == epoch)
    if urls:
        connection.execute(sa.update(schema.feeds).where(mine).values(taken_epoch=0), [{"given": one} for one in urls])


def record(
    connection: Connection,
    poll: Poll,
    failure: Rejected | None,
    *,
    epoch: int,
    now: datetime.datetime,
    next_poll: datetime.datetime,
    not_before: datetime.datetime | None,
) -> None:
    """Note what a poll left behind: validators, health, and when the feed may be asked again."""
    feed, columns, moment = poll.feed, schema.feeds.c, times.utc(now)
    subscribe(connection, [feed], epoch)
    values: dict[str, object] = {
        "polls": columns.polls + 1,
        "next_poll": times.utc(next_poll),
        "next_allowed": times.utc(not_before) if not_before else None,
        "taken_epoch": 0,
        "polled_epoch": epoch,
    }
    if failure is None:
        values |= {name: getattr(feed, name) for name in ("title", "etag", "last_modified", "body_hash", "entries")}
        values |= {"failures": 0, "first_failed": None, "last_success": moment, "last_error": None}
    else:
        values["failures"] = columns.failures + 1
        values["first_failed"] = sa.func.coalesce(columns.first_failed, moment)
        values["last_error"] = f"{failure.reason}: {failure.detail}"
    connection.execute(sa.update(schema.feeds).where(columns.url == feed.url).values(**values))
