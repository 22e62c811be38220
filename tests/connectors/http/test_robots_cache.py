import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.http.fetcher import RobotsDisallowed

Get = Callable[..., Response]
Failure = Callable[..., FetchFailed]


def test_a_disallowed_page_is_never_asked_for(server: Any, get: Get) -> None:
    server.page("/robots.txt", body=b"User-agent: newsbeam\nDisallow: /private/", kind="text/plain")
    with pytest.raises(RobotsDisallowed, match="/private/a"):
        get(server.page("/private/a"), robots=True)
    assert server.paths() == ["/robots.txt"]


def test_a_page_comes_with_the_training_crawlers_that_are_refused_it(server: Any, get: Get) -> None:
    server.page("/robots.txt", body=b"User-agent: GPTBot\nDisallow: /a\n", kind="text/plain")
    assert get(server.page("/a"), robots=True).refused == ("GPTBot",)
    assert get(server.page("/b"), robots=True).refused == ()


@pytest.mark.parametrize("kind", ["feed", "list"])
def test_feeds_are_asked_for_without_robots(server: Any, get: Get, kind: str) -> None:
    server.page("/robots.txt", body=b"User-agent: *\nDisallow: /")
    assert get(server.page("/feed"), kind, robots=True).status == 200
    assert server.paths() == ["/feed"]


def test_robots_can_be_turned_off(server: Any, get: Get) -> None:
    server.page("/robots.txt", body=b"User-agent: *\nDisallow: /")
    assert get(server.page("/a"), robots=False).status == 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_4xx_allows_all(server: Any, get: Get, status: int) -> None:
    server.page("/robots.txt", status)
    assert get(server.page("/a"), robots=True).status == 200


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_error_forbids_all_for_now(server: Any, failure: Failure, status: int) -> None:
    server.page("/robots.txt", status)
    told = failure(server.page("/a"), robots=True, tries=3)
    assert (told.reason, told.transient) == ("robots_unreachable", True)
    assert server.paths() == ["/robots.txt"] * 3


def test_an_unreadable_answer_forbids_all_for_now(server: Any, failure: Failure) -> None:
    async def broken(_: Any, line: Any) -> None:
        await line.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nUser-agent: *")
        line.close()

    server.on("/robots.txt", broken)
    assert failure(server.page("/a"), robots=True).reason == "robots_unreachable"
    assert server.paths() == ["/robots.txt"]


def test_an_empty_file_and_endless_redirects_allow_all(server: Any, get: Get) -> None:
    server.page("/robots.txt", body=b"")
    assert get(server.page("/a"), robots=True).status == 200
    server.redirect("/robots.txt", "/robots.txt")
    assert get(server.page("/a"), robots=True).status == 200


def test_a_redirected_file_counts_for_the_host_that_was_asked(server: Any, get: Get) -> None:
    server.redirect("/robots.txt", "/rules.txt", 301)
    server.page("/rules.txt", body=b"User-agent: *\nDisallow: /private")
    with pytest.raises(RobotsDisallowed):
        get(server.page("/private"), robots=True)


def test_only_the_first_part_of_a_huge_file_is_taken(server: Any, get: Get) -> None:
    server.page("/robots.txt", body=b"User-agent: nobody\nDisallow: /\n\n" * 40_000)
    assert get(server.page("/a"), robots=True).status == 200


def test_many_pages_share_one_request_and_one_verdict(server: Any, fetcher: Any) -> None:
    server.page("/robots.txt", 503)
    server.page("/a")

    async def work() -> list[Any]:
        made = fetcher(robots=True)
        results = []
        for _ in range(3):
            jobs = (made.get(f"{server.base}/a?{n}", kind="page") for n in range(20))
            results += await asyncio.gather(*jobs, return_exceptions=True)
        await made.aclose()
        return results

    results = asyncio.run(work())
    assert {result.reason for result in results} == {"robots_unreachable"}
    assert server.paths() == ["/robots.txt"]


def test_one_who_gives_up_does_not_take_the_rules_from_the_others(server: Any, fetcher: Any) -> None:
    async def slow(_: Any, line: Any) -> None:
        await asyncio.sleep(0.2)
        await line.send(body=b"User-agent: *\nAllow: /")

    server.on("/robots.txt", slow)
    server.page("/a")

    async def work() -> None:
        made = fetcher(robots=True)
        tasks = [asyncio.create_task(made.get(f"{server.base}/a?{n}", kind="page")) for n in range(3)]
        while not server.seen:
            await asyncio.sleep(0.01)
        tasks[0].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        assert [result.status for result in results[1:]] == [200, 200]
        await made.aclose()

    asyncio.run(work())


def test_a_host_that_is_not_there_is_told_as_such(failure: Failure, server: Any) -> None:
    def unknown(host: str, port: int) -> list[tuple[str, int]]:
        raise OSError("no such host")

    assert failure("http://gone.example/a", robots=True, lookup=unknown).reason == "dns_failed"
    inside = failure("http://inside.example/a", robots=True, lookup=lambda host, port: [("10.0.0.1", 2)])
    assert (inside.reason, inside.transient) == ("address_refused", False)
