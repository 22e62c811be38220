"""What the commit does with a folder and SQLite it does with a folder and PostgreSQL, the state in the server, too."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from newsbeam.connectors.stores.urls import default_state_url
from tests.connectors.stores import test_commit
from tests.connectors.stores.fakes import Place, address

SCENARIOS: tuple[Callable[[Path], None], ...] = (
    test_commit.test_a_commit_shows_in_every_store_and_in_the_counts,
    test_commit.test_moves_revisions_and_cleared_rows,
    test_commit.test_an_unchanged_record_touches_nothing,
    test_commit.test_a_rejected_row_that_appears_again_keeps_its_first_moment_and_adds_its_tries,
    functools.partial(test_commit.test_a_place_that_gave_a_record_and_a_rejection_keeps_the_record, record_first=True),
    functools.partial(test_commit.test_a_place_that_gave_a_record_and_a_rejection_keeps_the_record, record_first=False),
    test_commit.test_two_rejections_of_one_place_in_one_run_do_not_show_their_order,
    test_commit.test_an_id_twice_in_one_settlement_is_our_mistake,
    test_commit.test_progress_is_settled_with_the_records,
    test_commit.test_a_lost_lease_writes_nothing,
    test_commit.test_a_store_added_later_takes_what_comes,
    test_commit.test_accounts_balance_over_corrections_revisions_and_repeats,
    test_commit.test_a_correction_in_a_later_run_is_no_new_sighting,
    test_commit.test_a_changed_text_in_a_later_run_counts_once_for_its_own_source,
    test_commit.test_skips_are_counted_and_loss_shows,
)


pytestmark = pytest.mark.slow


class InServer(Place):
    """A place whose state and whose database store are in a server, for each folder in schemas of its own."""

    database = ""
    schemas: dict[Path, str] = {}  # noqa: RUF012  the test gives a new one

    def __init__(self, folder: Path, *, stores: Sequence[str] = ("jsonl", "sqlite")) -> None:
        self.folder = folder
        number = len(self.schemas)
        served = f"{self.database}&schema={self.schemas.setdefault(folder.resolve(), f's{number}')}"
        self.kinds = tuple(stores)
        self.urls = [served if kind == "sqlite" else address(kind, folder) for kind in stores]
        self.state_url = default_state_url(served)
        self.start()


@pytest.mark.parametrize("number", range(len(SCENARIOS)))
def test_as_with_sqlite(number: int, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InServer, "database", postgres)
    monkeypatch.setattr(InServer, "schemas", {})
    monkeypatch.setattr(test_commit, "Place", InServer)
    SCENARIOS[number](tmp_path)
    assert InServer.schemas, "the scenario used the server"
