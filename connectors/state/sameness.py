"""Feeds that are one feed under two addresses: found by what answers, or by the address that both give themselves."""

import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import times
from newsbeam.connectors.sources import repeats
from newsbeam.connectors.state import schema
from newsbeam.connectors.state.health import Health

_LOOKED_AT = 200


def found(connection: Connection, url: str, health: Health, *, epoch: int) -> str | None:
    """The feed that stands for this one; None where it stands for itself. The others of its kind are told, too.

    The smallest address stands for all, as it does for an entry that several feeds announce. Only feeds wanted in this
    epoch count whose last poll went well, and of two that give themselves the same address, those with the same items:
    a site may print its main feed's address into all of its feeds.
    """
    feeds = schema.feeds.c
    alike = [feeds.answered_by == health.answered_by] if health.answered_by else []
    alike += [feeds.self_link == health.self_link] if health.self_link else []
    if not alike:
        return None
    wanted = sa.and_(feeds.wanted_epoch == epoch, feeds.failures == 0, feeds.url != url)
    query = sa.select(feeds.url, feeds.answered_by, feeds.item_keys, feeds.same_as).where(wanted, sa.or_(*alike))
    query = query.order_by(feeds.url).limit(_LOOKED_AT)
    same = {
        row.url: row.same_as
        for row in connection.execute(query)
        if row.answered_by == health.answered_by or repeats.are_alike(row.item_keys or b"", health.item_keys or b"")
    }
    first = min((url, *same))
    told = [{"alike": one} for one, known in same.items() if one != first and known != first]
    if told:
        mark = sa.update(schema.feeds).where(feeds.url == sa.bindparam("alike"))
        connection.execute(mark.values(same_as=first), told)
    return first if first != url else None


def give_up(connection: Connection, url: str, *, now: datetime.datetime) -> None:
    """The feed does not answer any more: those that it stood for stand for themselves, and are due at once."""
    theirs = sa.update(schema.feeds).where(schema.feeds.c.same_as == url)
    connection.execute(theirs.values(same_as=None, next_poll=times.utc(now)))
