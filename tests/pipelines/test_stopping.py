"""A wish to stop: seen at once by whoever waits for something else."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from newsbeam.pipelines import stopping


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No wish from another test, none for the next."""
    stopping.reset()
    yield
    stopping.reset()


def test_a_wish_is_seen_until_it_is_forgotten() -> None:
    assert not stopping.wait(0)
    stopping.request()
    assert stopping.requested()
    assert stopping.wait(60)
    stopping.reset()
    assert not stopping.requested()


def test_a_future_is_awaited_until_a_wish_to_stop() -> None:
    done: Future[int] = Future()
    done.set_result(3)
    assert stopping.awaited(done) == 3
    failed: Future[int] = Future()
    failed.set_exception(TimeoutError("its own"))
    with pytest.raises(TimeoutError, match="its own"):
        stopping.awaited(failed)
    never: Future[int] = Future()
    stopping.request()
    assert stopping.awaited(never) is None
    assert never.cancelled()
