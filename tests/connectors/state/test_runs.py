"""What became of a run, by its own word and by who holds the state."""

import pytest

from newsbeam.connectors.state.lease import Holder, this_owner
from newsbeam.connectors.state.runs import Run, outcome

RUN = Run(run_id="a", epoch=3, version="1", settings_hash="00", started="2026-11-20T12:00:00Z")
GONE = this_owner().rpartition(":")[0] + ":1"


@pytest.mark.parametrize(
    ("epoch", "owner", "said"),
    [
        (3, "elsewhere:1:1", "running"),
        pytest.param(3, this_owner(), "running", id="this process"),
        pytest.param(3, GONE, "lost", id="a process that has gone"),
        (3, None, "lost"),
        (4, "elsewhere:1:1", "lost"),
        (4, None, "lost"),
    ],
)
def test_a_run_without_an_end_is_lost_once_nobody_works_on_it(epoch: int, owner: str | None, said: str) -> None:
    assert outcome(RUN, Holder(epoch=epoch, owner=owner, until=0.0)) == said


@pytest.mark.parametrize("ended", ["done", "stopped", "failed"])
def test_a_run_that_has_ended_stays_so(ended: str) -> None:
    run = Run(run_id="a", epoch=3, version="1", settings_hash="00", started="2026-11-20T12:00:00Z", outcome=ended)
    assert outcome(run, Holder(epoch=9, owner="elsewhere:1:1", until=0.0)) == ended
