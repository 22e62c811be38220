"""How often hosts are asked, measured by the hosts: with one process and with eight, nothing beyond the settings."""

import asyncio
import itertools
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.postgres import Server
from tests.slow.in_postgres import PostgresStore
from tests.slow.running import start
from tests.slow.worlds import page, prose, rss

pytestmark = [pytest.mark.slow, pytest.mark.alone]

HOSTS, STORIES, DELAY, WIDE = 6, 8, 0.4, 3
ROBOTS = b"User-agent: *\nDisallow: /private/\n"
EIGHT = ("--runner=FnApiRunner", "--direct_running_mode=multi_processing", "--direct_num_workers=8")


@dataclass
class Hosts:
    """Hosts on 127.0.0.1 and further. By host: what was asked for and when, how many requests at a time."""

    port: int = 0
    asked: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    in_flight: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                self.asked[host].append((time.monotonic(), path))
                self.in_flight[host] += 1
                self.most[host] = max(self.most[host], self.in_flight[host])
                await asyncio.sleep(0.05)
                kind, body = self._answer(host, path)
                self.in_flight[host] -= 1
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
                writer.write(body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, host: str, path: str) -> tuple[str, bytes]:
        if path == "/robots.txt":
            return "text/plain", ROBOTS
        if path == "/feed":
            paths = [f"/story/{number}" for number in range(STORIES)] + ["/private/1", "/private/2"]
            return rss(f"http://{host}:{self.port}", paths)
        return "text/html", page(f"Story {host} {path}", prose(hash((host, path)) & 0xFFFF, paragraphs=4))


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    made, loop, up = Hosts(), asyncio.new_event_loop(), threading.Event()

    async def listen() -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            made.port = probe.getsockname()[1]
        for number in range(1, HOSTS + 1):
            await asyncio.start_server(made.serve, f"127.0.0.{number}", made.port)
        up.set()

    def run() -> None:
        loop.create_task(listen())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert up.wait(10)
    yield made
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.mark.parametrize("workers", [(), EIGHT], ids=["one process", "eight processes"])
def test_no_host_is_asked_more_often_than_it_is_set(
    tmp_path: Path, hosts: Hosts, postgres_server: Server, workers: tuple[str, ...]
) -> None:
    store = PostgresStore(postgres_server.database())
    feeds, wide = tmp_path / "feeds.txt", f"127.0.0.{HOSTS}"
    feeds.write_text("".join(f"http://127.0.0.{number}:{hosts.port}/feed\n" for number in range(1, HOSTS + 1)))
    options = ("run", "--feeds", str(feeds), *store.options, "--allow-address", f"127.0.0.0/8:{hosts.port}")
    settings = (f"fetch.host_delay={DELAY}", f"hosts.{wide}.delay=0", f"hosts.{wide}.connections={WIDE}")
    begun = start(tmp_path, *options, *workers, *(part for one in settings for part in ("--set", one)))
    # It is only waited for: looking at all processes would keep the hosts of this process from looking at the clock.
    assert begun.process.wait(400) == 0, begun.said
    assert "difference 0, pending 0" in begun.said, begun.said
    assert f"skipped {2 * HOSTS} (robots {2 * HOSTS})" in begun.said, begun.said
    assert len(hosts.asked) == HOSTS
    for host, requests in hosts.asked.items():
        paths = [path for _, path in requests]
        assert not any(path.startswith("/private/") for path in paths), host
        assert sorted(set(paths)) == sorted({"/feed", "/robots.txt", *(f"/story/{one}" for one in range(STORIES))})
        gaps = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(requests)]
        if host == wide:
            assert hosts.most[host] <= WIDE, host
        else:
            assert hosts.most[host] == 1, host
            assert min(gaps) >= DELAY * 0.95, f"{host}: {min(gaps):.3f} s between two requests"
    assert hosts.most[wide] > 1, "its setting allows more than one"
