"""Standing: what a stream has before it and how it keeps up, read in one transaction."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from newsbeam.connectors.state import claims, feeds, held, history, lags


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an epoch stands at a moment.

    pending: entries without a fate. claimed: of these, under way, whose worker is not taken to be gone. oldest_pending:
    when the first of them was seen, None where none is. retries: entries rejected for now, to be tried again.
    feeds: wanted in this epoch. feeds_due: to be polled now, by nobody yet. feeds_failing: whose last poll failed.
    held: rows of each collection. lags: records of this epoch by the upper end of their lag's step, in seconds
    (lags.quantile reads it). commits: how many have changed documents, in all epochs.
    """

    pending: int
    claimed: int
    oldest_pending: str | None
    retries: int
    feeds: int
    feeds_due: int
    feeds_failing: int
    held: Mapping[str, int]
    lags: Mapping[int, int]
    commits: int


def standing(connection: Connection, epoch: int, now: datetime.datetime) -> Standing:
    """How the epoch stands now."""
    waiting = claims.waiting(connection, epoch, now)
    wanted, due, failing = feeds.counts(connection, epoch, now)
    return Standing(
        pending=waiting.pending,
        claimed=waiting.claimed,
        oldest_pending=waiting.oldest,
        retries=waiting.retries,
        feeds=wanted,
        feeds_due=due,
        feeds_failing=failing,
        held=held.counts(connection),
        lags=lags.of_epoch(connection, epoch),
        commits=history.commits(connection),
    )
