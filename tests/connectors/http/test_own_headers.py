"""Headers of single hosts and feeds on the wire: to whom they go, and to whom never. Hosts that are switched off."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from newsbeam.config.headers import Headers
from newsbeam.config.tables import Fetch, Host
from newsbeam.connectors.http.client import Client, Response
from newsbeam.connectors.http.fetcher import HostDisabled
from newsbeam.connectors.http.guard import AllowedAddress, Guard
from newsbeam.connectors.http.targets import target

Get = Callable[..., Response]
COOKIE: Headers = (("Cookie", "$OWN_COOKIE"),)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN_COOKIE", "sid=1")


def loopback(name: str, port: int) -> list[tuple[str, int]]:
    return [("127.0.0.1", 2)]


def named(server: Any, host: str, path: str) -> str:
    return f"http://{host}:{server.port}{path}"


def test_a_host_gets_its_headers_with_every_kind_of_request(server: Any, get: Get) -> None:
    server.page("/a")
    server.page("/robots.txt", body=b"User-agent: *", kind="text/plain")
    hosts = {"a.test": Host(headers=(*COOKIE, ("Accept-Language", "de")))}
    get(named(server, "a.test", "/a"), hosts=hosts, lookup=loopback, robots=True)
    assert [(one.path, one.headers.get("cookie")) for one in server.seen] == [("/robots.txt", "sid=1"), ("/a", "sid=1")]
    assert server.seen[1].headers["accept-language"] == "de"


def test_another_host_gets_none_of_them_not_even_by_a_redirect(server: Any, get: Get) -> None:
    server.redirect("/a", named(server, "b.test", "/b"))
    server.page("/b")
    get(named(server, "a.test", "/a"), hosts={"a.test": Host(headers=COOKIE)}, lookup=loopback)
    assert [(one.path, one.headers.get("cookie")) for one in server.seen] == [("/a", "sid=1"), ("/b", None)]


def test_the_headers_of_a_feed_stay_with_its_origin(server: Any, fetcher: Any) -> None:
    server.redirect("/feed", named(server, "a.test", "/moved"))
    server.redirect("/moved", named(server, "b.test", "/away"))
    server.page("/away")

    async def work() -> None:
        own = fetcher(hosts={"a.test": Host(headers=(("cookie", "sid=host"), ("X-Plan", "basic")))}, lookup=loopback)
        try:
            await own.get(named(server, "a.test", "/feed"), kind="feed", headers=COOKIE)
        finally:
            await own.aclose()

    asyncio.run(work())
    told = [(one.path, one.headers.get("cookie"), one.headers.get("x-plan")) for one in server.seen]
    assert told == [("/feed", "sid=1", "basic"), ("/moved", "sid=1", "basic"), ("/away", None, None)]


def test_a_redirect_from_https_brings_no_header_into_the_open() -> None:
    guard = Guard([AllowedAddress.parse("127.0.0.1:80")])
    client = Client(fetch=Fetch(), guard=guard, gate=None, exchange=None)  # type: ignore[arg-type]  # neither is asked
    safe, plain = target("https://a.test/", guard), target("http://a.test/", guard)
    assert client._added(safe, safe, "k", COOKIE, ()) == {"Cookie": "sid=1"}
    assert client._added(plain, plain, "k", COOKIE, ()) == {"Cookie": "sid=1"}
    assert client._added(plain, safe, "k", COOKIE, COOKIE) == {}


def test_a_host_that_is_switched_off_is_asked_for_nothing(server: Any, get: Get) -> None:
    server.page("/a")
    off = {"a.test": Host(enabled=False)}
    for robots in (True, False):
        with pytest.raises(HostDisabled, match=r"hosts\."):
            get(named(server, "a.test", "/a"), hosts=off, lookup=loopback, robots=robots)
    server.redirect("/r", named(server, "a.test", "/a"))
    with pytest.raises(HostDisabled):
        get(named(server, "b.test", "/r"), hosts=off, lookup=loopback)
    assert server.paths() == ["/r"]
    assert get(named(server, "a.test", "/a"), hosts={f"a.test:{server.port + 1}": Host(enabled=False)}, lookup=loopback)
