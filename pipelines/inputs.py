"""From the sources of the command line to feeds and spans."""

import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from newsbeam.config.headers import Headers
from newsbeam.config.tables import Subscription
from newsbeam.connectors.http.client import FetchFailed
from newsbeam.connectors.http.fetcher import Fetcher, HostDisabled
from newsbeam.connectors.sources import globs, subscriptions
from newsbeam.connectors.sources.errors import SourceError
from newsbeam.pipelines import stopping
from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.job import fetcher_for
from newsbeam.pipelines.request import Request, UsageError
from newsbeam.records import Feed, SourceKind, Span

MANY_IN_ONE = (".warc", ".warc.gz", ".jsonl", ".jsonl.gz")


def feeds_of(request: Request) -> list[Feed]:
    """The feeds that `--feeds` stands for, each once, in the order of their addresses.

    Raises:
        UsageError: a file that cannot be read, or that is neither OPML nor a list of addresses.
        Failed: the process was asked to stop before a list's server had answered.
    """
    found: dict[str, Feed] = {}
    for value in request.feeds:
        for feed in _feeds(value, request):
            found.setdefault(feed.url, feed)
    return [found[url] for url in sorted(found)]


def _feeds(value: str, request: Request) -> list[Feed]:
    try:
        if not subscriptions.is_url(value):
            return subscriptions.subscriptions_in(value)
        if not urlsplit(value).path.lower().endswith(".opml"):
            return [Feed(url=value)]
        fetcher = fetcher_for(request.settings, request.allow)
        answer = stopping.awaited(fetcher.submit(fetcher.get(value, kind="list")))
        if answer is None:
            raise Failed(f"stopped by {stopping.by_signal()} before {value} had answered; nothing was taken in")
        return subscriptions.subscriptions_of(answer.body, base=answer.url)
    except SourceError as error:
        raise UsageError(str(error)) from error
    except HostDisabled as error:
        raise UsageError(f"--feeds: {value}: {error}; switch it on, or leave the list out") from error
    except FetchFailed as error:
        raise UsageError(f"--feeds: {value}: {error.detail} ({error.reason}); give an OPML file or URL") from error


def with_lists(
    feeds: Sequence[Feed],
    request: Request,
    is_known: Callable[[str], bool],
    fetcher: Callable[[], Fetcher] | None = None,
) -> list[Feed]:
    """The feeds, where an address given for a feed turns out to be an OPML list: those that it names.

    Only addresses of the command line that no run has known are looked at: a known feed is asked by its poll alone.
    fetcher: the job's, which passes the gate of its stages; without, one of the request's settings.
    """
    fetcher = fetcher or functools.partial(fetcher_for, request.settings, request.allow)
    found: dict[str, Feed] = {}
    set_for = request.settings.subscriptions
    for feed in feeds:
        own = set_for.get(feed.url) or Subscription()
        unknown = own.enabled and feed.url in request.feeds and not is_known(feed.url)
        listed = _listed(feed.url, fetcher(), own.headers) if unknown else []
        for one in listed or [feed]:
            found.setdefault(one.url, one)
    for url in sorted(set_for.keys() - found.keys()):
        print(
            f'newsbeam: subscriptions."{url}": --feeds names no such feed; nothing goes by these settings',
            file=sys.stderr,
        )
    return [found[url] for url in sorted(found)]


def _listed(url: str, fetcher: Fetcher, headers: Headers) -> list[Feed]:
    try:
        answer = stopping.awaited(fetcher.submit(fetcher.get(url, kind="list", headers=headers)))
    except (FetchFailed, HostDisabled):
        return []  # its poll will fail, too, and say so with a row or a skip
    if answer is None or not subscriptions.looks_like_opml(answer.body):
        return []
    try:
        return subscriptions.subscriptions_of(answer.body, base=answer.url)
    except SourceError as error:
        raise UsageError(str(error)) from error


def files_of(request: Request) -> list[tuple[SourceKind, str, str]]:
    """(kind, path, pattern) of every file that the other sources name, in the order of their paths.

    Raises:
        UsageError: a pattern that no file matches.
    """
    named: tuple[tuple[SourceKind, Sequence[str]], ...] = (
        ("warc", request.warc),
        ("pages", request.pages),
        ("texts", request.texts),
    )
    found: dict[tuple[SourceKind, str], str] = {}
    for kind, patterns in named:
        for pattern in patterns:
            try:
                paths = globs.files_of(pattern, option=f"--{kind}")
            except SourceError as error:
                raise UsageError(str(error)) from error
            for path in paths:
                found.setdefault((kind, path), path if kind == "warc" else pattern)
    return [(kind, path, source) for (kind, path), source in sorted(found.items())]


def slices(files: Sequence[Span], size: int) -> Iterator[tuple[Span, ...]]:
    """Spans that are read in one turn: a file of many records alone, files of one record by the slice."""
    small: list[Span] = []
    for span in files:
        if holds_many(span):
            yield (span,)
            continue
        small.append(span)
        if len(small) >= size:
            yield tuple(small)
            small = []
    if small:
        yield tuple(small)


def portion(files: Sequence[Span], size: int, at_once: int) -> tuple[Span, ...]:
    """Spans for one turn of many workers, from the front: some files of many records side by side, as many records of
    each as come to `size` together; then files of one record, as many."""
    archives = [one for one in files if holds_many(one)][:at_once]
    if archives:
        return tuple(replace(one, limit=max(1, size // len(archives))) for one in archives)
    return tuple(replace(one, limit=size) for one in files[:size])


def holds_many(span: Span) -> bool:
    """Whether the file holds many records, by its name."""
    return span.path.lower().endswith(MANY_IN_ONE)
