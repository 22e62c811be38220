"""How often a host may be asked: pure decisions, clock and settings passed in. Moments and spans are seconds."""

import datetime
import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from newsbeam.config.tables import Fetch, Host
from newsbeam.records import digest

LONGEST_PAUSE = 60.0
"""A host is not held back longer than this by a refusal that names no time."""
GIVEN_UP = 5
"""So many refusals in a row, no success between them, and the host is left alone for a while."""
DOWN_FOR = 300.0
"""Seconds for which a host that could not be reached, or refuses all, is not asked again."""
_UNSET = Host()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What applies to one host. delay: seconds between the starts of two requests. connections: at one time."""

    delay: float
    connections: int
    fixed: bool = False


def manners(host: str, fetch: Fetch, hosts: Mapping[str, Host]) -> Manners:
    """The settings of a host: those of its name with port, then of its bare name, then of all.

    fixed: the delay was set for this host by the user, who knows it: the site's Crawl-delay does not change it.
    """
    found = settings_of(host, hosts)[1]
    return Manners(
        delay=fetch.host_delay if found.delay is None else found.delay,
        connections=fetch.host_connections if found.connections is None else found.connections,
        fixed=found.delay is not None,
    )


def settings_of(host: str, hosts: Mapping[str, Host]) -> tuple[str, Host]:
    """(the name it stands under, the settings of its own) of a host with or without its port."""
    if not hosts:
        return host, _UNSET
    name, colon, port = host.rpartition(":")
    bare = name if colon and port.isdigit() else host
    for one in (host, bare, bare.strip("[]")):
        if one in hosts:
            return one, hosts[one]
    return host, _UNSET


def with_crawl_delay(own: Manners, crawl_delay: float | None, *, longest: float) -> Manners:
    """The manners that a robots.txt asks for: never shorter than our own, at most `longest` seconds."""
    if crawl_delay is None or own.fixed or crawl_delay <= own.delay:
        return own
    return replace(own, delay=max(own.delay, min(crawl_delay, longest)))


def retry_after(header: str | None, date: str | None, *, now: datetime.datetime) -> float | None:
    """Seconds that a Retry-After header asks to wait, None when it says nothing readable (RFC 9110 10.2.3).

    An HTTP date is measured from the answer's own Date header where there is one, so that a wrong clock on either
    side does not matter. A moment in the past is 0.
    """
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    until = _http_date(text)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(date or "") or now)).total_seconds())


def _http_date(text: str) -> datetime.datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def backoff(url: str, attempt: int, *, wait: float) -> float:
    """Seconds before the try after `attempt`: doubling from `wait`, and up to half more, the same for the same URL."""
    jitter = int(digest("jitter", url, str(attempt))[:8], 16) / 0x1_0000_0000
    return wait * 2.0 ** (attempt - 1) * (1 + jitter / 2)


def pause(refusals: int, asked: float | None, *, wait: float, longest: float) -> float:
    """Seconds for which a host is left alone after the `refusals`-th 429 or 503 in a row.

    asked: what its Retry-After says. A wish beyond `longest` concerns the one address, which is given up for this
    run; the host is slowed as if it had said nothing.
    """
    own = min(wait * 2.0 ** min(refusals - 1, 32), LONGEST_PAUSE)
    return max(own, asked) if asked is not None and asked <= longest else own


def earliest(last: float | None, *, delay: float, paused_until: float) -> float:
    """The earliest moment for the next start at a host, given the last start there."""
    return max(paused_until, 0.0 if last is None else last + delay)
