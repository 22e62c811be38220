"""Memory is given back now and then, not after every window."""

import pytest

from newsbeam.pipelines import trim


def test_it_is_given_back_once_in_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    clock = [1000.0]
    monkeypatch.setattr(trim, "give_back", lambda: given.append(clock[0]))
    monkeypatch.setattr(trim.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(trim, "_last", [0.0])
    for second in range(90):
        clock[0] = 1000.0 + second
        trim.now_and_then()
    assert given == [1000.0, 1030.0, 1060.0]
