"""Every way in which a server can fail to answer, over real sockets."""

import asyncio
import gzip
import socket
import threading
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from newsbeam.connectors.http.client import FetchFailed, Response

Get = Callable[..., Response]
Failure = Callable[..., FetchFailed]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def says(data: bytes, *, then: str = "close") -> Callable[[Any, Any], Any]:
    """A handler that sends these bytes, and then closes, resets or waits for the client to go."""

    async def handler(_: Any, line: Any) -> None:
        await line.raw(data)
        if then == "wait":
            await line.reader.read(1)
            line.close()
        else:
            await asyncio.sleep(0.02)
            line.reset() if then == "reset" else line.close()

    return handler


@pytest.mark.parametrize(
    ("data", "then", "reason", "transient"),
    [
        (b"", "close", "connection_failed", True),
        (b"", "reset", "connection_failed", True),
        (HEAD, "close", "connection_failed", True),
        (HEAD + b"Content-Length: 100\r\n\r\n<p>half", "close", "truncated", True),
        (HEAD + b"Content-Length: 100\r\n\r\n<p>half", "reset", "truncated", True),
        (CHUNKED + b"7\r\n<p>half\r\n", "close", "truncated", True),
        (CHUNKED + b"7\r\n<p>half\r\n", "reset", "truncated", True),
        (HEAD + b"Content-Length: 100\r\n\r\n<p>half", "wait", "timeout", True),
        (b"", "wait", "timeout", True),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", "wait", "timeout", True),
        (CHUNKED + b"ZZZ\r\n<p>half\r\n", "close", "bad_response", False),
        (CHUNKED + b"3\r\n<p>\r\nZZZ\r\n<p>half\r\n", "close", "bad_response", False),
        (b"\x16\x03\x01 not http\r\n\r\n", "close", "bad_response", False),
        (HEAD + b"Content-Length: -1\r\n\r\nx", "close", "bad_response", False),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nxxxxx", "close", "bad_response", False),
        (HEAD + b"X-Big: " + b"a" * 200_000 + b"\r\n\r\n", "close", "too_large", False),
        (HEAD + b"X: 1\r\n" * 5000 + b"\r\n", "close", "too_large", False),
        (HEAD + (b"X-Part: " + b"a" * 300 + b"\r\n") * 300 + b"\r\n", "close", "too_large", False),
        (HEAD + b"Content-Length: 10737418240\r\n\r\n<p>", "wait", "too_large", False),
    ],
    ids=lambda value: str(value)[-24:] if isinstance(value, bytes) else None,
)  # fmt: skip
def test_broken_answers(server: Any, failure: Failure, data: bytes, then: str, reason: str, transient: bool) -> None:
    told = failure(server.on("/a", says(data, then=then)), deadline=0.6 if reason == "timeout" else 5.0)
    assert (told.reason, told.transient) == (reason, transient), told.detail
    assert len(server.seen) == 1


@pytest.mark.parametrize("start", [b"", HEAD, HEAD + b"Content-Length: 5000\r\n\r\n<p>half"])
def test_an_idle_server_ends_before_the_deadline(server: Any, failure: Failure, start: bytes) -> None:
    told = failure(server.on("/a", says(start, then="wait")), idle_timeout=0.3, connect_timeout=2.0, deadline=600.0)
    assert (told.reason, told.detail) == ("timeout", "nothing for 0.3 s (fetch.idle_timeout)")


def test_a_server_that_goes_on_sending_is_not_idle(server: Any, get: Get) -> None:
    async def slow(_: Any, line: Any) -> None:
        await line.raw(HEAD + b"Content-Length: 100\r\n\r\n")
        for _ in range(20):
            await asyncio.sleep(0.1)
            await line.raw(b"<p>a ")

    assert len(get(server.on("/a", slow), idle_timeout=0.6, deadline=600.0).body) == 100


