"""Patience: pauses that grow, an end, and a new beginning after a time that went well."""

from newsbeam.pipelines.patience import Patience


def tries(patience: Patience, *, takes: float = 0.5) -> tuple[list[float], float]:
    """The pauses until it is over, and how long that took; every try fails after so many seconds."""
    now, pauses = 100.0, []
    while True:
        began, now = now, now + takes
        pause = patience.failed(began=began, now=now)
        if pause is None:
            return pauses, now - 100.0
        pauses.append(pause)
        now += pause


def test_pauses_grow_to_half_a_minute_and_end_with_the_time_allowed() -> None:
    pauses, took = tries(Patience(120))
    assert pauses[:6] == [1, 2, 4, 8, 16, 30]
    assert max(pauses) == 30
    assert 120 <= took <= 121.5


def test_no_time_allows_no_second_try() -> None:
    assert Patience(0).failed(began=0, now=1) is None


def test_a_time_that_went_well_begins_the_count_anew() -> None:
    patience = Patience(10)
    assert patience.failed(began=0, now=1) == 1
    assert patience.failed(began=2, now=3) == 2
    assert patience.failed(began=5, now=500) == 1
    assert patience.failed(began=501, now=505) == 2
