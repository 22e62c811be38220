"""From the sources of the command line to feeds and spans."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from newsbeam.connectors.http.client import FetchFailed
from newsbeam.connectors.http.fetcher import HostDisabled
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
