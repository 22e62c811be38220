import asyncio
import email.utils
import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest

from newsbeam.config.tables import Fetch, Host
from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.http.fetcher import Fetcher, shared_fetcher
from newsbeam.connectors.http.gate import Passage
from newsbeam.connectors.http.guard import AllowedAddress
from newsbeam.connectors.http.loop import background

Get = Callable[..., Response]
Failure = Callable[..., FetchFailed]


def fails(times: int, status: int = 503, **headers: str) -> Callable[[Any, Any], Any]:
    """A handler that answers badly so many times, and then well."""
    left = [None] * times

    async def handler(_: Any, line: Any) -> None:
        if left:
            left.pop()
            await line.send(status, b"busy", **headers)
        else:
            await line.send()

    return handler


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(server: Any, get: Get, status: int) -> None:
    assert get(server.on("/a", fails(2, status)), tries=3).status == 200
    assert len(server.seen) == 3


def test_tries_are_bounded_and_counted(server: Any, failure: Failure) -> None:
    told = failure(server.page("/a", 500), tries=3)
    assert (told.reason, told.transient, told.attempts) == ("unavailable", True, 3)
    assert len(server.seen) == 3


@pytest.mark.parametrize(("asked", "made"), [(1, 1), (2, 2), (9, 3), (None, 3)])
def test_a_caller_may_ask_for_fewer_tries(server: Any, fetcher: Any, asked: int | None, made: int) -> None:
    url = server.page("/a", 500)

    async def work() -> FetchFailed:
        own = fetcher(tries=3)
        try:
            with pytest.raises(FetchFailed) as caught:
                await own.get(url, kind="feed", tries=asked)
        finally:
            await own.aclose()
        return caught.value

    assert asyncio.run(work()).attempts == made
    assert len(server.seen) == made


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_is_final_is_asked_once(server: Any, failure: Failure, status: int) -> None:
    assert failure(server.page("/a", status), tries=5).attempts == 1
    assert len(server.seen) == 1


def test_half_a_body_is_asked_for_again(server: Any, get: Get) -> None:
    broken = [None, None]

    async def handler(_: Any, line: Any) -> None:
        if broken:
            broken.pop()
            await line.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n<p>half")
            line.close()
        else:
            await line.send()

    assert get(server.on("/a", handler), tries=3).status == 200
    assert len(server.seen) == 3


def test_retry_after_in_seconds_is_kept(server: Any, get: Get) -> None:
    assert get(server.on("/a", fails(1, 429, Retry_After="1")), tries=2).status == 200
    first, second = server.seen
    assert second.at - first.at >= 1.0


def test_retry_after_as_a_date_is_kept(server: Any, get: Get) -> None:
    async def handler(_: Any, line: Any) -> None:
        if len(server.seen) == 1:
            now = time.time() - 7200  # a clock that is two hours behind
            ahead = email.utils.formatdate(now + 1, usegmt=True)
            await line.send(503, b"", Retry_After=ahead, Date=email.utils.formatdate(now, usegmt=True))
        else:
            await line.send()

    assert get(server.on("/a", handler), tries=2).status == 200
    assert server.seen[1].at - server.seen[0].at >= 1.0


def test_a_retry_after_beyond_the_runs_patience_is_handed_on(server: Any, failure: Failure) -> None:
    told = failure(server.page("/a", 429, Retry_After="86400"), tries=5)
    assert (told.reason, told.transient, told.retry_after, told.attempts) == ("unavailable", True, 86_400.0, 1)
    assert len(server.seen) == 1


def test_an_unreadable_retry_after_is_none(server: Any, failure: Failure) -> None:
    told = failure(server.page("/a", 429, Retry_After="-5, banana"), tries=2)
    assert (told.retry_after, told.attempts) == (None, 2)


def test_a_refusal_holds_back_all_requests_to_the_host(server: Any, fetcher: Any) -> None:
    server.on("/busy", fails(1, 429, Retry_After="1"))
    server.page("/other")

    async def work() -> None:
        made = fetcher(tries=2)
        first = asyncio.create_task(made.get(server.base + "/busy", kind="feed"))
        while not server.seen:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        await made.get(server.base + "/other", kind="feed")
        await first
        await made.aclose()

    asyncio.run(work())
    assert all(request.at - server.seen[0].at >= 1.0 for request in server.seen[1:])


