import asyncio
import itertools
import socket
from collections.abc import Callable
from typing import Any

import pytest

from newsbeam.connectors.http import connector
from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.http.connector import AddressRefused, GuardedResolver, system_lookup
from newsbeam.connectors.http.guard import AllowedAddress, Guard

Get = Callable[..., Response]
Failure = Callable[..., FetchFailed]
FOUR = int(socket.AF_INET)


def names(*answers: str) -> Callable[[str, int], list[tuple[str, int]]]:
    """A resolver that gives the same answers to every name."""
    return lambda host, port: [(address, FOUR if "." in address else int(socket.AF_INET6)) for address in answers]


def test_a_name_is_resolved_and_its_address_contacted(server: Any, get: Get) -> None:
    server.page("/a")
    page = get(f"http://news.example:{server.port}/a", lookup=names("127.0.0.1"))
    assert page.url == f"http://news.example:{server.port}/a"
    assert server.seen[0].headers["host"] == f"news.example:{server.port}"


@pytest.mark.parametrize(
    "answers", [("10.0.0.1",), ("127.0.0.1", "10.0.0.1"), ("8.8.8.8", "::1"), ("169.254.169.254",)]
)
def test_one_refused_answer_refuses_the_name(server: Any, failure: Failure, answers: tuple[str, ...]) -> None:
    told = failure(f"http://news.example:{server.port}/a", lookup=names(*answers))
    assert (told.reason, told.transient) == ("address_refused", False)
    assert server.connections == 0


def test_a_resolver_that_changes_its_answer_never_leads_inside(
    server: Any, fetcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: a permitted answer first, then a refused one; a hundred names, ten requests each."""
    asked: dict[str, int] = {}

    def rebinding(host: str, port: int) -> list[tuple[str, int]]:
        asked[host] = asked.get(host, 0) + 1
        return [("127.0.0.1", FOUR)] if asked[host] > 1 else [("127.0.0.2", FOUR)]

    server.page("/secret")
    monkeypatch.setattr(connector, "DNS_SECONDS", 0)

    async def work() -> list[Any]:
        made = fetcher(lookup=rebinding, tries=2, connections=64)
        made._guard = Guard([AllowedAddress.parse(f"127.0.0.2:{server.port}")])
        jobs = [
            made.get(f"http://h{n}.example:{server.port}/secret", kind="feed")
            for n, _ in itertools.product(range(100), range(10))
        ]
        results = await asyncio.gather(*jobs, return_exceptions=True)
        await made.aclose()
        return results

    results = asyncio.run(work())
    assert len(results) == 1000
    # Nothing listens at the first answer; whoever asks anew is refused.
    reasons = {result.reason for result in results}
    assert "address_refused" in reasons
    assert reasons <= {"address_refused", "connection_failed"}
    assert max(asked.values()) > 1
    assert server.connections == 0


def test_the_checked_answer_is_the_one_that_is_contacted(server: Any, get: Get) -> None:
    calls = []

    def lookup(host: str, port: int) -> list[tuple[str, int]]:
        calls.append(host)
        return [("127.0.0.1", FOUR)] if len(calls) == 1 else [("10.0.0.1", FOUR)]

    server.page("/a")
    assert get(f"http://news.example:{server.port}/a", lookup=lookup).status == 200
    assert calls == ["news.example"]


def test_a_peer_that_is_not_permitted_is_dropped_before_anything_is_sent(
    server: Any, failure: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the connection end up elsewhere than where the resolver said, nothing goes out on it."""
    inner = GuardedResolver.resolve

    async def misled(self: GuardedResolver, *args: Any, **more: Any) -> Any:
        permitted, self._guard = self._guard, Guard()
        self._guard.refusal = lambda address, port: None  # type: ignore[assignment,method-assign]
        try:
            return await inner(self, *args, **more)
        finally:
            self._guard = permitted

    monkeypatch.setattr(GuardedResolver, "resolve", misled)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        other.settimeout(5)
        told = failure(f"http://news.example:{other.getsockname()[1]}/a", lookup=names("127.0.0.1"))
        reached, _ = other.accept()
        assert reached.recv(100) == b""
        reached.close()
    assert told.reason == "address_refused"


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://0.0.0.0:{port}/",
        "http://rebound.example:{port}/",
        "//127.0.0.1:{port}/",
        "http://127.0.0.1:{own}@127.0.0.1:{port}/",
        "file:///etc/hostname",
    ],
)
def test_no_redirect_leads_to_a_refused_address(server: Any, failure: Failure, to: str) -> None:
    with socket.socket() as canary:
        canary.bind(("127.0.0.1", 0))
        canary.listen()
        canary.setblocking(False)
        port = canary.getsockname()[1]

        def lookup(host: str, asked: int) -> list[tuple[str, int]]:
            return [("127.0.0.1", FOUR)]

        url = server.redirect("/a", to.format(port=port, own=server.port))
        told = failure(url, lookup=lookup, tries=3)
        assert (told.reason, told.transient) == ("address_refused", False)
        with pytest.raises(BlockingIOError):
            canary.accept()
    assert server.paths() == ["/a"]


def test_a_name_without_an_address(server: Any, failure: Failure) -> None:
    def unknown(host: str, port: int) -> list[tuple[str, int]]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    told = failure("http://nowhere.example/", lookup=unknown)
    assert (told.reason, told.transient) == ("dns_failed", True)
    assert failure("http://nowhere.example/", lookup=names()).reason == "dns_failed"


def test_a_resolver_that_hangs_ends_at_the_connect_timeout(server: Any, failure: Failure) -> None:
    import threading

    release = threading.Event()

    def hangs(host: str, port: int) -> list[tuple[str, int]]:
        release.wait(20)
        return []

    told = failure("http://slow.example/", lookup=hangs, connect_timeout=0.2)
    release.set()
    assert told.reason == "timeout"


def test_the_systems_resolver_reads_numbers_and_refuses_overlong_labels() -> None:
    assert ("127.0.0.1", FOUR) in system_lookup("127.0.0.1", 80)
    with pytest.raises(OSError):
        system_lookup("a" * 70 + ".example", 80)


def test_the_resolver_raises_before_any_address_is_handed_out() -> None:
    async def work() -> None:
        resolver = GuardedResolver(Guard(), names("8.8.8.8", "127.0.0.1"))
        with pytest.raises(AddressRefused):
            await resolver.resolve("a.example", 80)
        found = await GuardedResolver(Guard(), names("8.8.8.8")).resolve("a.example", 80)
        assert [(one["host"], one["port"]) for one in found] == [("8.8.8.8", 80)]

    asyncio.run(work())
    assert connector.departure.get() is None
