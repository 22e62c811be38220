import gzip
import time
from collections.abc import Callable
from typing import Any

import pytest

from newsbeam import times
from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.http.fetcher import RobotsDisallowed

Get = Callable[..., Response]
Failure = Callable[..., FetchFailed]


def test_a_page_comes_with_what_the_server_said_of_it(server: Any, get: Get) -> None:
    url = server.page(
        "/a", kind="Text/HTML; charset=Windows-1251", ETag='"v1"', Last_Modified="Mon, 23 Nov 2026 14:00:00 GMT",
        X_Robots_Tag="noai", Set_Cookie="a=b",
    )  # fmt: skip
    page = get(url + "#part")
    assert (page.url, page.status, page.charset, page.content_type) == (url, 200, "windows-1251", "text/html")
    assert page.body == server_body()
    assert (page.etag, page.last_modified) == ('"v1"', "Mon, 23 Nov 2026 14:00:00 GMT")
    assert dict(page.headers) == {"x-robots-tag": "noai"}
    assert page.permanent is None
    assert times.parse(page.fetched_at) is not None
    assert page.fetched_at.endswith("Z")


def server_body() -> bytes:
    return b"<!doctype html><html><head><title>T</title></head><body><p>Words of a story.</p></body></html>"


def test_what_is_sent_names_us_and_holds_nothing_of_the_environment(
    server: Any, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    get(server.page("/a"))
    sent = server.seen[0].headers
    assert sent["user-agent"] == "newsbeam/0 (+mailto:desk@example.org)"
    assert sent["accept"].startswith("text/html")
    assert "gzip" in sent["accept-encoding"]
    assert not {"cookie", "authorization", "referer"} & set(sent)


def test_validators_are_sent_and_304_is_an_answer(server: Any, get: Get) -> None:
    async def conditional(request: Any, line: Any) -> None:
        known = request.headers.get("if-none-match") == '"v1"'
        await line.send(304 if known else 200, ETag='"v1"')

    url = server.on("/feed", conditional)
    first = get(url, "feed")
    again = get(url, "feed", etag=first.etag, last_modified="Mon, 23 Nov 2026 14:00:00 GMT")
    assert (first.status, again.status, again.body, again.etag) == (200, 304, b"", '"v1"')
    assert server.seen[1].headers["if-modified-since"] == "Mon, 23 Nov 2026 14:00:00 GMT"


def test_a_304_that_nobody_asked_for_is_a_failure(server: Any, failure: Failure) -> None:
    assert failure(server.page("/feed", 304), "feed").reason == "bad_response"


def test_validators_that_cannot_be_sent_back_are_dropped(server: Any, get: Get) -> None:
    url = server.page("/a", ETag='"' + "x" * 2000 + '"')
    assert get(url).etag is None
    get(url, etag='"a"\r\nX-Injected: 1', last_modified="ü")
    assert not {"if-none-match", "if-modified-since", "x-injected"} & set(server.seen[-1].headers)


# Redirects


def test_redirects_are_followed_and_a_permanent_chain_is_told(server: Any, get: Get) -> None:
    end = server.page("/end")
    server.redirect("/b", "end", 308)
    assert get(server.redirect("/a", "/b#x", 301)).url == end
    assert get(server.redirect("/a", "/b", 301)).permanent == end
    assert get(server.redirect("/a", "/b", 302)).permanent is None
    assert server.paths()[:3] == ["/a", "/b", "/end"]


def test_a_loop_is_told_and_ends_at_once(server: Any, failure: Failure) -> None:
    server.redirect("/b", "/a")
    told = failure(server.redirect("/a", "/b"), tries=3)
    assert (told.reason, told.transient, told.attempts) == ("bad_redirect", False, 1)
    assert "loop" in told.detail
    assert server.paths() == ["/a", "/b"]


def test_redirects_are_bounded(server: Any, get: Get, failure: Failure) -> None:
    for n in range(4):
        server.redirect(f"/r{n}", f"/r{n + 1}")
    server.page("/r4")
    assert get(server.base + "/r0", max_redirects=4).status == 200
    assert "more than 3" in failure(server.base + "/r0", max_redirects=3).detail


def test_cookies_are_not_kept(server: Any, failure: Failure) -> None:
    async def wall(request: Any, line: Any) -> None:
        await line.send(302, b"", Location=f"/wall?{len(server.seen)}", Set_Cookie="seen=1; Path=/")

    assert failure(server.on("/wall", wall), max_redirects=3).reason == "bad_redirect"
    assert not any("cookie" in request.headers for request in server.seen)


@pytest.mark.parametrize("location", ["", "http://[::1", "http://" + "a" * 5000])
def test_a_redirect_without_a_usable_target(server: Any, failure: Failure, location: str) -> None:
    assert failure(server.redirect("/a", location)).reason == "bad_redirect"


# Statuses


@pytest.mark.parametrize(
    ("status", "reason", "transient"),
    [
        (201, "bad_response", False),
        (204, "empty_body", False),
        (206, "bad_response", False),
        (300, "bad_response", False),
        (400, "http_error", False),
        (401, "http_error", False),
        (403, "http_error", False),
        (404, "http_error", False),
        (408, "unavailable", True),
        (410, "gone", False),
        (429, "unavailable", True),
        (451, "http_error", False),
        (500, "unavailable", True),
        (502, "unavailable", True),
        (503, "unavailable", True),
        (599, "unavailable", True),
    ],
)
def test_each_status_has_its_reason(server: Any, failure: Failure, status: int, reason: str, transient: bool) -> None:
    told = failure(server.page("/a", status))
    assert (told.reason, told.transient) == (reason, transient)
    assert str(status) in told.detail
    assert len(server.seen) == 1


def test_an_empty_body_is_no_document(server: Any, failure: Failure) -> None:
    told = failure(server.page("/a", body=b""), "feed")
    assert (told.reason, told.transient) == ("empty_body", True)


# Documents


def test_what_is_clearly_no_page_is_refused_before_its_body(server: Any, get: Get, failure: Failure) -> None:
    async def film(_: Any, line: Any) -> None:
        await line.raw(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 900000000\r\n\r\n")
        await line.reader.read(1)

    assert failure(server.on("/film", film)).reason == "not_html"
    assert failure(server.page("/pdf", body=b"%PDF-1.4 x", kind="text/html")).reason == "not_html"
    assert failure(server.page("/none", body=b"{}", kind=None)).reason == "not_html"
    assert get(server.page("/vague", kind=None)).content_type == ""
    assert get(server.page("/feed", body=b"{}", kind="image/png"), "feed").body == b"{}"


def test_compressed_bodies_are_undone(server: Any, get: Get) -> None:
    packed = gzip.compress(server_body())
    assert get(server.page("/a", body=packed, Content_Encoding="gzip")).body == server_body()
    assert get(server.page("/b", body=packed, kind="application/xml"), "list").body == server_body()


def test_robots_of_a_redirects_target_count(server: Any, get: Get) -> None:
    server.page("/robots.txt", body=b"User-agent: *\nDisallow: /private")
    server.page("/private/a")
    with pytest.raises(RobotsDisallowed):
        get(server.redirect("/a", "/private/a"), robots=True)
    assert server.paths() == ["/robots.txt", "/a"]


def test_the_deadline_holds_over_all_redirects(server: Any, failure: Failure) -> None:
    import asyncio

    async def slow(request: Any, line: Any) -> None:
        await asyncio.sleep(0.2)
        await line.send(302, b"", Location=f"/slow?{len(server.seen)}")

    begun = time.monotonic()
    told = failure(server.on("/slow", slow), deadline=0.7, max_redirects=30)
    assert told.reason == "timeout"
    assert 2 <= len(server.seen) <= 5
    assert time.monotonic() - begun < 30 * 0.2


def test_the_wait_before_the_gate_does_not_count_against_the_deadline(server: Any, get: Get) -> None:
    server.page("/end")
    for n in range(3):
        server.redirect(f"/r{n}", f"/r{n + 1}" if n < 2 else "/end")
    assert get(server.base + "/r0", deadline=0.5, host_delay=0.3).status == 200
    moments = [request.at for request in server.seen]
    assert moments[-1] - moments[0] > 0.5
