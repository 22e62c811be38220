"""One document: redirects followed by hand, each hop judged and passed through the gate, one deadline over all."""

import datetime
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from newsbeam import times
from newsbeam.config import headers
from newsbeam.config.headers import Headers
from newsbeam.config.tables import Fetch, Host
from newsbeam.connectors.http import decode, documents, politeness
from newsbeam.connectors.http.documents import Kind, wanted
from newsbeam.connectors.http.exchange import REDIRECTS, Answer, Broken, Exchange
from newsbeam.connectors.http.failures import FetchFailed as FetchFailed
from newsbeam.connectors.http.failures import HostDisabled, final, passing
from newsbeam.connectors.http.gate import Gate
from newsbeam.connectors.http.guard import Guard
from newsbeam.connectors.http.targets import Target, redirected, target

KEPT_HEADERS = (
    "x-robots-tag",
    "tdm-reservation",
    "tdm-policy",
    "retry-after",
    "cache-control",
    "expires",
    "date",
    "age",
    "link",
)
_PERMANENT = frozenset((301, 308))
_UNAVAILABLE = frozenset((408, 425, 429))
_MAX_VALUE = 1024


class Response(NamedTuple):
    """A document, or the word that it has not changed. (A tuple costs half of what a frozen dataclass does.)

    url: after redirects, without fragment. status: 200 or 304. body: content encoding undone, empty with 304.
    charset: as the server names it, lower case; None without. content_type: lower case, no parameters, empty without.
    fetched_at: when the body was complete. headers: those of KEPT_HEADERS that came, names in lower case.
    permanent: the final address when every redirect on the way was permanent (301, 308), else None.
    received: all headers of a page in their order, as an archive keeps them.
    refused: crawlers that train models and that robots.txt refuses the final address, by name.
    """

    url: str
    status: int
    body: bytes
    charset: str | None
    content_type: str
    fetched_at: str
    etag: str | None
    last_modified: str | None
    headers: Mapping[str, str]
    permanent: str | None = None
    received: tuple[tuple[str, str], ...] = ()
    refused: tuple[str, ...] = ()


