"""The archive of a run: read again it gives the same articles; a page is kept when its outcome is handed on."""

import gzip
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import sqlalchemy as sa
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.window import FixedWindows, GlobalWindow, IntervalWindow, TimestampedValue
from apache_beam.utils.timestamp import Timestamp

from newsbeam.config.settings import Settings, load
from newsbeam.connectors.sources.warc import read_warc
from newsbeam.connectors.state import schema
from newsbeam.connectors.state.manifest import Segment
from newsbeam.connectors.stores.archive_segment import temporary
from newsbeam.pipelines import batch, engine, graph, inputs, stopping
from newsbeam.pipelines.demo.server import DemoServer
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.report import Report, total
from newsbeam.pipelines.request import Request
from newsbeam.pipelines.stages.extract import SETTLED, _Extract
from newsbeam.records import COLLECTIONS, Entry, Origin, Page, Rejected, Text, digest
from newsbeam.transforms.tasks import Task, unread
from tests.slow.running import VOLATILE
from tests.slow.worlds import TODAY, Answer, Site, free_port, page, prose, rss

HURRIED = (
    "fetch.host_delay=0.02",
    "fetch.host_connections=4",
    "fetch.retry_wait=0.1",
    "extract.deadline=4",
    "run.slice=30",
)


def rows(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """{collection: {id: row}} without what may differ between two runs, but with `fetched_at`."""
    left_out = set(VOLATILE) - {"fetched_at"}
    found: dict[str, dict[str, dict[str, Any]]] = {collection: {} for collection in COLLECTIONS}
    for collection in COLLECTIONS:
        for file in (folder / collection).glob("*.jsonl"):
            for row in map(json.loads, file.read_text("utf-8").splitlines()):
                found[collection][row["id"]] = {name: row[name] for name in row if name not in left_out}
    return found


def archived(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def linkless(base: str) -> dict[str, Answer]:
    """A feed with a story that has no page, and others whose page says nothing, is there, is blank, is not found."""
    text = "".join(f"<p>{one}</p>" for one in prose(5, paragraphs=4))
    silent = "".join(f"<p>{one}</p>" for one in prose(6, paragraphs=4))
    lost = "".join(f"<p>{one}</p>" for one in prose(8, paragraphs=4))
    feed = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Post</title><link>{base}/</link>
      <item><guid isPermaLink="false">no-page-1</guid><title>A note &amp; a bell</title>
        <pubDate>Thu, 19 Nov 2026 08:00:00 GMT</pubDate><description><![CDATA[{text}]]></description></item>
      <item><link>{base}/silent</link><title>Silent</title><description><![CDATA[{silent}]]></description></item>
      <item><link>{base}/told</link><title>Told by its feed</title><author>Ana Lind</author></item>
      <item><link>{base}/blank</link><title>Blank</title><description><![CDATA[{silent} Blank.]]></description></item>
      <item><link>{base}/lost</link><title>Lost</title><description><![CDATA[{lost}]]></description></item>
      <item><link>{base}/teased</link><title>Teased</title><description>A summary of one line.</description></item>
    </channel></rss>"""
    return {
        "/feed": ("application/rss+xml", feed.encode()),
        "/silent": ("text/html", b"<html><body><nav>Menu</nav></body></html>"),
        "/told": ("text/html; charset=utf-8", page("Told", prose(7, paragraphs=5))),
        "/blank": ("text/html", b"  \n "),
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Report], list[dict[str, bytes]]]:
    """Two runs over the demo's world and a site of our own, then one over what they archived."""
    folder = tmp_path_factory.mktemp("archive")
    stopping.reset()
    answers: dict[str, Answer] = {}
    with DemoServer(port=free_port(), today=TODAY) as server, Site(answers) as site:
        site.answers.update(linkless(site.base))
        request = Request(
            feeds=(server.opml_url, f"{site.base}/feed"),
            stores=(f"jsonl:{folder}/out", f"warc:{folder}/kept"),
            allow=(f"127.0.0.0/8:{server.port}", f"127.0.0.1/32:{site.port}"),
            settings=load(assignments=HURRIED),
            beam=("--runner=FnApiRunner",),
        )
        reports, states = [batch.run(request)], [archived(folder / "kept")]
        reports.append(batch.run(request))
        states.append(archived(folder / "kept"))
    again = Request(
        warc=(f"{folder}/kept/**/*.warc.gz",),
        stores=(f"jsonl:{folder}/again", f"warc:{folder}/not-again"),
        settings=load(assignments=HURRIED),
        beam=("--runner=FnApiRunner",),
    )
    reports.append(batch.run(again))
    return folder, reports, states


World = tuple[Path, list[Report], list[dict[str, bytes]]]


def test_what_is_read_again_is_the_same_in_every_field(world: World) -> None:
    folder, _, _ = world
    first, again = rows(folder / "out"), rows(folder / "again")
    assert len(first["articles"]) >= 33
    assert len(first["duplicates"]) >= 4
    assert again["articles"] == first["articles"], "fetched_at included"
    assert again["duplicates"] == first["duplicates"]
    assert all(row["feed_url"] for row in again["articles"].values())
    told = {row["title"]: row for row in again["articles"].values() if row["site"] == "Harbour Post"}
    assert told["A note & a bell"]["extracted_from"] == "feed"
    assert told["A note & a bell"]["published"] == "2026-11-19T08:00:00Z"
    assert told["Silent"]["extracted_from"] == "feed"
    assert told["Told"]["extracted_from"] == "html"
    assert told["Lost"]["extracted_from"] == "feed", "the server answers 404, and the feed has the whole story"
    assert told["Lost"]["url"].endswith("/lost")
    teased = [row for row in first["rejected"].values() if (row["url"] or "").endswith("/teased")]
    assert [(row["stage"], row["reason"]) for row in teased] == [("fetch", "http_error")]


def test_what_was_fetched_and_rejected_is_there_and_what_was_not_fetched_is_not(world: World) -> None:
    folder, _, _ = world
    first, again = rows(folder / "out")["rejected"], rows(folder / "again")["rejected"]
    assert again == {key: row for key, row in first.items() if row["stage"] == "extract"}
    assert {row["reason"] for row in again.values()} == {"parse_timeout", "not_html"}
    assert {row["stage"] for row in first.values()} >= {"poll", "fetch", "extract"}


def test_every_page_is_there_once_and_counted(world: World) -> None:
    folder, reports, _ = world
    first, again = total(reports[0].accounts), total(reports[2].accounts)
    items = [
        item
        for path in sorted((folder / "kept").rglob("*.warc.gz"))
        for item in read_warc(str(path), limit=10**6)
        if hasattr(item, "origin")
    ]
    keys = [item.origin.key for item in items]
    assert len(set(keys)) == len(keys) == again.seen
    plain = gzip.decompress(b"".join(archived(folder / "kept").values())).lower()
    assert plain.count(b"\r\netag: ") >= 33, "headers as the server sent them"
    assert plain.count(b"warc-type: response") == len(keys) - 2
    assert plain.count(b"warc-type: resource") == 2, "the demo's entry without a page, and ours"
    assert again.difference == 0
    assert (again.articles, again.duplicates) == (first.articles, first.duplicates)


def test_a_second_run_over_an_unchanged_world_adds_nothing(world: World) -> None:
    _, reports, states = world
    assert reports[1].new == 0
    assert states[1] == states[0]
    assert [Path(name).suffixes[-2:] for name in states[0]] == [[".warc", ".gz"]], "slices are joined to one file"


def test_what_came_from_an_archive_is_not_archived_again(world: World) -> None:
    folder, _, _ = world
    assert archived(folder / "not-again") == {}


def test_windows_are_archived_as_they_settle(tmp_path: Path) -> None:
    """The stream's graph, its ticks in three windows: each has a segment of its own, and the commits join them."""
    stopping.reset()
    answers: dict[str, Answer] = {f"/{n}": ("text/html", page(f"Story {n}", prose(n, paragraphs=4))) for n in range(6)}
    now = time.time() // 10 * 10  # ticks of long ago take nothing up
    with Site(answers) as site:
        site.answers["/feed"] = rss(site.base, [*answers])
        request = Request(
            feeds=(f"{site.base}/feed",),
            stores=(f"jsonl:{tmp_path}/out", f"warc:{tmp_path}/kept"),
            allow=(f"127.0.0.1/32:{site.port}",),
            settings=load(assignments=HURRIED),
        )
        with engine.opened(request, endless=True) as (job, state):
            state.subscribe(inputs.feeds_of(request), epoch=job.epoch)
            with beam.Pipeline(runner="FnApiRunner") as pipeline:
                ticks = (
                    pipeline
                    | beam.Create([3, 13, 23], reshuffle=False)
                    | beam.Map(lambda second: TimestampedValue(Tick(polls=4 - second, claims=2), now + second))
                    | beam.WindowInto(FixedWindows(10))
                )
                graph.build(ticks, job)
            with state.read() as connection:
                query = sa.select(schema.places.c.id).where(schema.places.c.store.like("warc:%"))
                segments = connection.execute(query).scalars().all()
    assert len(segments) == 3
    (path,) = (tmp_path / "kept").rglob("*.*")
    found = [item for item in read_warc(str(path), limit=100) if isinstance(item, Page)]
    assert sorted(item.url for item in found) == sorted(site.base + one for one in answers if one != "/feed")
    assert {item.entry.feed_url for item in found if item.entry} == {f"{site.base}/feed"}


class Pool:
    """A pool whose work is done when the test says so."""

    def __init__(self) -> None:
        self.tasks: list[tuple[Task, Future[Rejected]]] = []

    def submit(self, _target: str, task: Task, *, deadline: float) -> "Future[Rejected]":
        assert deadline > 0
        future: Future[Rejected] = Future()
        self.tasks.append((task, future))
        return future

    def end(self, number: int) -> None:
        task, future = self.tasks[number]
        future.set_result(unread(task.source, "no_text", "none", now=task.now))


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Pool, Path]]:
    """The extract stage's DoFn as an engine would drive it."""
    stopping.reset()
    pool, url = Pool(), f"warc:{tmp_path}/kept"
    state = f"sqlite:///{tmp_path}/state.db"
    job = Job(state_url=state, store_urls=("jsonl:x", url), settings=Settings(), epoch=7, run_id="run")
    monkeypatch.setattr(Job, "pool", lambda _: pool)
    monkeypatch.setattr(Job, "workers", 1)
    made: Any = _Extract(job, archive=True)
    made.start_bundle()
    yield made, pool, tmp_path / "kept" / "pages"
    stopping.reset()


