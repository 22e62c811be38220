"""How a stream stands: the line for a person, and the command that reads it from the state."""

import json
from pathlib import Path

import pytest

from newsbeam.connectors.state.lease import this_owner
from newsbeam.connectors.state.standing import Standing
from newsbeam.connectors.state.state import State, open_state
from newsbeam.pipelines import standing
from newsbeam.pipelines.cli import main
from newsbeam.pipelines.engine import now
from newsbeam.records import Entry, Feed, Poll

FEED = Feed(url="https://a.example/feed")


def stands(**changes: object) -> Standing:
    """A standing with these figures."""
    figures: dict[str, object] = {
        "pending": 12,
        "claimed": 5,
        "oldest_pending": "2026-11-26T08:00:00Z",
        "retries": 0,
        "feeds": 240,
        "feeds_due": 3,
        "feeds_failing": 0,
        "held": {"articles": 10, "duplicates": 2, "rejected": 1},
        "lags": {},
        "commits": 4,
    }
    return Standing(**{**figures, **changes})  # type: ignore[arg-type]


def test_a_line_says_what_waits_and_what_is_there() -> None:
    assert standing.line(stands()) == (
        "frontier 12 (5 under way), feeds due 3 of 240, articles 10, duplicates 2, rejected 1"
    )


def test_trouble_and_lag_are_told_where_there_are_any() -> None:
    said = standing.line(stands(retries=4, feeds_failing=2, lags={5: 90, 8: 6, -1: 4}))
    assert "to be tried again 4, feeds failing 2" in said
    assert said.endswith("stored within 5 s (95 of 100: 8 s)")
    assert standing.line(stands(lags={-1: 1})).endswith("stored within more than 3600 s (95 of 100: more than 3600 s)")


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A state that this process holds, with one entry that waits."""
    state = open_state(f"sqlite:///{tmp_path}/news.db.state")
    epoch = state.take_lease(owner=this_owner(), seconds=60, now=now())
    state.subscribe([FEED], epoch=epoch)
    entry = Entry(key="k", feed_url=FEED.url, url="https://a.example/1", first_seen="2026-11-26T08:00:00Z")
    state.record_poll(Poll(feed=FEED, entries=(entry,)), epoch=epoch, now=now(), next_poll=now())
    return state


def test_the_command_says_who_holds_a_state_and_what_waits(
    state: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--store", f"sqlite:///{tmp_path}/news.db"]) == 0
    said = capsys.readouterr().out
    assert f"held by {this_owner()} (epoch 1, until " in said
    assert "frontier 1 (0 under way), feeds due 1 of 1" in said
    assert "the entry that waits longest was found 20" in said
    state.release_lease(1)
    assert main(["status", "--state", state.full_url, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["holder"], found["alive"], found["epoch"], found["pending"]) == (None, False, 1, 1)
    assert found["lag_p95"] is None


def test_a_holder_that_is_gone_is_told_apart(state: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state.release_lease(1)
    state.take_lease(owner=this_owner().replace(":", ":9999", 1), seconds=60, now=now())
    assert main(["status", "--state", state.full_url]) == 0
    assert "held by nobody: " in capsys.readouterr().out


def test_no_state_is_the_callers_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--store", f"jsonl:{tmp_path}/none"]) == 2
    assert "no run has made one there" in capsys.readouterr().err
