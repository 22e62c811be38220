import datetime

import pytest

from newsbeam.config.tables import Fetch, Host
from newsbeam.connectors.http import politeness

NOW = datetime.datetime(2026, 11, 23, 14, 0, 0, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("host", "delay", "connections", "fixed"),
    [
        ("a.example", 2.0, 3, True),
        ("a.example:8080", 0.5, 2, True),
        ("a.example:9090", 2.0, 3, True),
        ("b.example", 1.0, 4, False),
        ("c.example", 1.0, 1, False),
        ("[::1]:80", 7.0, 1, True),
    ],
)
def test_settings_of_a_host_are_found_by_name_and_port_then_by_name(
    host: str, delay: float, connections: int, fixed: bool
) -> None:
    hosts = {
        "a.example": Host(delay=2.0, connections=3),
        "a.example:8080": Host(delay=0.5, connections=2),
        "b.example": Host(connections=4),
        "::1": Host(delay=7.0),
    }
    found = politeness.manners(host, Fetch(host_delay=1.0, host_connections=1), hosts)
    assert (found.delay, found.connections, found.fixed) == (delay, connections, fixed)


@pytest.mark.parametrize(("asked", "delay"), [(None, 1.0), (0.5, 1.0), (5.0, 5.0), (86_400.0, 60.0)])
def test_a_crawl_delay_slows_within_bounds(asked: float | None, delay: float) -> None:
    own = politeness.Manners(delay=1.0, connections=1)
    assert politeness.with_crawl_delay(own, asked, longest=60).delay == delay


def test_a_delay_set_for_the_host_is_not_changed_by_its_crawl_delay() -> None:
    own = politeness.Manners(delay=0.0, connections=1, fixed=True)
    assert politeness.with_crawl_delay(own, 5.0, longest=60).delay == 0.0


@pytest.mark.parametrize(
    ("header", "date", "seconds"),
    [
        ("120", None, 120.0),
        (" 0 ", None, 0.0),
        ("Mon, 23 Nov 2026 14:01:30 GMT", None, 90.0),
        ("Monday, 23-Nov-26 14:01:30 GMT", None, 90.0),
        ("Mon, 23 Nov 2026 13:00:00 GMT", None, 0.0),
        # The server's clock is an hour behind: its own date counts.
        ("Mon, 23 Nov 2026 13:00:10 GMT", "Mon, 23 Nov 2026 13:00:00 GMT", 10.0),
        ("Mon, 23 Nov 2026 14:00:10 GMT", "no date", 10.0),
        (None, None, None),
        ("", None, None),
        ("-5", None, None),
        ("-5, banana", None, None),
        ("1e9", None, None),
        ("99999999999999999999", None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, date: str | None, seconds: float | None) -> None:
    assert politeness.retry_after(header, date, now=NOW) == seconds


def test_backoff_doubles_and_its_jitter_is_the_same_for_the_same_url() -> None:
    for attempt in (1, 2, 3, 4):
        base = 2.0 ** (attempt - 1)
        waits = {politeness.backoff(f"http://a.example/{n}", attempt, wait=1.0) for n in range(200)}
        assert len(waits) > 190
        assert base <= min(waits) < base * 1.1
        assert base * 1.4 < max(waits) <= base * 1.5
    assert politeness.backoff("u", 1, wait=1.0) == politeness.backoff("u", 1, wait=1.0)


@pytest.mark.parametrize(
    ("refusals", "asked", "seconds"),
    [
        (1, None, 1.0),
        (2, None, 2.0),
        (3, None, 4.0),
        (50, None, 60.0),
        (1, 30.0, 30.0),
        (1, 0.1, 1.0),
        (1, 86400.0, 1.0),
    ],
)
def test_a_refusing_host_is_left_alone_longer_each_time(refusals: int, asked: float | None, seconds: float) -> None:
    assert politeness.pause(refusals, asked, wait=1.0, longest=60.0) == seconds


def test_the_next_start_waits_for_the_gap_and_the_pause() -> None:
    assert politeness.earliest(None, delay=1.0, paused_until=0.0) == 0.0
    assert politeness.earliest(10.0, delay=1.0, paused_until=0.0) == 11.0
    assert politeness.earliest(10.0, delay=1.0, paused_until=15.0) == 15.0