def story(number: int) -> Page:
    url = f"https://post.example/{number}"
    entry = Entry(key=digest("feed", url), feed_url="https://post.example/feed", url=url)
    return Page(url=url, body=b"<html></html>", fetched_at="2026-11-20T10:00:00Z", origin=entry.origin, entry=entry)


def segments(outputs: list[Any]) -> list[Segment]:
    found = [one.value.value for one in outputs if isinstance(one, TaggedOutput) and one.tag == SETTLED]
    return [one for one in found if isinstance(one, Segment)]


def addresses(folder: Path, segment: Segment) -> list[str]:
    path = temporary(folder, segment.name, 7)
    assert path.stat().st_size == segment.bytes
    return sorted(item.url for item in read_warc(str(path), limit=100) if isinstance(item, Page))


HERE, NOW = GlobalWindow(), Timestamp(7)


def test_a_stopped_bundle_keeps_what_it_hands_on_and_nothing_else(bundle: tuple[Any, Pool, Path]) -> None:
    dofn, pool, folder = bundle
    outputs: list[Any] = []
    for number in range(4):
        outputs += dofn.process(story(number), HERE, NOW)
    pool.end(0)
    pool.end(2)
    outputs += dofn.process(story(4), HERE, NOW)
    stopping.request()
    outputs += dofn.process(story(5), HERE, NOW)
    outputs += dofn.finish_bundle()
    (segment,) = segments(outputs)
    handed_on = sorted(one.value.value.url for one in outputs if isinstance(one.value.value, Rejected))
    assert handed_on == ["https://post.example/0", "https://post.example/2"]
    assert addresses(folder, segment) == handed_on
    assert segment.records == 2


