"""SIGTERM and SIGINT in the middle of a run end it soon and cleanly; the next run does the rest."""

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from newsbeam.pipelines.demo.server import DemoServer
from tests.slow.running import Run, Stores, run, same, start
from tests.slow.worlds import QUICK, Silence, Site, allowed, page, prose, rss, slow_page

pytestmark = [pytest.mark.slow, pytest.mark.alone]

WITHIN = 10.0


def stopped(begun: Run, number: signal.Signals, *, group: bool = False) -> int:
    """Send the signal, to the whole group as a terminal does if so asked; how many entries are said to be left."""
    asked = time.monotonic()
    (os.killpg if group else os.kill)(begun.process.pid, number)
    status = begun.end(seconds=WITHIN + 5)
    assert time.monotonic() - asked < WITHIN
    assert status == 1, begun.said
    found = re.search(rf"stopped by {number.name}; (\d+) entries are left", begun.said)
    assert found, begun.said
    assert "Traceback" not in begun.said
    assert begun.left() == []
    difference = re.search(r"difference (-?\d+), pending (\d+)", begun.said)
    assert difference
    assert difference.groups() == ("0", found[1])
    return int(found[1])


@pytest.mark.parametrize(
    ("number", "group", "runner"),
    [
        (signal.SIGTERM, False, "FnApiRunner"),
        (signal.SIGINT, True, "FnApiRunner"),
        (signal.SIGINT, True, "PrismRunner"),
    ],
    ids=["SIGTERM", "SIGINT to the group", "SIGINT to the group on Prism"],
)
def test_in_the_middle_of_a_run(
    tmp_path: Path,
    world: DemoServer,
    undisturbed: Stores,
    request: pytest.FixtureRequest,
    number: signal.Signals,
    group: bool,
    runner: str,
) -> None:
    if runner == "PrismRunner":
        request.getfixturevalue("prism_binary")
    stores = Stores(tmp_path / "stores")
    options = ("run", "--feeds", world.opml_url, *stores.options, *allowed(world.port), *QUICK, f"--runner={runner}")
    begun = start(tmp_path, *options, "--set", "fetch.host_delay=0.4", "--set", "run.slice=8")
    begun.until(lambda: stores.count() > 4)
    assert stopped(begun, number, group=group) > 0
    held = stores.count()
    done = run(tmp_path, *options)
    assert "difference 0, pending 0" in done.said
    assert held < undisturbed.count()
    same(stores.rows(), undisturbed.rows())
    stores.check()


def while_waiting(folder: Path, site: Site, asked: Callable[[], bool]) -> tuple[Stores, tuple[str, ...]]:
    """A run that is stopped while it waits for the site or the parser; the stores and its options."""
    stores = Stores(folder / "stores")
    patient = ("--set", "extract.deadline=300", "--set", "fetch.deadline=300", "--set", "fetch.idle_timeout=300")
    (feeds := folder / "feeds.txt").write_text(f"{site.base}/feed")
    options = ("run", "--feeds", str(feeds), *stores.options, *allowed(site.port), *patient)
    begun = start(folder, *options, "--set", "fetch.host_delay=0", "--set", "fetch.host_connections=4")
    begun.until(asked)
    time.sleep(1)
    stopped(begun, signal.SIGTERM)
    return stores, options


def test_while_a_page_hangs_the_parser(tmp_path: Path) -> None:
    paths = [f"/{number}" for number in range(4)]
    with Site({}) as site:
        site.answers |= {path: ("text/html", page(f"Story {path}", prose(int(path[1:])))) for path in paths}
        site.answers |= {"/feed": rss(site.base, [*paths, "/long"]), "/long": ("text/html", slow_page())}
        stores, options = while_waiting(tmp_path, site, lambda: "/long" in site.asked)
        site.answers["/long"] = ("text/html", page("Shortened", prose(99)))
        run(tmp_path, *options, "--set", "fetch.host_delay=0")
        assert len(stores.rows()["articles"]) == 5


def test_while_it_is_not_known_whether_an_address_is_a_list(tmp_path: Path) -> None:
    with Site({"/feed": Silence()}) as site:
        stores = Stores(tmp_path / "stores")
        patient = ("--set", "fetch.deadline=300", "--set", "fetch.idle_timeout=300")
        address = ("--feeds", f"{site.base}/feed", *allowed(site.port))
        begun = start(tmp_path, "run", *address, *stores.options, *patient)
        begun.until(lambda: "/feed" in site.asked)
        assert stopped(begun, signal.SIGINT) == 0


def test_while_a_server_does_not_answer_a_poll(tmp_path: Path) -> None:
    with Site({"/feed": Silence()}) as site:
        stores, options = while_waiting(tmp_path, site, lambda: "/feed" in site.asked)
        site.answers |= {"/feed": rss(site.base, ["/1"]), "/1": ("text/html", page("A story", prose(1)))}
        run(tmp_path, *options)
        assert len(stores.rows()["articles"]) == 1
