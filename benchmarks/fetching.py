"""Pages a second of our fetcher, side by side in one run with a bare aiohttp loop that fetches the same.

    python benchmarks/fetching.py [--hosts 500] [--pages 20] [--rounds 9]

Hosts are addresses of loopback, served by a process of its own that answers after 20 ms. Both sides ask each
host for one page at a time and all hosts at once, without robots.txt and without a delay.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median

import aiohttp

from newsbeam.config.tables import Fetch
from newsbeam.connectors.http.fetcher import Fetcher
from newsbeam.connectors.http.guard import AllowedAddress

ANSWER_AFTER = 0.02
BODY = (
    b"<!doctype html><html><head><title>T</title></head><body>" + b"<p>Words of a story.</p>" * 800 + b"</body></html>"
)

Get = Callable[[str], Awaitable[int]]


def addresses(count: int) -> list[str]:
    """So many addresses of loopback."""
    return [f"127.0.{1 + number // 250}.{1 + number % 250}" for number in range(count)]


async def serve(count: int) -> None:
    """Answer at all of them, at one port, until the process is ended."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(ANSWER_AFTER)
                writer.write(head + BODY)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    first = await asyncio.start_server(answer, addresses(1)[0], 0)
    port = first.sockets[0].getsockname()[1]
    for one in addresses(count)[1:]:
        await asyncio.start_server(answer, one, port)
    print(json.dumps({"port": port}), flush=True)
    await asyncio.Event().wait()


async def fetch(get: Get, hosts: list[str], port: int, pages: int, tag: str) -> float:
    """Seconds for all pages of all hosts, one page of a host at a time."""

    async def lane(host: str) -> None:
        for number in range(pages):
            assert await get(f"http://{host}:{port}/{tag}/{number}") == len(BODY)

    started = time.perf_counter()
    await asyncio.gather(*map(lane, hosts))
    return time.perf_counter() - started


async def bare(hosts: list[str], port: int, pages: int, tag: str) -> float:
    """The same by aiohttp alone."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def get(url: str) -> int:
            async with session.get(url) as answer:
                return len(await answer.read())

        return await fetch(get, hosts, port, pages, tag)


async def ours(hosts: list[str], port: int, pages: int, tag: str) -> float:
    """The same by newsbeam's fetcher."""
    fetcher = Fetcher(
        fetch=Fetch(host_delay=0, connections=1024, robots=False),
        hosts={},
        allow=[AllowedAddress.parse(f"127.0.0.0/8:{port}")],
        user_agent="newsbeam/0 (benchmark)",
    )

    async def get(url: str) -> int:
        return len((await fetcher.get(url, kind="page")).body)

    try:
        return await fetch(get, hosts, port, pages, tag)
    finally:
        await fetcher.aclose()


def main() -> None:
    """Run both in turn and print each round's pages a second, and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--pages", type=int, default=20, help="of each host, in each round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        asyncio.run(serve(args.hosts))
        return
    command = [sys.executable, __file__, "--serve", "--hosts", str(args.hosts)]
    hosts, speeds = addresses(args.hosts), {"aiohttp": list[float](), "newsbeam": list[float]()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = json.loads(server.stdout.readline())["port"]
            for number in range(args.rounds):
                for name, work in (("aiohttp", bare), ("newsbeam", ours)):
                    seconds = asyncio.run(work(hosts, port, args.pages, f"{name}{number}"))
                    speeds[name].append(args.hosts * args.pages / seconds)
                    print(f"{name:10} {speeds[name][-1]:8.0f} pages/s", flush=True)
        finally:
            server.terminate()
    each = {name: median(found) for name, found in speeds.items()}
    print(f"newsbeam {each['newsbeam']:.0f} pages/s, {each['newsbeam'] / each['aiohttp']:.2f} of bare aiohttp")


if __name__ == "__main__":
    main()