class Client:
    """GET with all that one document needs but further tries. hosts: what is set for single hosts."""

    def __init__(
        self, *, fetch: Fetch, guard: Guard, gate: Gate, exchange: Exchange, hosts: Mapping[str, Host] | None = None
    ) -> None:
        self._fetch = fetch
        self._hosts = hosts or {}
        self._guard = guard
        self._gate = gate
        self._exchange = exchange
        self._wanted = {kind: wanted(kind, fetch) for kind in ("page", "feed", "list", "robots")}

    async def get(
        self,
        url: str,
        *,
        kind: Kind,
        validators: Mapping[str, str] | None = None,
        own: Headers = (),
        before: Callable[[Target], Awaitable[tuple[str, ...]]] | None = None,
    ) -> Response:
        """The document at the address.

        The deadline counts the time on the network, of all hops together, and not the time before the gate.
        before: awaited with each hop's target, gives what is `refused`; what it raises ends the request.
        own: headers set for this document.

        Raises:
            FetchFailed: with the reason.
            HostDisabled: the settings switch off its host, or one that it redirects to.
            ConfigError: a header's value stands in an environment variable that is not set.
        """
        at = first = target(url, self._guard)
        sent = dict(validators or {})
        seconds, permanent, seen = self._fetch.deadline, True, {at.url}
        while True:
            name, host = politeness.settings_of(at.host, self._hosts)
            if not host.enabled:
                raise HostDisabled(f'hosts."{name}".enabled is false: {at.url[:300]} is not asked for')
            refused = await before(at) if before is not None else ()
            added = self._added(at, first, f'hosts."{name}".headers', host.headers, own)
            answer, seconds = await self._hop(at, kind, seconds, {**added, **sent})
            if answer.status not in REDIRECTS:
                moved = at.url if permanent and len(seen) > 1 else None
                return self._response(at, answer, kind, conditional=bool(sent), permanent=moved, refused=refused)
            permanent = permanent and answer.status in _PERMANENT
            at = redirected(at.url, answer.headers.get("Location"), self._guard)
            if at.url in seen:
                raise final("bad_redirect", f"a loop: {at.url[:200]} again after {len(seen)} redirects")
            if len(seen) > self._fetch.max_redirects:
                raise final("bad_redirect", f"more than {self._fetch.max_redirects} redirects")
            seen.add(at.url)

    def _added(self, at: Target, first: Target, key: str, of_host: Headers, own: Headers) -> dict[str, str]:
        """The headers that are set for a hop: those of its host, and those of the document until it leaves its origin.

        They may be secret. A redirect from https to http must not bring them into the open.
        """
        if not of_host and not own:
            return {}
        if at.wire.scheme == "http" and first.wire.scheme == "https":
            return {}
        added = headers.resolved(key, of_host, os.environ)
        if own and at.origin == first.origin:
            taken = {name.lower() for name, _ in own}
            added = {name: value for name, value in added.items() if name.lower() not in taken}
            added |= headers.resolved(f'subscriptions."{first.url}".headers', own, os.environ)
        return added

    async def _hop(self, at: Target, kind: Kind, seconds: float, sent: dict[str, str]) -> tuple[Answer, float]:
        """(the answer of one hop, the seconds that are left), the host's record kept."""
        for last in (False, True):
            async with self._gate.passage(at.host) as passage:
                start = time.monotonic()
                try:
                    answer = await self._exchange.ask(
                        at.wire, self._wanted[kind], passage, seconds=seconds, validators=sent
                    )
                except Broken as broken:
                    # The server may have closed a kept connection just then: that says nothing about the document.
                    if last or not passage.reused:
                        raise passing("connection_failed", str(broken)[:300]) from None
                    continue
                except FetchFailed as failure:
                    if passage.sent:
                        self._gate.reached(at.host)
                    elif failure.transient:
                        self._gate.unreached(at.host, failure)
                    raise
                finally:
                    seconds = max(seconds - (time.monotonic() - start), 0.001)
            self._note(at, answer)
            return answer, seconds
        raise AssertionError("unreachable")

    def _note(self, at: Target, answer: Answer) -> None:
        if answer.status in (429, 503):
            self._gate.refused(at.host, _asked(answer))
        else:
            self._gate.reached(at.host)

    def _response(
        self,
        at: Target,
        answer: Answer,
        kind: Kind,
        *,
        conditional: bool,
        permanent: str | None,
        refused: tuple[str, ...],
    ) -> Response:
        body = b"" if answer.status == 304 and conditional else self._document(answer, kind)
        header = answer.headers.get
        declared = header("Content-Type")
        return Response(
            url=at.url,
            status=answer.status,
            body=body,
            charset=documents.charset(declared),
            content_type=documents.content_type(declared),
            fetched_at=times.now(),
            etag=plain(header("ETag")),
            last_modified=plain(header("Last-Modified")),
            headers={
                name: ", ".join(answer.headers.getall(name))[:_MAX_VALUE]
                for name in KEPT_HEADERS
                if name in answer.headers
            },
            permanent=permanent,
            received=tuple(answer.headers.items()) if kind == "page" else (),
            refused=refused,
        )

    def _document(self, answer: Answer, kind: Kind) -> bytes:
        """The body of a good answer; any other answer is a failure."""
        status, body = answer.status, answer.body
        if body is None:
            raise refusal(answer)
        if not body:
            # Servers send it by accident, when what lies behind them fails.
            raise passing("empty_body", "status 200 without a body")
        if kind != "robots":
            body = decode.unlabelled(body, self._wanted[kind].limit)
        if kind == "page":
            declared = documents.content_type(answer.headers.get("Content-Type"))
            if not documents.is_html(declared, body):
                raise final("not_html", f"status {status}, Content-Type {declared!r}, begins {body[:16]!r}")
        return body


def refusal(answer: Answer) -> FetchFailed:
    """The failure that a status other than 200 means for the document (RFC 9110 15)."""
    status = answer.status
    if status == 410:
        return final("gone", "status 410")
    if status in _UNAVAILABLE or status >= 500:
        return passing("unavailable", f"status {status}", retry_after=_asked(answer))
    if 400 <= status < 500:
        return final("http_error", f"status {status}")
    if status in (204, 205):
        return final("empty_body", f"status {status}")
    if status == 304:
        return final("bad_response", "status 304 to a request without validators")
    return final("bad_response", f"status {status}")


def plain(value: str | None) -> str | None:
    """A header's value that can be sent back as it came; None for one that cannot, or that is absurdly long."""
    if value is None:
        return None
    value = value.strip()
    return value if value and value.isascii() and value.isprintable() and len(value) <= _MAX_VALUE else None


def _asked(answer: Answer) -> float | None:
    now = datetime.datetime.now(datetime.UTC)
    return politeness.retry_after(answer.headers.get("Retry-After"), answer.headers.get("Date"), now=now)