def test_each_window_has_its_own_segment(bundle: tuple[Any, Pool, Path]) -> None:
    dofn, pool, folder = bundle
    outputs: list[Any] = []
    windows = [IntervalWindow(0, 10), IntervalWindow(10, 20)]
    for number in range(4):
        outputs += dofn.process(story(number), windows[number % 2], Timestamp(number % 2 * 10 + 3))
        pool.end(number)
    outputs += dofn.finish_bundle()
    stamped = [one.value for one in outputs if isinstance(one.value.value, Segment)]
    assert [one.windows for one in stamped] == [(windows[0],), (windows[1],)]
    assert [addresses(folder, one.value) for one in stamped] == [
        ["https://post.example/0", "https://post.example/2"],
        ["https://post.example/1", "https://post.example/3"],
    ]


def test_a_bundle_without_pages_makes_no_segment(bundle: tuple[Any, Pool, Path]) -> None:
    dofn, pool, folder = bundle
    text = Text(
        url="file:/x", text="x", fetched_at="2026-11-20T10:00:00Z", origin=Origin(kind="texts", source="x", key="x")
    )
    outputs = list(dofn.process(text, HERE, NOW))
    pool.end(0)
    outputs += dofn.finish_bundle()
    assert segments(outputs) == []
    assert not folder.exists()


def test_a_bundle_that_failed_leaves_no_segment_to_the_next_one(bundle: tuple[Any, Pool, Path]) -> None:
    dofn, pool, folder = bundle
    list(dofn.process(story(0), HERE, NOW))
    pool.end(0)
    list(dofn.process(story(1), HERE, NOW))
    assert len(list(folder.rglob("*.tmp"))) == 1
    dofn.start_bundle()
    assert list(folder.rglob("*.tmp")) == []
    assert segments(list(dofn.finish_bundle())) == []
