"""What a URL asks us to contact, and where a redirect leads: decided before anything is sent."""

import re
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from yarl import URL

from newsbeam import urls
from newsbeam.connectors.http.failures import FetchFailed, final
from newsbeam.connectors.http.guard import Guard, literal

_PORTS = {"http": 80, "https": 443}
# Everything that may stand in a URL as it is (RFC 3986, reserved and unreserved, and the percent sign).
_SAFE = "!#$%&'()*+,/:;=?@[]~-._|{}^`\\"


# Nearly every address: nothing to normalise, resolve or quote, which saves a tenth of a request's time.
_USUAL = re.compile(
    r"(https?)://([a-z0-9.-]+)(?::(?!80/|443/)([1-9][0-9]{1,3}|[1-5][0-9]{4}))?"
    r"((?:/(?!\.)[A-Za-z0-9_~!$&'()*+,;=:@%.-]*)+)(?:\?([A-Za-z0-9_~!$&'()*+,;=:@%/.-]+))?"
)


class Target(NamedTuple):
    """A URL that may be asked for.

    url: absolute, without fragment. wire: the same as it goes over the wire, ASCII only.
    origin: scheme and host that a robots.txt speaks for. host: host and port that politeness goes by.
    """

    url: str
    wire: URL
    origin: str
    host: str


def target(url: str, guard: Guard) -> Target:
    """The target of an absolute URL.

    Raises:
        FetchFailed: `bad_link`, it is no web address; `address_refused`, another scheme, credentials, or a literal
            address that the guard refuses. A host name is judged when it is resolved.
    """
    usual = _USUAL.fullmatch(url)
    found, scheme, name, port, path, query = (
        (url, *usual.groups("")) if usual and len(url) <= urls.MAX_LENGTH else _split(url)
    )
    if not name.isascii():
        # Before it is judged: IDNA maps full-width digits and dots to plain ones.
        name = _idna(name, url)
    address = literal(name)
    if address is not None:
        refusal = guard.refusal(address, int(port or _PORTS[scheme]))
        if refusal:
            raise final("address_refused", refusal)
        # One spelling only: aiohttp refuses the short and decimal ones, and the Host header should tell the truth.
        name = f"[{address}]" if ":" in address else address
    host = f"{name}:{port}" if port else name
    origin = f"{scheme}://{host}"
    try:
        wire = URL.build(scheme=scheme, authority=host, path=path, query_string=query, encoded=True)
    except ValueError as error:
        raise final("bad_link", f"{url[:200]!r}: {error}") from None
    return Target(url=found, wire=wire, origin=origin, host=host)


def _split(url: str) -> tuple[str, str, str, str, str, str]:
    """(address in our form, scheme, host name, port or nothing for the usual one, path, query) of a URL.

    Path and query are as they go over the wire.
    """
    found = urls.absolute(url, url)
    if found is None:
        raise _unusable(url)
    parts = urlsplit(found)
    path, query = (quote(part, safe=_SAFE, errors="surrogateescape") for part in (parts.path, parts.query))
    return found, parts.scheme, parts.hostname or "", str(parts.port or ""), path, query


def redirected(base: str, location: str | None, guard: Guard) -> Target:
    """The target of a redirect's Location, resolved against the URL that answered (RFC 9110 10.2.2).

    Raises:
        FetchFailed: `bad_redirect` without a usable target, `address_refused` for one that may not be contacted.
    """
    if not location or not location.strip():
        raise final("bad_redirect", "a redirect without a Location")
    try:
        joined = urljoin(base, location.strip())
    except ValueError:
        raise final("bad_redirect", f"a redirect to {location[:200]!r}") from None
    try:
        return target(joined, guard)
    except FetchFailed as failure:
        reason = "bad_redirect" if failure.reason == "bad_link" else failure.reason
        raise final(reason, f"redirect to {joined[:200]!r}: {failure.detail}") from None


def _unusable(url: str) -> FetchFailed:
    """Names what is wrong with an address that urls.absolute refused."""
    shown = f"{url[:200]!r}"
    if len(url) > urls.MAX_LENGTH:
        return final("bad_link", f"{shown}: {len(url)} characters, at most {urls.MAX_LENGTH}")
    try:
        parts = urlsplit(url.strip())
        if parts.scheme.lower() not in _PORTS:
            return final("address_refused", f"{shown}: only http and https are fetched")
        if "@" in parts.netloc:
            return final("address_refused", f"{shown}: holds credentials")
    except ValueError:
        return final("bad_link", f"{shown}: not an address")
    return final("bad_link", f"{shown}: not an address")


def _idna(name: str, url: str) -> str:
    try:
        return URL.build(scheme="http", host=name).raw_host or ""
    except ValueError as error:
        raise final("bad_link", f"{url[:200]!r}: {error}") from None