@pytest.mark.parametrize(
    ("start", "over"), [(b"", "fetch.idle_timeout"), (HEAD + b"Content-Length: 5000\r\n\r\n", "fetch.deadline")]
)
def test_a_trickle_ends_in_time(server: Any, failure: Failure, start: bytes, over: str) -> None:
    async def trickle(_: Any, line: Any) -> None:
        await line.raw(start or b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(500):
            await asyncio.sleep(0.05)
            await line.raw(b"a")

    told = failure(server.on("/a", trickle), deadline=0.6, idle_timeout=0.4)
    assert told.reason == "timeout"
    assert over in told.detail


@pytest.mark.parametrize("framing", [CHUNKED, HEAD + b"Connection: close\r\n\r\n"])
def test_an_endless_body_stops_at_the_limit(server: Any, failure: Failure, framing: bytes) -> None:
    sent = 0
    block = b"<p>endless words</p>" * 500

    async def endless(_: Any, line: Any) -> None:
        nonlocal sent
        await line.raw(framing)
        while True:
            await line.raw(b"%x\r\n%s\r\n" % (len(block), block) if framing is CHUNKED else block)
            sent += len(block)

    told = failure(server.on("/a", endless), max_page=100_000)
    assert told.reason == "too_large"
    assert sent < 20_000_000


def test_a_bomb_stops_at_the_limit(server: Any, failure: Failure) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    told = failure(server.page("/a", body=bomb, Content_Encoding="gzip"), "feed", max_feed=1_000_000)
    assert told.reason == "too_large"


def test_a_gzip_stream_without_its_end_is_truncated_under_a_right_length(server: Any, failure: Failure) -> None:
    half = gzip.compress(b"<p>words</p>" * 500)[:-9]
    told = failure(server.page("/a", body=half, Content_Encoding="gzip"))
    assert (told.reason, told.transient) == ("truncated", True)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "x-unknown", "gzip", "deflate"])
def test_encodings_that_are_not_what_they_say(server: Any, failure: Failure, encoding: str) -> None:
    body = gzip.compress(zlib.compress(b"x")) if "," in encoding else b"<html><p>plain</p></html>"
    assert failure(server.page("/a", body=body, Content_Encoding=encoding)).reason == "bad_encoding"


def test_interim_answers_are_passed_over(server: Any, get: Get) -> None:
    async def hints(_: Any, line: Any) -> None:
        await line.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x.css>; rel=preload\r\n\r\n")
        await line.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
        await line.send()

    assert get(server.on("/a", hints)).status == 200


def test_nobody_listens(failure: Failure, server: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    told = failure(server.base + "/a")
    assert (told.reason, told.transient) == ("connection_failed", True)


def test_tls_to_a_plain_port(server: Any, failure: Failure) -> None:
    def answer() -> None:
        client, _ = listening.accept()
        with client:
            client.recv(4096)
            client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(5)
        server.port = listening.getsockname()[1]
        thread = threading.Thread(target=answer)
        thread.start()
        told = failure(server.base.replace("http:", "https:") + "/a")
        thread.join()
    assert (told.reason, told.transient) == ("tls_failed", False)


def test_a_kept_connection_that_the_server_gives_up_costs_no_try(server: Any, fetcher: Any) -> None:
    async def drop_once(_: Any, line: Any) -> None:
        if server.paths().count("/drop") == 1:
            line.close()
        else:
            await line.send()

    server.page("/a")
    server.on("/drop", drop_once)

    async def work() -> None:
        made = fetcher(tries=1)
        for path in ("/a", "/a", "/drop"):
            assert (await made.get(server.base + path, kind="page")).status == 200
        await made.aclose()

    asyncio.run(work())
    assert server.paths() == ["/a", "/a", "/drop", "/drop"]
    assert server.connections == 2


def test_a_new_connection_that_breaks_is_not_silently_tried_again(server: Any, failure: Failure) -> None:
    assert failure(server.on("/a", says(b"")), tries=1).reason == "connection_failed"
    assert server.paths() == ["/a"]


@pytest.mark.parametrize("late", [0.0, 0.05])
def test_an_unasked_second_answer_never_answers_another_request(server: Any, fetcher: Any, late: float) -> None:
    """What arrived before a request left cannot be its answer; bytes still under way then cannot be told from one."""
    poison = HEAD + b"Content-Length: 15\r\n\r\n<p>POISONED</p>"

    async def smuggle(_: Any, line: Any) -> None:
        await line.send()
        await asyncio.sleep(late)
        await line.raw(poison)

    server.on("/smuggle", smuggle)
    server.page("/next")

    async def work() -> list[bytes]:
        made = fetcher(host_connections=1)
        bodies = []
        for path in ("/smuggle", "/next", "/smuggle", "/next"):
            bodies.append((await made.get(server.base + path, kind="page")).body)
            await asyncio.sleep(0.1 + late * 2)
        await made.aclose()
        return bodies

    assert not any(b"POISONED" in body for body in asyncio.run(work()))
