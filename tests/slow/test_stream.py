"""The stream on Prism: what is announced comes into the stores, once, as a batch would write it; and a clean stop."""

import signal
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from newsbeam.pipelines.demo.server import DemoServer
from tests.slow.arrivals import Watcher, lag
from tests.slow.parity import all_in, growing
from tests.slow.running import Stores, run, same, start
from tests.slow.streaming import PRISM, PROMPT, stopped, streaming
from tests.slow.worlds import QUICK, Silence, Site, allowed, page, prose, rss

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.usefixtures("prism_binary")]

PAGES, RATE = 90, 2
WITHIN = 15.0
"""Seconds from a story's announcement to its place in a store, for 95 of 100."""


def test_everything_that_a_growing_world_announces_comes_in_soon_and_once(tmp_path: Path) -> None:
    stores, sizes = Stores(tmp_path / "stores"), list[int]()
    with growing(tmp_path, seed=7, pages=PAGES, rate=RATE, sets="fundus") as world:
        begun = streaming(tmp_path, world, PRISM, stores)

        def grown() -> bool:
            begun.look()
            sizes.append(psutil.Process(begun.process.pid).memory_info().rss)
            return world.count() >= PAGES

        with Watcher(stores.addresses) as watcher:
            begun.until(grown, seconds=90)
            announced = all_in(begun, world, stores, PAGES)
        found = lag(watcher.lags(announced))
        stopped(begun)
    held = stores.rows()  # asserts that each id stands once, and that both stores agree
    stores.check()
    urls = [row["url"] for name in ("articles", "duplicates") for row in held[name].values() if not is_revision(row)]
    assert len(urls) == len(set(urls))
    assert len(urls) >= 85
    assert "pending 0" in begun.said
    settled = sizes[len(sizes) // 3 :]
    assert max(settled) <= 1.3 * settled[0], "memory grows with time"
    print(f"from feed to store: {found}")
    assert found.of == PAGES
    assert found.p95 <= WITHIN, str(found)


def is_revision(row: dict[str, Any]) -> bool:
    """Whether the row is an earlier text of an article."""
    return row.get("relation") == "revision"


def test_a_stream_in_many_windows_writes_what_a_batch_writes(tmp_path: Path, world: DemoServer) -> None:
    batch, stream = Stores(tmp_path / "batch"), Stores(tmp_path / "stream")
    source = ("--feeds", world.opml_url, *allowed(world.port), *QUICK)
    run(tmp_path, "run", *source, *batch.options)
    world.stats.clear()
    # A few entries a window, and windows shorter than a page needs: copies of a story come in windows that overlap.
    windows = ("--set", "stream.poll=2", "--set", "stream.window=0.5", "--set", "stream.claims=4")
    begun = start(tmp_path, "stream", *source, *stream.options, *windows)
    begun.until(lambda: stream.count() >= batch.count() and stream.pending() == 0)
    begun.until(lambda: any(status == 304 for _, _, status in world.stats))
    second = run(tmp_path, "run", *source, *stream.options, status=1)
    assert "the state is held by" in second.said
    assert f":{begun.process.pid}:" in second.said
    stopped(begun)
    same(stream.rows(), batch.rows())
    stream.check()
    after = run(tmp_path, "run", *source, *stream.options)
    assert "nothing is new" in after.said
    same(stream.rows(), batch.rows())


def test_what_a_site_repeats_is_learnt_while_it_runs_as_in_a_batch(tmp_path: Path) -> None:
    line = "The desk in Harbour Lane can be reached on every weekday between nine and five."
    told = [f"/{number}" for number in range(9)]
    with Site({}) as site:
        for number, path in enumerate(told):
            text = [*prose(number, paragraphs=6), *([line] if number else [])]
            site.answers[path] = ("text/html", page(f"Story {number}", text))
        site.answers["/feed"] = rss(site.base, told[:6])
        (feeds := tmp_path / "feeds.txt").write_text(f"{site.base}/feed")
        source = ("--feeds", str(feeds), *allowed(site.port), *PROMPT)
        stores = Stores(tmp_path / "stream")

        def cleaned() -> int:
            with sqlite3.connect(stores.database, timeout=30) as database:
                query = "select count(*) from articles where removed like '%site_furniture%'"
                return int(database.execute(query).fetchone()[0])

        begun = start(tmp_path, "stream", *source, *stores.options)
        begun.until(lambda: stores.count() >= 6 and cleaned() == 5, seconds=90)
        site.answers["/feed"] = rss(site.base, told[:8])
        begun.until(lambda: stores.count() == 8, seconds=60)
        assert cleaned() == 7, "what comes once it is known is cleaned as it comes"
        site.answers["/feed"] = rss(site.base, told)
        begun.until(lambda: stores.count() == 9, seconds=60)
        stopped(begun)
        assert "corrected 5 earlier records" in begun.said
        batch = Stores(tmp_path / "batch")
        run(tmp_path, "run", *source, *batch.options)
    same(stores.rows(), batch.rows())


def test_a_slow_host_holds_up_no_other(tmp_path: Path) -> None:
    many = [f"/{number}" for number in range(60)]
    with Site({}) as slow, Site({}) as quick, Site({"/silent": Silence()}) as dead:
        slow.answers |= {path: ("text/html", page(f"Story {path}", prose(int(path[1:])))) for path in many}
        slow.answers["/feed"], dead.answers["/feed"] = rss(slow.base, many), rss(dead.base, ["/silent"])
        quick.answers |= {"/first": ("text/html", page("First", prose(500))), "/feed": rss(quick.base, ["/first"])}
        (feeds := tmp_path / "feeds.txt").write_text("\n".join(f"{site.base}/feed" for site in (slow, quick, dead)))
        ports = (*allowed(slow.port), *allowed(quick.port), *allowed(dead.port))
        paced = ("--set", "fetch.host_delay=1", "--set", "fetch.idle_timeout=4", "--set", "fetch.tries=1")
        stores = Stores(tmp_path / "stores")
        windows = ("--set", "stream.window=2", "--set", "stream.poll=4")
        begun = start(tmp_path, "stream", "--feeds", str(feeds), *stores.options, *ports, *paced, *windows)

        def has(url: str) -> bool:
            with sqlite3.connect(stores.database, timeout=30) as database:
                return bool(database.execute("select count(*) from articles where url = ?", (url,)).fetchone()[0])

        begun.until(lambda: stores.count() > 0 and has(f"{quick.base}/first"))
        quick.answers |= {"/second": ("text/html", page("Second", prose(501)))}
        quick.answers["/feed"] = rss(quick.base, ["/second", "/first"])
        begun.until(lambda: has(f"{quick.base}/second"), seconds=30)
        left = stores.pending()
        assert left > 20, "the slow host must still be at work for this to say anything"
        begun.until(lambda: stores.pending() < left - 5, seconds=30)
        stopped(begun, signal.SIGINT, group=True)
        asked = Counter(path for path in (*slow.asked, *dead.asked) if path in (*many, "/silent"))
        assert asked["/silent"] == 1
        assert set(asked.values()) == {1}, "what is under way is not taken up twice"


def test_a_store_that_breaks_ends_the_stream_and_nothing_is_lost(tmp_path: Path) -> None:
    with Site({}) as site:
        site.answers |= {f"/{number}": ("text/html", page(f"Story {number}", prose(number))) for number in range(4)}
        site.answers["/feed"] = rss(site.base, ["/0", "/1"])
        stores = Stores(tmp_path / "stores")
        (feeds := tmp_path / "feeds.txt").write_text(f"{site.base}/feed")
        source = ("--feeds", str(feeds), *stores.options, *allowed(site.port), *PROMPT)
        begun = start(tmp_path, "stream", *source)
        begun.until(lambda: stores.count() == 2)
        away, articles = stores.folder / "away", stores.lines / "articles"
        articles.rename(away)
        articles.write_text("in the way")
        site.answers["/feed"] = rss(site.base, ["/0", "/1", "/2", "/3"])
        assert begun.end(seconds=60) == 1, begun.said
        assert str(stores.lines) in begun.said
        assert "nothing is lost" in begun.said
        assert begun.left() == []
        articles.unlink()
        away.rename(articles)
        run(tmp_path, "run", *source)
        assert len(stores.rows()["articles"]) == 4
        stores.check()
