"""How a feed is asked: at which address, with or without validators, and once more where its server may be lying."""

import datetime
import functools
import hashlib
from dataclasses import dataclass

from yarl import URL

from newsbeam import times
from newsbeam.config.headers import Headers
from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.http.fetcher import Fetcher
from newsbeam.records import Feed

AUDIT = 20
"""Every so-manieth poll in a row of "not modified" is made without validators."""
MOVED_POLLS = 5
MOVED_FOR = datetime.timedelta(days=1)
"""A redirect that was permanent in so many polls in a row, over so long a time, is taken at its word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An answer. asked: at which address. contradicted: the server calls a body unchanged that has changed."""

    asked: str
    answer: Response
    contradicted: bool = False


def address(feed: Feed, now: datetime.datetime) -> str:
    """Where to ask: the feed's own address, or the one that it has moved to for good."""
    since = times.parse(feed.moved_since or "")
    if feed.moved is None or feed.moved_polls < MOVED_POLLS or since is None or now - since < MOVED_FOR:
        return feed.url
    return feed.moved


def is_conditional(feed: Feed) -> bool:
    """Whether validators are sent: never to a server that lies, and now and then not, to see whether it does."""
    return feed.distrusted is None and feed.unaudited < AUDIT - 1


def body_hash(answer: Response) -> str:
    """What tells one body from another, as they are read: the bytes, and the charset that they are said to be in."""
    return hashlib.blake2b(answer.body, digest_size=16, key=(answer.charset or "").encode()[:64]).hexdigest()


def is_same(feed: Feed, answer: Response) -> bool:
    """Whether the answer brings nothing: the server says so, or the body is the one that was read last."""
    return answer.status == 304 or body_hash(answer) == feed.body_hash


async def ask(
    fetcher: Fetcher, feed: Feed, *, now: datetime.datetime, tries: int | None, headers: Headers = ()
) -> Asked:
    """The answer to a poll. headers: set for the feed; they go to the origin of its own address alone.

    An audit whose body is another than the last one is followed by a request with the old validators: a server that
    answers it with "not modified" answers so whatever happens.

    Raises:
        FetchFailed: with the reason.
        HostDisabled: the settings switch its host off.
    """
    at = address(feed, now)
    get = functools.partial(fetcher.get, at, kind="feed", headers=headers if is_at_home(at, feed.url) else ())
    if is_conditional(feed):
        etag, modified = feed.etag, feed.last_modified
        answer = await get(etag=etag, last_modified=modified, tries=tries)
        return Asked(asked=at, answer=answer)
    answer = await get(tries=tries)
    if feed.distrusted is not None or is_same(feed, answer) or not (feed.etag or feed.last_modified):
        return Asked(asked=at, answer=answer)
    try:
        again = await get(etag=feed.etag, last_modified=feed.last_modified, tries=1)
    except FetchFailed:
        return Asked(asked=at, answer=answer)
    return Asked(asked=at, answer=answer, contradicted=again.status == 304)


def is_at_home(address: str, url: str) -> bool:
    """Whether an address has the origin of the feed's own one (RFC 6454), to which alone its headers go."""
    return URL(address).origin() == URL(url).origin()
