"""One request and its answer over aiohttp, and every way in which that can fail given its name."""

import ssl
from collections.abc import Mapping
from typing import NamedTuple

import aiohttp
from aiohttp.client_exceptions import (
    ClientConnectionError,
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientError,
    ClientOSError,
    ClientPayloadError,
    ClientResponseError,
    ConnectionTimeoutError,
    InvalidURL,
    ServerDisconnectedError,
)
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from newsbeam.config.tables import Fetch
from newsbeam.connectors.http import decode, documents
from newsbeam.connectors.http.connector import AddressRefused, GuardedConnector, Lookup, departure, system_lookup
from newsbeam.connectors.http.documents import Wanted
from newsbeam.connectors.http.failures import FetchFailed, final, passing
from newsbeam.connectors.http.gate import Passage
from newsbeam.connectors.http.guard import Guard
from newsbeam.connectors.http.time_limits import TimeLimits, Watch

MOST_HEADERS = 512
REDIRECTS = frozenset((301, 302, 303, 307, 308))


class Broken(Exception):
    """The connection broke before an answer began."""


class Answer(NamedTuple):
    """One server's answer. body: None unless the status is 200 or 203. Header names in any case."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes | None


class Exchange:
    """The connections of one process. Made and used on one event loop.

    No cookies, no proxies or credentials of the environment, no redirects, no decoding: what is done is done here.
    """

    def __init__(self, *, fetch: Fetch, guard: Guard, user_agent: str, lookup: Lookup = system_lookup) -> None:
        self._fetch = fetch
        self._base = {"User-Agent": user_agent, "Accept-Encoding": decode.ACCEPTED}
        self._session = aiohttp.ClientSession(
            connector=GuardedConnector(guard, lookup=lookup),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None,
                connect=fetch.connect_timeout,
                sock_connect=fetch.connect_timeout,
            ),
            auto_decompress=False,
            trust_env=False,
            max_line_size=fetch.max_headers,
            max_field_size=fetch.max_headers,
            max_headers=MOST_HEADERS,
        )
        # It would ask again by itself over another connection, past the gate.
        self._session._retry_connection = False
        self._watch = Watch()

    async def ask(
        self, url: URL, wanted: Wanted, passage: Passage, *, seconds: float, validators: Mapping[str, str]
    ) -> Answer:
        """The answer to one GET, within so many seconds. validators: and all other headers of this request alone.

        Raises:
            FetchFailed: with the reason.
            Broken: before an answer began; the connection may have been one that the server had given up.
        """
        headers = CIMultiDict(self._base)
        headers["Accept"] = wanted.accept
        headers.update(validators)
        limits = TimeLimits(passage, self._fetch, seconds=seconds, watch=self._watch)
        token = departure.set(limits)
        try:
            with limits:
                response = await self._begun(url, headers)
                try:
                    return await self._read(response, wanted, limits)
                finally:
                    # A body that was not read to its end makes the connection useless; one that was has left already.
                    if response.connection is not None:
                        response.close()
        except TimeoutError as error:
            raise passing("timeout", str(error)) from None
        except AddressRefused as error:
            raise final("address_refused", str(error)) from None
        except (ClientError, ssl.SSLError) as error:
            raise named(error) from error
        finally:
            departure.reset(token)

    async def _begun(self, url: URL, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        try:
            return await self._session.get(url, headers=headers, allow_redirects=False)
        except (ClientConnectorError, ConnectionTimeoutError):
            raise
        except (ServerDisconnectedError, ClientOSError) as error:
            raise Broken(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def _read(self, response: aiohttp.ClientResponse, wanted: Wanted, limits: TimeLimits) -> Answer:
        size = 0
        for name, value in response.raw_headers:
            size += len(name) + len(value) + 4
        if size > self._fetch.max_headers:
            raise final("too_large", f"{size} bytes of headers, at most {self._fetch.max_headers}")
        headers = response.headers
        if response.status not in (200, 203):
            return Answer(status=response.status, headers=headers, body=None)
        kind = documents.content_type(headers.get("Content-Type"))
        if wanted.kind == "page" and documents.type_refused(kind):
            raise final("not_html", f"Content-Type {kind!r}")
        length = headers.get("Content-Length", "")
        if length.isdecimal() and int(length[:20]) > wanted.limit and not wanted.cut:
            raise final("too_large", f"{length[:20]} bytes announced, at most {wanted.limit}")
        encoding = decode.encoding(",".join(headers.getall("Content-Encoding", ())))
        body = decode.Body(encoding, wanted.limit, cut=wanted.cut)
        while data := await response.content.readany():
            limits.seen()
            body.add(data)
            if body.full:
                break
        return Answer(status=200, headers=headers, body=body.end())


def named(error: Exception) -> FetchFailed:
    """The failure that an exception of aiohttp stands for."""
    detail = f"{type(error).__name__}: {str(error)[:300]}"
    causes = list(_causes(error))
    if isinstance(error, ClientConnectorDNSError):
        return passing("dns_failed", detail)
    if isinstance(error, (ClientConnectorCertificateError, ClientConnectorSSLError, ssl.SSLError)):
        return final("tls_failed", detail)
    if isinstance(error, ClientConnectorError):
        return passing("connection_failed", detail)
    if isinstance(error, InvalidURL):
        return final("bad_link", detail)
    if any(isinstance(cause, LineTooLong) or "Too many headers" in str(cause) for cause in causes):
        return final("too_large", f"headers: {detail}")
    if isinstance(error, ClientPayloadError):
        broken = [cause for cause in causes if isinstance(cause, BadHttpMessage)]
        if broken and not any("Not enough data" in str(cause) for cause in broken):
            return final("bad_response", detail)
        return passing("truncated", detail)
    if isinstance(error, ClientResponseError):
        return final("bad_response", f"{error.status} {error.message[:300]}")
    if isinstance(error, ClientConnectionError):
        # The body had begun: what came before the answer is Broken.
        return passing("truncated", detail)
    return final("bad_response", detail)


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < 10:
        found.append(error)
        error = error.__cause__
    return found
