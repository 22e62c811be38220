"""Work beside a DoFn: what lands is handed on, what breaks is raised, a wish to stop is heard."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor

import pytest
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import Timestamp

from newsbeam.pipelines import stopping
from newsbeam.pipelines.stages.flights import Flights, Place

HERE = Place(GlobalWindow(), Timestamp(7))


@pytest.fixture(autouse=True)
def _no_wish() -> Iterator[None]:
    stopping.reset()
    yield
    stopping.reset()


def test_every_result_comes_once_with_its_place() -> None:
    flights: Flights[int] = Flights()
    with ThreadPoolExecutor(4) as threads:
        for number in range(100):
            flights.follow(HERE, threads.submit(lambda n=number: n))
        taken = list(flights.take(until=0))
    assert sorted(result for _, result in taken) == list(range(100))
    assert {place for place, _ in taken} == {HERE}
    assert flights.open == 0


def test_take_waits_only_until_few_enough_are_open() -> None:
    flights: Flights[str] = Flights()
    first, second = Future[str](), Future[str]()
    flights.follow(HERE, first)
    flights.follow(HERE, second)
    first.set_result("first")
    assert [result for _, result in flights.take(until=1)] == ["first"]
    assert flights.open == 1


def test_an_error_of_ours_is_raised_where_results_are_taken() -> None:
    flights: Flights[str] = Flights()
    broken = Future[str]()
    flights.follow(HERE, broken)
    broken.set_exception(KeyError("ours"))
    with pytest.raises(KeyError):
        list(flights.take(until=0))


def test_a_wish_to_stop_gives_up_what_is_under_way() -> None:
    flights: Flights[str] = Flights()
    flights.follow(HERE, Future())
    threading.Timer(0.05, stopping.request).start()
    assert list(flights.take(until=0)) == []
    assert flights.open == 0


def test_a_stamped_value_keeps_window_and_moment() -> None:
    stamped = HERE.stamp("x")
    assert (stamped.value, stamped.timestamp, stamped.windows) == ("x", Timestamp(7), (GlobalWindow(),))


def test_an_error_in_a_callback_is_raised_instead_of_waited_for() -> None:
    flights: Flights[str] = Flights()
    done = Future[str]()
    flights.start()

    def callback(_: object) -> None:
        raise KeyError("ours")

    done.add_done_callback(flights.guarded(callback))
    done.set_result("x")
    with pytest.raises(KeyError):
        list(flights.take(until=0))


def test_a_cancelled_future_closes_its_flight_with_an_error() -> None:
    flights: Flights[str] = Flights()
    done = Future[str]()
    flights.follow(HERE, done)
    done.cancel()
    with pytest.raises(CancelledError):
        list(flights.take(until=0))
