"""How a stream stands, in words for a person: what it has before it, what it has done, and how fast."""

import contextlib
import datetime
import math
from collections.abc import Callable

from newsbeam.connectors.state import lags
from newsbeam.connectors.state.errors import StateError
from newsbeam.connectors.state.standing import Standing
from newsbeam.connectors.state.state import State
from newsbeam.pipelines.job import Job


def line(standing: Standing) -> str:
    """One line: the frontier, the feeds, what the stores hold, and how long new records took to come in."""
    held = ", ".join(f"{name} {count}" for name, count in standing.held.items())
    parts = [
        f"frontier {standing.pending} ({standing.claimed} under way)",
        f"feeds due {standing.feeds_due} of {standing.feeds}",
        held,
    ]
    if standing.retries:
        parts.append(f"to be tried again {standing.retries}")
    if standing.feeds_failing:
        parts.append(f"feeds failing {standing.feeds_failing}")
    half, most = (seconds(standing, share) for share in (0.5, 0.95))
    if half is not None and most is not None:
        parts.append(f"stored within {half} s (95 of 100: {most} s)")
    return ", ".join(parts)


def seconds(standing: Standing, share: float) -> str | None:
    """Seconds within which that share of the records came in, rounded up to a step; None before the first one."""
    found = lags.quantile(standing.lags, share)
    return None if found is None else f"{found:g}" if found < math.inf else f"more than {lags.STEPS[-1]}"


def told_of(job: Job, state: State) -> Callable[[float], str]:
    """What a display shows of a stream under way; nothing new while the state does not answer."""
    last = ["the state has not answered yet"]

    def told(_elapsed: float) -> str:
        with contextlib.suppress(StateError):
            last[0] = line(state.standing(job.epoch, datetime.datetime.now(datetime.UTC)))
        return last[0]

    return told
