"""The pace of a stream: what one window takes up of a host."""

import pytest

from newsbeam.config.settings import load
from newsbeam.pipelines.pace import host_share, within_share
from newsbeam.records import Feed


@pytest.mark.parametrize(
    ("window", "delay", "share"), [(10, 1, 10), (10, 0, 100), (2, 5, 1), (600, 1, 100), (10, 0.01, 100)]
)
def test_a_window_takes_of_a_host_what_its_pace_lets_through(window: float, delay: float, share: int) -> None:
    settings = load(assignments=(f"stream.window={window}", f"fetch.host_delay={delay}"))
    assert host_share(settings) == share


def test_feeds_beyond_the_share_of_their_host_wait() -> None:
    settings = load(assignments=("stream.window=2", "fetch.host_delay=1"))
    big = [Feed(url=f"https://big.example/{number}") for number in range(4)]
    small = [Feed(url=f"https://small.example/{number}") for number in range(2)]
    taken, beyond = within_share([big[0], small[0], *big[1:], small[1]], settings)
    assert taken == [big[0], small[0], big[1], small[1]]
    assert beyond == [big[2].url, big[3].url]
