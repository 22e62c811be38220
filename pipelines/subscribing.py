"""What an address given for a feed turns out to be: a feed, a list of feeds, a sitemap index, a page that offers one.

Only addresses of the command line are looked at beforehand, and those of lists that name a sitemap, as long as no run
has read them as a feed: a known feed is asked by its poll alone.
"""

import datetime
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from newsbeam import times, urls
from newsbeam.config.headers import Headers
from newsbeam.config.settings import Settings
from newsbeam.connectors.http.client import FetchFailed, Response
from newsbeam.connectors.http.fetcher import Fetcher, HostDisabled
from newsbeam.connectors.sources import discovery, sitemap_index, subscriptions
from newsbeam.connectors.sources.errors import NotAFeed, SourceError
from newsbeam.connectors.sources.sitemap_index import Chosen
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores.commit import Settlement, commit
from newsbeam.pipelines import stopping
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.request import Request, UsageError
from newsbeam.pipelines.stages.answers import feed_origin
from newsbeam.records import Feed, Origin, Rejected, Skipped, digest

_SITEMAP = re.compile(r"sitemap[^/]*\.xml(?:\.gz)?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What an address stands for.

    feeds: itself, or others. index: where it is a sitemap index. said: what to tell a person; empty for nothing.
    """

    feeds: tuple[Feed, ...]
    index: Chosen | None = None
    said: str = ""


def subscribe(feeds: Sequence[Feed], request: Request, job: Job, state: State) -> list[Feed]:
    """Subscribe to what the addresses stand for; the feeds, each once, in the order of their addresses.

    What an index names and is not read is settled here, and rows of addresses that stood for themselves until now go.

    Raises:
        UsageError: a list that is broken.
    """
    looked = Looked(request, state.knows_feed, job.fetcher)
    found = looked.feeds(feeds)
    for one in strangers(request.settings, (*feeds, *found)):
        print(f"newsbeam: {one}", file=sys.stderr)
    state.subscribe(found, epoch=job.epoch)
    _settle(looked.meanings, job, state)
    return found


def strangers(settings: Settings, feeds: Iterable[Feed]) -> list[str]:
    """What to say of settings for single feeds that are none of these."""
    unnamed = sorted(settings.subscriptions.keys() - {one.url for one in feeds})
    return [f'subscriptions."{url}": --feeds names no such feed; nothing goes by these settings' for url in unnamed]


def look_again(feeds: Sequence[Feed], request: Request, job: Job, state: State) -> None:
    """Subscribe to what the addresses have come to stand for while a stream runs; what they named before stays.

    Raises:
        UsageError: a list that is broken.
    """
    state.subscribe(Looked(request, state.knows_feed, job.fetcher).feeds(feeds), epoch=job.epoch)


class Looked:
    """Looks at addresses, each once. meanings: of those that stand for others, by address."""

    def __init__(self, request: Request, is_known: Callable[[str], bool], fetcher: Callable[[], Fetcher]) -> None:
        self._request = request
        self._is_known = is_known
        self._fetcher = fetcher
        self.meanings: dict[str, Meaning] = {}

    def feeds(self, given: Sequence[Feed]) -> list[Feed]:
        """What the addresses stand for, each feed once, in the order of their addresses."""
        found: dict[str, Feed] = {}
        for feed in given:
            for one in self._read(feed, named=feed.url in self._request.feeds):
                found.setdefault(one.url, one)
        return [found[url] for url in sorted(found)]

    def _read(self, feed: Feed, *, named: bool) -> Sequence[Feed]:
        """named: by the command line itself, not by a list."""
        own = self._request.settings.subscription(feed.url)
        is_special = named or _SITEMAP.search(urlsplit(feed.url).path)
        if not is_special or not own.enabled or self._is_known(feed.url):
            return [feed]
        answer = self._asked(feed.url, "list", own.headers)
        meaning = self._meaning(feed, answer, named=named) if answer is not None else Meaning(feeds=(feed,))
        if meaning.said:
            print(f"newsbeam: {meaning.said}", file=sys.stderr)
        if meaning.feeds == (feed,):
            return [feed]
        self.meanings[feed.url] = meaning
        if meaning.index is not None or not named:
            return meaning.feeds
        return [found for one in meaning.feeds for found in self._read(one, named=False)]

    def _meaning(self, feed: Feed, answer: Response, *, named: bool) -> Meaning:
        if sitemap_index.looks_like_index(answer.body):
            return self._of_index(feed, answer)
        if not named:
            return Meaning(feeds=(feed,))
        if subscriptions.looks_like_opml(answer.body):
            try:
                return Meaning(feeds=tuple(subscriptions.subscriptions_of(answer.body, base=answer.url)))
            except SourceError as error:
                raise UsageError(str(error)) from error
        return self._of_page(feed, answer) if discovery.is_page(answer.body) else Meaning(feeds=(feed,))

    def _of_index(self, feed: Feed, answer: Response) -> Meaning:
        since = times.parse(self._request.since) if self._request.since else None
        try:
            index = sitemap_index.chosen(
                answer.body, url=answer.url, most=self._request.settings.feeds.sitemaps, since=since
            )
        except NotAFeed:
            return Meaning(feeds=(feed,))
        return Meaning(feeds=tuple(Feed(url=url) for url in index.taken), index=index)

    def _of_page(self, feed: Feed, answer: Response) -> Meaning:
        """The feed that a page offers, or one at a usual address; the page itself where there is none."""
        offered = discovery.offers(answer.body, url=answer.url, charset=answer.charset)
        best = discovery.best(offered, url=answer.url)
        found = best.url if best is not None else self._usual(answer.url)
        if found is None:
            return Meaning(feeds=(feed,))
        others = [one.url for one in offered if one.url != found]
        more = f" (it also offers {', '.join(others[:3])}{' and others' if others[3:] else ''})" if others else ""
        said = "" if self._is_known(found) else f"--feeds {feed.url} is a page; its feed {found} is read{more}"
        return Meaning(feeds=(Feed(url=found),), said=said)

    def _usual(self, page: str) -> str | None:
        for address in discovery.usual_addresses(page):
            answer = self._asked(address, "feed")
            if answer is not None and discovery.is_feed(answer.body):
                return address
        return None

    def _asked(self, url: str, kind: Literal["list", "feed"], headers: Headers = ()) -> Response | None:
        """The answer; None where there is none: a poll will fail, too, and say so with a row or a skip."""
        fetcher = self._fetcher()
        tries = 1 if kind == "feed" else None
        try:
            return stopping.awaited(fetcher.submit(fetcher.get(url, kind=kind, tries=tries, headers=headers)))
        except (FetchFailed, HostDisabled):
            return None


def _settle(meanings: dict[str, Meaning], job: Job, state: State) -> None:
    """Count what indexes name and is not read, and let rows of addresses go that stand for others now."""
    now = datetime.datetime.now(datetime.UTC)
    cleared = [feed_origin(Feed(url=url)) for url in meanings if state.feed_rejected(url)]
    settlement = Settlement(cleared=tuple(cleared))
    for url, meaning in meanings.items():
        if meaning.index is not None:
            own = of_index(url, meaning.index, now)
            settlement = replace(
                settlement,
                skipped=(*settlement.skipped, *own.skipped),
                rejected=(*settlement.rejected, *own.rejected),
                seen=(*settlement.seen, *own.seen),
            )
    if settlement != Settlement():
        commit(state, job.stores(), settlement, epoch=job.epoch, now=now, run_id=job.run_id)


def of_index(url: str, index: Chosen, now: datetime.datetime) -> Settlement:
    """The account of a sitemap index: what it names and is not read. A sitemap that is read has one of its own."""
    counts = {"over_limit": index.over_limit, "older": index.older, "known": index.repeated}
    skipped = tuple(
        Skipped(origin=Origin(kind="feed", source=url, key=digest("index", url, reason)), reason=reason, count=count)
        for reason, count in counts.items()
        if count
    )
    rejected = tuple(
        Rejected(
            origin=Origin(kind="feed", source=url, key=digest("index", url, written)),
            url=written[: urls.MAX_LENGTH] or None,
            feed_url=url,
            stage="poll",
            reason="bad_link",
            detail=wrong,
            attempts=1,
            first_seen=times.utc(now),
            last_seen=times.utc(now),
        )
        for written, wrong in dict(index.refused).items()
    )
    seen = index.named - len(index.taken) - (len(index.refused) - len(rejected))
    return Settlement(skipped=skipped, rejected=rejected, seen=(("feed", url, seen),) if seen else ())
