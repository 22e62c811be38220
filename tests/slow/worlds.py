"""Worlds to take in: the demo's, sites that misbehave, archives and files made of the demo's pages."""

import asyncio
import datetime
import gzip
import random
import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from newsbeam.pipelines.demo import world as demo

TODAY = datetime.date(2026, 11, 20)
QUICK = ("--set", "fetch.host_delay=0.05", "--set", "fetch.retry_wait=0.1", "--set", "extract.deadline=4")
"""Loopback needs little politeness, and no page of the demo's needs ten seconds but the one that never ends."""


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def allowed(port: int) -> tuple[str, str]:
    """The option that lets the fetcher connect to loopback at this port."""
    return "--allow-address", f"127.0.0.0/8:{port}"


class Silence:
    """An answer that never comes."""


Answer = tuple[str, bytes] | Silence
"""Content type and body."""


class Site:
    """A site on loopback with the answers it is given; everything else is not found."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.answers = dict(answers)
        self.asked: list[str] = []
        self.heads: list[str] = []
        self._up = threading.Event()
        self._stop: tuple[asyncio.AbstractEventLoop, asyncio.Event]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop, stop = self._stop
        loop.call_soon_threadsafe(stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        stop = asyncio.Event()
        self._stop = asyncio.get_running_loop(), stop
        server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self._up.set()
        await stop.wait()
        server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            self.asked.append(path)
            self.heads.append(head.decode("latin-1"))
            found = self.answers.get(path)
            if isinstance(found, Silence):
                await self._stop[1].wait()
                return
            status, kind, body = ("404 Not Found", "text/plain", b"") if found is None else ("200 OK", *found)
            lines = (
                f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(lines.encode() + body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def rss(base: str, paths: Iterable[str]) -> tuple[str, bytes]:
    """A feed that announces these paths."""
    items = "".join(f"<item><title>Story {path}</title><link>{base}{path}</link></item>" for path in paths)
    text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Post</title>{items}</channel></rss>'
    return "application/rss+xml", text.encode()


_WORDS = (
    "harbour council bridge ferry winter school market museum island engine border river garden budget theatre strike "
    "forest doctor teacher station kitchen library ticket window summer morning village railway fisher baker captain "
    "mayor judge painter farmer nurse glacier meadow orchard chapel castle valley tunnel canal ladder basket candle "
    "blanket mirror pocket button needle hammer anchor saddle whistle drum violin trumpet opened closed carried "
    "painted repaired promised refused answered travelled gathered measured borrowed divided collected followed "
    "finished started quiet narrow distant golden broken hidden sudden careful gentle bitter ancient wooden crowded"
).split()


def prose(seed: int, *, paragraphs: int = 30, sentences: int = 5) -> list[str]:
    """Paragraphs of made-up English that no other seed shares."""
    chance = random.Random(seed)

    def sentence() -> str:
        chosen = [chance.choice(_WORDS) for _ in range(chance.randint(12, 20))]
        return f"The {' '.join(chosen[:5])} of the {' '.join(chosen[5:9])}, and {' '.join(chosen[9:])}."

    return [" ".join(sentence() for _ in range(sentences)) for _ in range(paragraphs)]


def page(title: str, paragraphs: Sequence[str], *, canonical: str = "") -> bytes:
    """A story's page."""
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    text = "".join(f"<p>{one}</p>" for one in paragraphs)
    menu = "".join(f'<li><a href="/section/{number}">Section {number}</a></li>' for number in range(12))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{link}</head><body>'
        f"<nav><ul>{menu}</ul></nav><article><h1>{title}</h1>{text}</article>"
        f"<footer><p>Harbour Post</p></footer></body></html>"
    ).encode()


def slow_page() -> bytes:
    """A page just below the size limit, on which the parser works for many seconds."""
    words = " ".join(f"<b>{_WORDS[step % 89]}</b> {_WORDS[step * 7 % 97 % len(_WORDS)]}" for step in range(430_000))
    return f"<!DOCTYPE html><html><body><article><h1>A transcript</h1><p>{words}</p></article></body></html>".encode()


def demo_pages() -> dict[str, bytes]:
    """The address and HTML of every story of the demo's world, but for the page that hangs parsers."""
    port = 18_733
    made = demo.build(port=port, today=TODAY)
    hanging = {one.url for one in made.truth if one.role == "hanging"}
    return {
        url: answer.body
        for (host, path), answer in made.pages.items()
        if answer.content_type.startswith("text/html") and (url := f"http://{host}:{port}{path}") not in hanging
    }


def warc_record(url: str, body: bytes, date: str) -> bytes:
    """A WARC/1.0 response record as a gzip member (ISO 28500, annex C)."""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + http + b"\r\n\r\n", mtime=0)


def write_warc(path: Path, records: Iterable[bytes]) -> str:
    """An archive of these records; its path as the option takes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        out.writelines(records)
    return str(path)
