"""Feeds as a person watches them: each with its health, and which of them may have been polled too seldom."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.health import NAMES, Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A feed of the state. wanted: by the last run that had feeds. next_poll, interval_s: as the last poll chose them.

    next_allowed: before which its server asked not to be asked; None without.
    """

    url: str
    title: str | None
    wanted: bool
    next_poll: str | None
    next_allowed: str | None
    interval_s: float | None
    health: Health


_OWN = ("url", "title", "next_poll", "next_allowed", "interval_s")


def all_feeds(connection: Connection) -> list[Watched]:
    """Every feed that was subscribed to, now or in an earlier run, by address."""
    feeds = schema.feeds.c
    latest = connection.execute(sa.select(sa.func.max(feeds.wanted_epoch))).scalar()
    query = sa.select(feeds.wanted_epoch, *(feeds[name] for name in (*_OWN, *NAMES))).order_by(feeds.url)
    found = []
    for row in connection.execute(query):
        values = row._mapping
        health = Health(**{name: values[name] for name in NAMES})
        own = {name: values[name] for name in _OWN}
        found.append(Watched(**own, wanted=row.wanted_epoch == latest, health=health))
    return sorted(found, key=lambda one: one.url)  # databases sort text in ways of their own


def gaps(connection: Connection, epoch: int) -> list[str]:
    """The addresses of feeds that a poll of this epoch shared no entry with the one before of."""
    feeds = schema.feeds.c
    return sorted(connection.execute(sa.select(feeds.url).where(feeds.gap_epoch == epoch)).scalars())
