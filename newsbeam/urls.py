"""Addresses: the form that identity is taken from, and what an address says of its site."""

import functools
import re
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

import tld

from newsbeam.config.rules import tracking_parameters
from newsbeam.records import digest

MAX_LENGTH = 4096
_UNSAFE = re.compile(r"[\x00-\x20\x7f]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def absolute(base: str, link: str | None) -> str | None:
    """The web address that `link` means on a page at `base`, without fragment; None when it means none.

    Refused: other schemes than http and https, no host or one with blanks or control characters, credentials, ports out
    of range, more than 4,096 characters.
    """
    if not link or len(link) > MAX_LENGTH:
        return None
    try:
        parts = urlsplit(urljoin(base, link.strip()))
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname or parts.username or parts.password:
        return None
    if _UNSAFE.search(parts.hostname):
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is not None and port != _DEFAULT_PORTS[parts.scheme.lower()]:
        host = f"{host}:{port}"
    path = _UNSAFE.sub(lambda bad: quote(bad.group()), parts.path or "/")
    query = _UNSAFE.sub(lambda bad: quote(bad.group()), parts.query)
    return urlunsplit((parts.scheme.lower(), host, path, query, ""))


def without_tracking(url: str) -> str:
    """The address without fragment and without the parameters that only say how a reader came to it."""
    parts = urlsplit(url)
    if not parts.query:
        return urlunsplit(parts._replace(fragment=""))
    exact, prefixes = tracking_parameters()
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [pair for pair in pairs if pair[0].lower() not in exact and not pair[0].lower().startswith(prefixes)]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    return urlunsplit(parts._replace(query=query, fragment=""))


def article_id(url: str) -> str:
    """The id of the article at an address: the same in every run, mode and store."""
    return digest("article", without_tracking(url))


def host(url: str) -> str:
    """The host and port that politeness goes by, lower case; empty for an address without one, or a broken one."""
    parts = _split(url)
    return parts.netloc.rpartition("@")[2].lower() if parts else ""


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


@functools.lru_cache(maxsize=65536)
def _registered(name: str) -> str:
    found = tld.get_fld(f"http://{name}/", fail_silently=True)
    return found if isinstance(found, str) else name


def site(url: str) -> str:
    """The registered domain (Public Suffix List, as shipped with the tld package), or the bare host without one."""
    parts = _split(url)
    name = (parts.hostname or "").lower() if parts else ""
    return _registered(name) if name else ""


def is_registered(url: str) -> bool:
    """Whether the address's host lies below a public suffix; an IP address and a bare name do not."""
    return tld.get_fld(url, fail_silently=True) is not None


def is_root(url: str) -> bool:
    """Whether the address is a site's home page."""
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query
