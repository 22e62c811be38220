"""Lags: from when they count, their steps, and what is told of them."""

import datetime
import math
from collections.abc import Callable

import pytest

from newsbeam.connectors.state import lags
from newsbeam.connectors.state.accounts import KEPT_EPOCHS
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.commit import Settlement, commit
from tests.connectors.stores.fakes import NOW, article, document, later

FOUND, STARTED = "2026-11-20T12:00:00Z", "2026-11-20T08:00:00Z"


@pytest.mark.parametrize(
    ("published", "started", "counts_from"),
    [
        ("2026-11-20T11:59:50Z", STARTED, "2026-11-20T11:59:50Z"),
        (STARTED, STARTED, STARTED),
        ("2026-11-20T07:59:59Z", STARTED, FOUND),
        ("2026-11-20T12:00:01Z", STARTED, FOUND),
        ("2026-11-20T11:59:50", STARTED, FOUND),
        ("2026-11-20", STARTED, FOUND),
        ("not a dateZ", STARTED, FOUND),
        ("2026-11-20T11:59:50Z", None, FOUND),
        (None, STARTED, FOUND),
    ],
    ids=["while it ran", "as it began", "before it ran", "after it was found", "no zone", "a day", "none", "run", "un"],
)
def test_a_lag_counts_from_a_publication_that_the_stream_could_see(
    published: str | None, started: str | None, counts_from: str
) -> None:
    found = lags.since(first_seen=FOUND, published=published, started=started)
    assert found == datetime.datetime.fromisoformat(counts_from)


@pytest.mark.parametrize(
    ("seconds", "end"), [(0, 1), (1, 1), (1.01, 2), (4, 5), (15, 15), (15.5, 20), (3600, 3600), (3601, lags.BEYOND)]
)
def test_a_lag_falls_into_the_first_step_that_holds_it(seconds: float, end: int) -> None:
    assert lags.step(seconds) == end


def test_quantiles_are_ends_of_steps() -> None:
    counts = {2: 90, 15: 5, 60: 4, lags.BEYOND: 1}
    assert [lags.quantile(counts, q) for q in (0.5, 0.9, 0.95, 0.99, 1.0)] == [2, 2, 15, 60, math.inf]
    assert lags.quantile({}, 0.95) is None
    assert lags.quantile({5: 1}, 0.0) == 1, "no share of them is within the first step"


def test_lags_are_summed_by_epoch_and_never_negative(new_state: Callable[[], str]) -> None:
    state = open_state(new_state())
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=1, now=NOW)
    with state.write(epoch) as connection:
        lags.add(connection, epoch, [NOW, later(-2), later(5)], NOW)
        lags.add(connection, epoch, [later(-2), later(-9000)], NOW)
        lags.add(connection, epoch, [], NOW)
        lags.add(connection, epoch + 1, [later(-7)], NOW)
        assert lags.of_epoch(connection, epoch) == {1: 2, 2: 2, lags.BEYOND: 1}
        assert lags.of_epoch(connection, epoch + 1) == {8: 1}


def test_lags_of_epochs_long_past_are_dropped(new_state: Callable[[], str]) -> None:
    state = open_state(new_state())
    for number in range(KEPT_EPOCHS + 1):
        epoch = state.take_lease(owner="elsewhere:1:1", seconds=1, now=later(10 * number))
        with state.write(epoch) as connection:
            lags.add(connection, epoch, [NOW], NOW)
    with state.read() as connection:
        assert [bool(lags.of_epoch(connection, one)) for one in (1, 2, epoch)] == [False, True, True]


def test_a_commit_counts_the_lag_of_what_it_stores(new_state: Callable[[], str]) -> None:
    state = open_state(new_state())
    epoch = state.take_lease(owner="elsewhere:1:1", seconds=60, now=NOW)
    one = Settlement(records=(article(document("one")),), since=(later(-45),))
    commit(state, [], one, epoch=epoch, now=NOW, run_id="run")
    commit(state, [], Settlement(records=(article(document("two")),)), epoch=epoch, now=NOW, run_id="run")
    assert state.standing(epoch, NOW).lags == {60: 1}, "of a batch none is measured"
