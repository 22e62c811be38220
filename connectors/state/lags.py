"""Lag: how long it took from a story's publication until it was in every store, counted in steps.

A stream answers for what was published while it ran, from the moment that the feed states; for all else (what a feed
held before, or dates by the day only) from the poll that found it.
"""

import datetime
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam import times
from newsbeam.connectors.state import schema
from newsbeam.connectors.state.accounts import KEPT_EPOCHS
from newsbeam.connectors.state.engine import insert_or

STEPS = (1, 2, 3, 5, 8, 10, 13, 15, 20, 30, 60, 120, 300, 600, 1800, 3600)
"""Upper ends in seconds."""

BEYOND = -1


def since(*, first_seen: str, published: str | None, started: str | None) -> datetime.datetime:
    """From when an entry's lag counts. published: by its feed. started: when the stream began, None if not known.

    Raises:
        ValueError: first_seen is no moment.
    """
    found = times.parse(first_seen)
    if found is None:
        raise ValueError(f"{first_seen!r} is no moment")
    stated = times.parse(published) if published is not None and published.endswith("Z") else None
    began = times.parse(started) if started is not None else None
    return stated if stated is not None and began is not None and began <= stated <= found else found


def step(seconds: float) -> int:
    """The upper end of the step that a lag falls into; BEYOND the last one."""
    place = bisect_left(STEPS, seconds)
    return STEPS[place] if place < len(STEPS) else BEYOND


def quantile(counts: Mapping[int, int], q: float) -> float | None:
    """The seconds within which the share q (0 to 1) of all lags lies: a step's end, infinite beyond the last one.

    None where nothing was counted.
    """
    total, within = sum(counts.values()), 0
    for end in STEPS:
        within += counts.get(end, 0)
        if total and within >= q * total:
            return float(end)
    return math.inf if total else None


def add(connection: Connection, epoch: int, starts: Iterable[datetime.datetime], now: datetime.datetime) -> None:
    """Count the lags of what has come into the stores now; one that would be negative is none."""
    counts = Counter(step(max(0.0, (now - start).total_seconds())) for start in starts)
    if not counts:
        return
    insert = insert_or(schema.lags, connection)
    total = schema.lags.c["count"] + insert.excluded["count"]
    rows = [{"epoch": epoch, "seconds": end, "count": count} for end, count in sorted(counts.items())]
    connection.execute(insert.on_conflict_do_update(index_elements=["epoch", "seconds"], set_={"count": total}), rows)


def of_epoch(connection: Connection, epoch: int) -> dict[int, int]:
    """How many lags of an epoch fell into each step; -1 is beyond the last one."""
    columns = schema.lags.c
    query = sa.select(columns.seconds, columns["count"]).where(columns.epoch == epoch)
    return {row.seconds: row[1] for row in connection.execute(query.order_by(columns.seconds))}


def forget(connection: Connection, epoch: int) -> None:
    """Drop the lags of epochs long past."""
    connection.execute(sa.delete(schema.lags).where(schema.lags.c.epoch <= epoch - KEPT_EPOCHS))
