"""A wish to stop: seen at once by whoever waits for something else."""

import signal
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


@pytest.fixture
def _handlers() -> Iterator[None]:
    """The process's own handlers again afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_handlers")
def test_a_patient_process_takes_the_second_signal_as_the_wish_to_stop() -> None:
    stopping.on_signals(patient=True)
    signal.raise_signal(signal.SIGTERM)
    assert stopping.asked()
    assert not stopping.requested()
    assert stopping.by_signal() == "SIGTERM"
    signal.raise_signal(signal.SIGINT)
    assert stopping.requested()
    assert stopping.by_signal() == "SIGTERM", "the first one says why"


@pytest.mark.usefixtures("_handlers")
def test_only_a_wish_of_its_own_can_be_forgotten() -> None:
    stopping.request()
    stopping.go_on()
    assert not stopping.requested()
    stopping.on_signals()
    signal.raise_signal(signal.SIGTERM)
    stopping.go_on()
    assert stopping.requested()
