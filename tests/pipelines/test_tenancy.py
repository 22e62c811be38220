"""Worker processes that fetch from one host through one state."""

import contextlib
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline

from newsbeam.config.settings import load
from newsbeam.config.tables import Fetch
from newsbeam.connectors.http import tenure
from newsbeam.connectors.http.fetcher import Fetcher
from newsbeam.connectors.http.guard import AllowedAddress
from newsbeam.connectors.state.errors import StateError
from newsbeam.connectors.state.state import State, open_state, this_owner
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages.fetch import FetchPages
from newsbeam.pipelines.tenancy import StateTenure
from newsbeam.records import Entry
from tests.postgres import Server

PAGE = b"<!doctype html><html><head><title>T</title></head><body><p>Words of a story.</p></body></html>"
WORKER = """
import asyncio, json, sys, time
from newsbeam.config.tables import Fetch
from newsbeam.connectors.http.fetcher import Fetcher
from newsbeam.connectors.http.gate import Passage
from newsbeam.connectors.http.guard import AllowedAddress
from newsbeam.connectors.state.state import open_state, this_owner
from newsbeam.pipelines.tenancy import StateTenure

state_url, port, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
moments, left = [], Passage.left

def noted(self, *, reused):
    moments.append(time.monotonic())
    left(self, reused=reused)

Passage.left = noted

async def work():
    fetcher = Fetcher(
        fetch=Fetch(robots=False, tries=1, **settings),
        hosts={},
        allow=[AllowedAddress.parse(f"127.0.0.1:{port}")],
        user_agent="newsbeam/0",
        tenure=StateTenure(open_state(state_url), this_owner()),
    )
    pages = (fetcher.get(f"http://127.0.0.1:{port}/{n}", kind="page") for n in range(20))
    answers = await asyncio.gather(*pages)
    await fetcher.aclose()
    return [answer.status for answer in answers]

print("ready", flush=True)
sys.stdin.readline()
statuses = asyncio.run(work())
print(json.dumps({"statuses": statuses, "moments": moments}))
"""


@dataclass
class Site:
    """A site on loopback. most: requests that it worked on at one time."""

    port: int = 0
    asked: int = 0
    working: int = 0
    most: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def work(self, seconds: float) -> None:
        with self.guard:
            self.asked += 1
            self.working += 1
            self.most = max(self.most, self.working)
        time.sleep(seconds)
        with self.guard:
            self.working -= 1


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # a worker was killed
                super().handle()

        def do_GET(self) -> None:
            made.work(0.005)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def worker(state_url: str, site: Site, **settings: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, state_url, str(site.port), json.dumps(settings)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def begin(workers: list[subprocess.Popen[str]]) -> None:
    """Let workers that have started fetch, all at once."""
    for one in workers:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in workers:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()


def outcome(one: subprocess.Popen[str]) -> list[float]:
    """When the worker's requests left; it got all its pages and had nothing to complain of."""
    out, complaints = one.communicate(timeout=60)
    assert (one.returncode, complaints) == (0, "")
    found = json.loads(out)
    assert found["statuses"] == [200] * 20
    return list(found["moments"])


def test_two_workers_ask_a_host_one_after_the_other_with_the_gap_between_them(postgres: str, site: Site) -> None:
    delay = 0.05
    open_state(postgres).close()
    workers = [worker(postgres, site, host_delay=delay) for _ in range(2)]
    begin(workers)
    each = [outcome(one) for one in workers]
    moments = sorted(itertools.chain(*each))
    assert (site.asked, site.most) == (40, 1)
    assert min(b - a for a, b in itertools.pairwise(moments)) >= delay - 0.001
    assert max(map(min, each)) < min(map(max, each)), "they fetched at the same time, in turns"


def test_a_worker_that_was_killed_keeps_its_host_from_no_other(postgres: str, site: Site) -> None:
    open_state(postgres).close()
    killed, other = (worker(postgres, site, host_delay=0.05, deadline=12) for _ in range(2))
    begin([killed])
    while site.asked < 3:
        assert killed.poll() is None
        time.sleep(0.005)
    killed.kill()
    killed.communicate()
    begun = time.monotonic()
    begin([other])
    waited = min(outcome(other)) - begun
    assert waited < 12 * tenure.LEASE - 1, "the lease of a dead process of this machine is not waited for"


def test_a_state_that_is_away_fails_the_request_and_says_so(postgres_server: Server, site: Site) -> None:
    url = postgres_server.database()
    state = open_state(url)
    fetcher = Fetcher(
        fetch=Fetch(robots=False, tries=1),
        hosts={},
        allow=[AllowedAddress.parse(f"127.0.0.1:{site.port}")],
        user_agent="newsbeam/0",
        tenure=StateTenure(state, this_owner()),
    )
    postgres_server.drop(url)
    with pytest.raises(StateError, match="cannot be used"):
        fetcher.submit(fetcher.get(f"http://127.0.0.1:{site.port}/1", kind="page")).result(30)
    assert site.asked == 0
    fetcher.close()
    state.close()


def test_a_job_asks_the_state_for_hosts_where_several_processes_work(tmp_path: Path) -> None:
    alone = Job(state_url=f"sqlite:///{tmp_path}/s.db", store_urls=(), settings=load(), epoch=1, run_id="r")
    spread = replace(alone, spread=True)
    assert alone.fetcher() is alone.fetcher()
    assert spread.fetcher() is replace(spread, epoch=2).fetcher()
    assert spread.fetcher() is not alone.fetcher()
    assert spread.fetcher() is not replace(spread, state_url=f"sqlite:///{tmp_path}/other.db").fetcher()


def test_the_fetch_stage_fails_with_the_state_and_rejects_nothing_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: State, host: str, **more: object) -> None:
        raise StateError("the state cannot be used: the server has stopped")

    monkeypatch.setattr(State, "take_host", away)
    settings = load(assignments=["fetch.robots=false"])
    url = f"sqlite:///{tmp_path}/s.db"
    job = Job(state_url=url, store_urls=(), settings=settings, epoch=1, run_id="r", spread=True)
    entry = Entry(key="k", feed_url="https://a.example/feed", url="https://a.example/1")
    with pytest.raises(Exception, match="the server has stopped"), TestPipeline(runner="FnApiRunner") as pipeline:
        pipeline | beam.Create([("a.example", entry)]) | FetchPages(job)
