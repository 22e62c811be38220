import pickle

import pytest

from newsbeam.connectors.http.failures import FetchFailed, Foreseen, RobotsDisallowed, final, passing


def test_failures_survive_pickling() -> None:
    failure = FetchFailed("unavailable", "status 503", transient=True, retry_after=7.5, attempts=3)
    again = pickle.loads(pickle.dumps(failure))
    assert vars(again) == vars(failure)
    assert str(again) == "unavailable: status 503"
    assert pickle.loads(pickle.dumps(Foreseen("timeout", "late", transient=True))).reason == "timeout"
    assert str(pickle.loads(pickle.dumps(RobotsDisallowed("no")))) == "no"


def test_only_documented_reasons_are_taken() -> None:
    with pytest.raises(ValueError, match="documented"):
        final("bad_luck", "")


def test_the_number_of_tries_is_told() -> None:
    assert passing("timeout", "late").after(3).attempts == 3
    assert not final("gone", "410").transient
