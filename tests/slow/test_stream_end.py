"""Other ends and other rhythms of a stream: what was taken up is finished first, and rounds without an engine."""

import os
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.slow.running import Stores, run, start
from tests.slow.streaming import stopped
from tests.slow.worlds import Site, allowed, page, prose, rss

pytestmark = [pytest.mark.slow, pytest.mark.alone]

PATHS = [f"/{number}" for number in range(40)]
QUICK = ("--set", "stream.poll=2", "--set", "stream.window=1", "--set", "fetch.host_delay=0.25")


def begun_entries(stores: Stores) -> int:
    """Entries that the stream has taken up and not settled."""
    claimed = "fate = 'pending' and claimed_epoch = (select epoch from lease)"
    with sqlite3.connect(stores.lines / ".newsbeam" / "state.db", timeout=30) as state:
        return int(state.execute(f"select count(*) from frontier where {claimed}").fetchone()[0])


@pytest.mark.usefixtures("prism_binary")
def test_a_stream_that_drains_finishes_what_it_took_up_and_no_more(tmp_path: Path) -> None:
    with Site({path: ("text/html", page(f"Story {path}", prose(int(path[1:])))) for path in PATHS}) as site:
        site.answers["/feed"] = rss(site.base, PATHS)
        stores = Stores(tmp_path / "stores")
        options = ("--feeds", f"{site.base}/feed", *stores.options, *allowed(site.port), *QUICK)
        begun = start(tmp_path, "stream", "--drain", *options)
        begun.until(lambda: stores.count() > 0 and begun_entries(stores) > 0)
        took = stopped(begun)
        asked = [path for path in site.asked if path in PATHS]
        assert begun_entries(stores) == 0
        assert 0 < stores.count() < len(PATHS), "it must have been stopped in mid-work for this to say anything"
        assert stores.count() == len(asked) == len(set(asked)), f"all that was fetched is stored, after {took:.1f} s"
        run(tmp_path, "run", *options)
        assert len(stores.rows()["articles"]) == len(PATHS)
        stores.check()


def test_rounds_take_in_what_is_new_each_time_without_an_engine(tmp_path: Path) -> None:
    with Site({path: ("text/html", page(f"Story {path}", prose(int(path[1:])))) for path in PATHS[:3]}) as site:
        site.answers["/feed"] = rss(site.base, PATHS[:2])
        stores = Stores(tmp_path / "stores")
        options = ("--feeds", f"{site.base}/feed", *stores.options, *allowed(site.port), "--set", "fetch.host_delay=0")
        begun = start(tmp_path, "stream", "--interval", "2s", *options, env={"NEWSBEAM_PRISM": ""})
        begun.until(lambda: stores.count() == 2)
        site.answers["/feed"] = rss(site.base, PATHS[:3])
        begun.until(lambda: stores.count() == 3 and begun.said.count(": done in") >= 2)
        os.kill(begun.process.pid, signal.SIGTERM)
        assert begun.end(seconds=15) == 0, begun.said
        assert "the batch runs every 2 s in this process; no engine streams" in begun.said
        assert not any("prism" in one for one in begun.names)
        assert begun.left() == []
        stores.check()
