"""A second run over a world that has not changed: feeds say so, no page is asked for again, no store is written."""

from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsbeam.pipelines.demo.server import DemoServer
from tests.slow.running import VOLATILE, Stores, run, without
from tests.slow.worlds import QUICK, TODAY, allowed, free_port

pytestmark = pytest.mark.slow


def test_an_unchanged_world_costs_one_small_answer_a_feed(tmp_path: Path) -> None:
    stores = Stores(tmp_path)
    with DemoServer(port=free_port(), today=TODAY) as world:
        options = ("run", "--feeds", world.opml_url, *stores.options, *allowed(world.port), *QUICK)
        feeds = {((parts := urlsplit(url)).hostname, parts.path) for url in world.feeds}
        run(tmp_path, *options)
        first, files, rows = Counter(world.stats), stores.files(), stores.rows(volatile=())
        again = run(tmp_path, *options)
        second = Counter(world.stats) - first
    served = {(host, path) for host, path, status in first if status == 200}
    pages = {one for one in served - feeds if not one[1].endswith((".opml", "/robots.txt"))}
    assert len(pages) >= 30
    assert all(first[host, path, 200] == 1 for host, path in pages), "no page is fetched twice in one run either"
    broken = {
        ((parts := urlsplit(row["url"])).hostname, parts.path)
        for row in rows["rejected"].values()
        if row["stage"] == "poll"
    }
    assert len(broken) < 3, "a feed that could not be read is asked for anew, in case it was mended"
    polled = {(host, path): status for host, path, status in second if (host, path) in feeds - broken}
    assert polled == dict.fromkeys((feeds & served) - broken, 304)
    asked = {path for host, path, _ in second if (host, path) not in feeds}
    assert asked == {urlsplit(world.opml_url).path}
    assert max(second.values()) == 1
    assert "nothing is new" in again.said
    assert stores.files() == files, "not written again, not even with the same content"
    after = stores.rows(volatile=())
    assert (after["articles"], after["duplicates"]) == (rows["articles"], rows["duplicates"])
    assert stores.rows()["rejected"] == without(rows, VOLATILE)["rejected"], "the broken feed was seen again"
    stores.check()
