"""One feed asked now, without a state: what it is, whether its validators hold, and how often it would be polled."""

import datetime
import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsbeam.config.headers import Headers
from newsbeam.config.settings import Settings
from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.http.fetcher import Fetcher, HostDisabled, RobotsDisallowed
from newsbeam.connectors.http.guard import AllowedAddress
from newsbeam.connectors.http.traced import Hop, TracedExchange
from newsbeam.connectors.processes import TaskCrashed, TaskFailed, TaskMemory, TaskTimeout
from newsbeam.connectors.sources import discovery
from newsbeam.connectors.sources.feed import FeedBody, NotAFeed, ParsedFeed
from newsbeam.connectors.state import health
from newsbeam.connectors.state.health import Health
from newsbeam.pipelines import parsers, schedule
from newsbeam.pipelines.job import user_agent
from newsbeam.pipelines.stages import answers, asking
from newsbeam.pipelines.stages.asking import Asked
from newsbeam.pipelines.stages.failures import parse_reason
from newsbeam.records import Feed

_TARGET = "newsbeam.connectors.sources.feed:parse_body"
_BROKE = (TaskTimeout, TaskMemory, TaskCrashed, TaskFailed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What one look at a feed has shown; what was not come to is None or empty.

    readable: whether it can be polled as it is. problem: why not. hops: every request with its answer, in order.
    robots: what robots.txt says of the feed's address, robots_pages: of its newest entry's page. charset: declared;
    read_as: with which its bytes were read. entries: that would be taken; without_date, without_link: of these (a story
    from the feed itself). rejected: items that give none, by reason. newest: the latest date of an entry. validators:
    whether they hold. ttl, interval_s: seconds. offers: feeds that an HTML page names.
    """

    url: str
    readable: bool = False
    problem: str | None = None
    hops: tuple[Hop, ...] = ()
    final_url: str | None = None
    moved: str | None = None
    robots: str | None = None
    robots_pages: str | None = None
    content_type: str | None = None
    charset: str | None = None
    read_as: str | None = None
    format: str | None = None
    title: str | None = None
    entries: int | None = None
    without_link: int | None = None
    without_date: int | None = None
    rejected: tuple[str, ...] = ()
    newest: str | None = None
    validators: str | None = None
    ttl: float | None = None
    max_age: float | None = None
    interval_s: float | None = None
    offers: tuple[str, ...] = ()


def check(url: str, settings: Settings, allow: Sequence[str]) -> Diagnosis:
    """Ask for the feed, and for it once more with its validators. allow: what `--allow-address` gave."""
    hops: list[Hop] = []
    fetcher = Fetcher(
        fetch=settings.fetch,
        hosts=settings.hosts,
        allow=tuple(AllowedAddress.parse(text) for text in allow),
        user_agent=user_agent(settings),
        exchange=functools.partial(TracedExchange, hops=hops),
    )
    try:
        return _checked(Diagnosis(url=url), fetcher, settings, hops)
    finally:
        fetcher.submit(fetcher.aclose()).result(10)


def _checked(found: Diagnosis, fetcher: Fetcher, settings: Settings, hops: list[Hop]) -> Diagnosis:
    headers = settings.subscription(found.url).headers
    try:
        answer = fetcher.submit(fetcher.get(found.url, kind="feed", headers=headers)).result()
    except FetchFailed as failure:
        return replace(found, hops=tuple(hops), problem=f"{failure.reason}: {failure.detail}")
    except HostDisabled as error:
        return replace(found, hops=tuple(hops), problem=f"disabled: {error}")
    found = replace(
        found,
        hops=tuple(hops),
        final_url=answer.url,
        moved=answer.permanent,
        content_type=answer.content_type or None,
        charset=answer.charset,
        robots=_robots(fetcher, answer.url),
    )
    now = datetime.datetime.now(datetime.UTC)
    try:
        parsed = _parsed(found.url, answer, settings, now)
    except NotAFeed as error:
        offered = discovery.offers(answer.body, url=answer.url, charset=answer.charset)
        return replace(found, problem=f"not_a_feed: {error}", offers=tuple(one.url for one in offered))
    except _BROKE as error:
        reason = parse_reason(error)
        if reason is None:
            raise
        return replace(found, problem=f"{reason}: {error}")
    newest = max(parsed.entries, key=lambda one: one.published or one.updated or "", default=None)
    poll = answers.parsed(Feed(url=found.url), Asked(asked=found.url, answer=answer), parsed).poll
    standing = health.after(Health(), poll, None, new=len(parsed.entries), epoch=0, now=now)
    bounds = settings.feeds
    return replace(
        found,
        readable=True,
        read_as=parsed.charset,
        format=parsed.version,
        title=parsed.title,
        entries=len(parsed.entries),
        without_link=sum(one.url is None for one in parsed.entries),
        without_date=sum(not (one.published or one.updated) for one in parsed.entries),
        rejected=tuple(sorted(f"{row.reason}: {row.detail}" for row in parsed.rejected)),
        newest=(newest.published or newest.updated) if newest else None,
        robots_pages=_robots(fetcher, newest.url) if newest and newest.url else None,
        validators=_validators(fetcher, answer, headers if asking.is_at_home(answer.url, found.url) else ()),
        ttl=standing.ttl,
        max_age=standing.max_age,
        interval_s=schedule.interval(standing, now, poll=settings.stream.poll, feeds=bounds),
    )


def lines(found: Diagnosis) -> list[str]:
    """The diagnosis for a person, a fact a line."""
    said = [f"{found.url}: {'can be read' if found.readable else 'cannot be read'}"]
    said += [f"answer: {hop.status} {hop.url}{f' -> {hop.location}' if hop.location else ''}" for hop in found.hops]
    facts: list[tuple[str, object]] = [
        ("problem", found.problem),
        ("moved for good", found.moved and f"subscribe to {found.moved}"),
        ("robots.txt, feed", found.robots),
        ("robots.txt, newest entry", found.robots_pages),
        ("type", found.content_type),
        ("charset", _charset(found)),
        ("format", found.format),
        ("title", found.title),
        ("entries", _entries(found)),
        ("newest entry", found.newest),
        ("validators", found.validators),
        ("asks to be left alone for", found.ttl and f"{found.ttl:g} s"),
        ("answer stays fresh for", found.max_age and f"{found.max_age:g} s"),
        ("a stream polls it at first every", found.interval_s and f"{found.interval_s:g} s"),
    ]
    said += [f"{name}: {value}" for name, value in facts if value]
    said += [f"gives no record: {one}" for one in found.rejected]
    said += [f"the page names a feed: newsbeam feeds check {one}" for one in found.offers]
    return said


def _parsed(url: str, answer: Response, settings: Settings, now: datetime.datetime) -> ParsedFeed:
    task = FeedBody(
        body=answer.body,
        feed_url=url,
        charset=answer.charset,
        content_type=answer.content_type,
        now=now,
        max_entries=settings.feeds.max_entries,
    )
    pool, deadline = parsers.pool(settings.extract), settings.feeds.deadline
    parsed: ParsedFeed = pool.submit(_TARGET, task, deadline=deadline, raises=(NotAFeed,)).result()
    return parsed


def _robots(fetcher: Fetcher, url: str) -> str:
    """What robots.txt says of an address to us. Feeds are polled whatever it says; pages are not fetched against it."""
    try:
        fetcher.submit(fetcher.allowed(url)).result()
    except RobotsDisallowed:
        return f"disallowed ({url})"
    except FetchFailed as failure:
        return f"unknown, which forbids pages for now ({failure})"
    return "allowed"


def _validators(fetcher: Fetcher, answer: Response, headers: Headers) -> str:
    names = [name for name, value in (("ETag", answer.etag), ("Last-Modified", answer.last_modified)) if value]
    if not names:
        return "none: the whole feed is sent each time"
    asked = fetcher.get(answer.url, kind="feed", etag=answer.etag, last_modified=answer.last_modified, headers=headers)
    try:
        again = fetcher.submit(asked).result()
    except FetchFailed as failure:
        return f"{' and '.join(names)}; the second request failed ({failure})"
    if again.status == 304:
        return f"{' and '.join(names)} hold: the second answer was 304"
    same = asking.body_hash(again) == asking.body_hash(answer)
    what = "the same bytes were sent again" if same else "another body was sent at once"
    return f"{' and '.join(names)} do not hold: {what}"


def _charset(found: Diagnosis) -> str | None:
    if found.charset and found.read_as and found.charset != found.read_as:
        return f"{found.charset} declared, read as {found.read_as}"
    return found.read_as or found.charset


def _entries(found: Diagnosis) -> str | None:
    if found.entries is None:
        return None
    parts = [f"{found.entries}"]
    parts += [f"{found.without_link} without a link"] if found.without_link else []
    parts += [f"{found.without_date} without a date"] if found.without_date else []
    return ", ".join(parts)