def test_polls_robots_and_pages_of_a_host_keep_one_gap_and_one_connection_at_a_time(
    server: Any, fetcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments: list[float] = []
    leave = Passage.left

    def left(passage: Passage, *, reused: bool) -> None:
        moments.append(time.monotonic())
        leave(passage, reused=reused)

    async def slowly(_: Any, line: Any) -> None:
        await asyncio.sleep(0.03)
        await line.send()

    server.page("/robots.txt", body=b"User-agent: *\nDisallow: /private")
    for n in range(6):
        server.on(f"/{n}", slowly)

    async def work() -> None:
        made = fetcher(host_delay=0.1, host_connections=1, robots=True)
        kinds = itertools.cycle(("feed", "page", "list"))
        await asyncio.gather(*(made.get(f"{server.base}/{n}", kind=next(kinds)) for n in range(6)))
        await made.aclose()

    # Where they leave, not where the server sees them: on a busy machine one may lie for a while before it is seen.
    monkeypatch.setattr(Passage, "left", left)
    asyncio.run(work())
    assert server.paths().count("/robots.txt") == 1
    assert len(moments) == len(server.seen) == 7
    assert min(b - a for a, b in itertools.pairwise(moments)) >= 0.099
    assert server.most_in_flight == 1


def test_connections_to_a_host_are_bounded_by_its_own_setting(server: Any, fetcher: Any) -> None:
    async def slowly(_: Any, line: Any) -> None:
        await asyncio.sleep(0.05)
        await line.send()

    server.on("/a", slowly)

    async def work() -> None:
        made = fetcher(host_connections=1, host_delay=3600.0, hosts={"127.0.0.1": Host(delay=0.0, connections=3)})
        await asyncio.gather(*(made.get(f"{server.base}/a?{n}", kind="feed") for n in range(12)))
        await made.aclose()

    asyncio.run(work())
    assert len(server.seen) == 12
    assert server.most_in_flight == 3


def test_a_host_that_cannot_be_reached_is_not_asked_again_and_again(server: Any, fetcher: Any) -> None:
    asked = []

    def unknown(host: str, port: int) -> list[tuple[str, int]]:
        asked.append(host)
        raise OSError("no such host")

    async def work() -> list[Any]:
        made = fetcher(tries=3, lookup=unknown)
        first = await asyncio.gather(made.get("http://gone.example/0", kind="feed"), return_exceptions=True)
        later = [made.get(f"http://gone.example/{n}", kind="feed") for n in range(50)]
        results = first + await asyncio.gather(*later, return_exceptions=True)
        await made.aclose()
        return results

    results = asyncio.run(work())
    assert {result.reason for result in results} == {"dns_failed"}
    assert [result.attempts for result in results] == [3] + [1] * 50
    assert len(asked) == 3


def test_the_fetcher_works_from_any_thread_through_its_loop(server: Any) -> None:
    made = Fetcher(
        fetch=Fetch(host_delay=0, robots=False),
        hosts={},
        allow=[AllowedAddress.parse(f"127.0.0.1:{server.port}")],
        user_agent="newsbeam/0",
    )
    url = server.page("/a")
    results = [made.submit(made.get(f"{url}?{n}", kind="page")) for n in range(5)]
    assert [result.result(10).status for result in results] == [200] * 5
    made.close()
    made.close()


def test_the_same_settings_share_one_fetcher() -> None:
    allow = [AllowedAddress.parse("127.0.0.1:8099")]

    def made(delay: float) -> Fetcher:
        hosts = {"b": Host(delay=1.0), "a": Host(delay=2.0)}
        return shared_fetcher(fetch=Fetch(host_delay=delay), hosts=hosts, allow=list(allow), user_agent="newsbeam/0")

    assert made(1.0) is made(1.0)
    assert made(1.0) is not made(2.0)
    assert background() is background()
