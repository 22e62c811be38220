"""`newsbeam export`: from a store into another one, into a copy, or into files for people. docs/export.md."""

import argparse
import datetime
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from newsbeam import urls
from newsbeam.config.settings import Settings
from newsbeam.connectors.state.engine import sqlite_path
from newsbeam.connectors.state.errors import StateError
from newsbeam.connectors.stores import papers, reading
from newsbeam.connectors.stores.filling import Stopped, copy, fill_all
from newsbeam.connectors.stores.rows import Row
from newsbeam.connectors.stores.store import Store, StoreError, UnknownStore
from newsbeam.connectors.stores.urls import default_state_url, open_store
from newsbeam.pipelines.commands.options import DONE, FAILED, add_settings, no_more, say, settings
from newsbeam.pipelines.request import Request, UsageError
from newsbeam.records import COLLECTIONS, Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which rows are wanted. since: ISO 8601, compared with `updated_at`. sites: lower case."""

    collections: tuple[Collection, ...] = COLLECTIONS
    since: str | None = None
    languages: frozenset[str] = field(default_factory=frozenset)
    sites: frozenset[str] = field(default_factory=frozenset)

    @property
    def all(self) -> bool:
        """Whether every row is."""
        return self == Chosen()

    def takes(self, row: Row) -> bool:
        """Whether the row's language and site are among those wanted; a site by its name or its registered domain."""
        if self.languages and row.get("language") not in self.languages:
            return False
        if not self.sites:
            return True
        return str(row.get("site") or "").lower() in self.sites or urls.site(row.get("url") or "") in self.sites


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Enter the command."""
    parser = commands.add_parser(
        "export", help="fill a store added later, or write CSV or HTML for people", allow_abbrev=False
    )
    parser.add_argument("--from", dest="source", required=True, metavar="URL", help="the store to read")
    parser.add_argument(
        "--to", action="append", required=True, metavar="URL", help="a store, csv:FILE or html:FILE (-: stdout)"
    )
    parser.add_argument("--state", metavar="URL", help="the state that wrote the store (default: beside it)")
    parser.add_argument("--no-state", action="store_true", help="copy into empty stores that no run goes on with")
    parser.add_argument("--bom", action="store_true", help="begin CSV with a byte order mark, for Excel")
    chosen = parser.add_argument_group("which rows (for csv:, html: and --no-state)")
    chosen.add_argument("--collection", help=f"{', '.join(COLLECTIONS)} (files: articles, copies: all)")
    chosen.add_argument("--since", metavar="WHEN", help="updated at or after: 2026-11-20, 7d")
    chosen.add_argument("--language", action="append", default=[], metavar="CODE", help="such as el; may be repeated")
    chosen.add_argument("--site", action="append", default=[], metavar="NAME", help="name or domain; may be repeated")
    add_settings(parser)
    parser.set_defaults(run=run)


def run(known: argparse.Namespace, rest: Sequence[str]) -> int:
    """Export to every target; the exit status."""
    no_more(rest)
    chosen = _chosen(known)
    files = [url for url in known.to if papers.is_paper(url)]
    stores = [url for url in known.to if url not in files]
    _check(known, chosen, files, stores)
    in_force = settings(known)
    try:
        source = reading.open_present(known.source)
        _ensure_others(source, stores)
        for url in files:
            _write(url, source, chosen, known)
        if stores and known.no_state:
            for url in stores:
                _copy(url, source, chosen)
        elif stores:
            return _fill(known, source, stores, in_force)
    except UnknownStore as error:
        raise UsageError(f"--from: {error}") from error
    except (StoreError, StateError) as error:
        return say(str(error), FAILED)
    except BrokenPipeError:  # whoever read from us has had enough
        return FAILED
    return DONE


def _chosen(known: argparse.Namespace) -> Chosen:
    try:
        collections = (reading.collection_named(known.collection),) if known.collection else COLLECTIONS
    except ValueError as error:
        raise UsageError(f"--collection: {error}") from error
    try:
        since = known.since and reading.moment_of(known.since, now=_now())
    except ValueError as error:
        raise UsageError(f"--{error}") from error
    return Chosen(
        collections=collections,
        since=since,
        languages=frozenset(one.lower() for one in known.language),
        sites=frozenset(one.lower() for one in known.site),
    )


def _check(known: argparse.Namespace, chosen: Chosen, files: Sequence[str], stores: Sequence[str]) -> None:
    """Raise UsageError where the options do not go together."""
    if stores and not known.no_state and not chosen.all:
        raise UsageError(
            "--collection, --since, --language, --site: a store that runs go on with must hold all rows: leave them "
            "out, or copy into an empty store with --no-state"
        )
    if known.no_state and (known.state or not stores):
        raise UsageError("--no-state: it copies into stores, without --state; files for people need no state anyway")
    if known.bom and not any(url.startswith("csv:") for url in files):
        raise UsageError("--bom: only csv:FILE takes a byte order mark")
    if chosen.languages and known.collection == "rejected":
        raise UsageError("--language: rejected rows have no language")
    if [url.partition(":")[2] for url in files].count(papers.STDOUT) > 1:
        raise UsageError("--to: two files cannot both go to stdout: give one of them a name")


def _ensure_others(source: Store, stores: Sequence[str]) -> None:
    """Raise UsageError where a target is no store, or the source itself."""
    for url in stores:
        try:
            same = open_store(url).url == source.url
        except (UnknownStore, StoreError) as error:
            raise UsageError(f"--to: {error}; for people: csv:FILE, html:FILE") from error
        if same:
            raise UsageError(f"--to: {url} is the store that --from names: give another one")


def _rows(source: Store, collection: Collection, chosen: Chosen) -> Iterator[Row]:
    return (row for row in source.rows(collection, since=chosen.since) if chosen.takes(row))


def _write(url: str, source: Store, chosen: Chosen, known: argparse.Namespace) -> None:
    collection: Collection = chosen.collections[0] if known.collection else "articles"
    bom = known.bom and url.startswith("csv:")
    count = papers.write(url, collection, _rows(source, collection, chosen), bom=bom)
    _tell(f"{url}: {count:,} {collection}")


def _copy(url: str, source: Store, chosen: Chosen) -> None:
    target = open_store(url)
    counts = copy(target, {name: _rows(source, name, chosen) for name in chosen.collections}, now=_now())
    _tell(f"{target.url}: a copy of {', '.join(f'{count:,} {name}' for name, count in counts.items())}")


def _fill(known: argparse.Namespace, source: Store, stores: Sequence[str], in_force: Settings) -> int:
    state_url = known.state or _default_state(known.source)
    path = sqlite_path(state_url)
    if path is not None and not path.is_file():
        raise UsageError(
            f"--state: there is no state at {state_url}: name the one that wrote {source.url}, or copy with --no-state"
        )
    from newsbeam.pipelines import engine, stopping  # Beam comes with it
    from newsbeam.pipelines.failures import Failed

    stopping.on_signals()
    request = Request(stores=(known.source, *stores), state=state_url, settings=in_force)
    try:
        with engine.opened(request) as (job, state):
            opened = job.stores()
            filled = fill_all(
                state,
                opened[0],
                opened[1:],
                epoch=job.epoch,
                now=engine.now,
                stopping=stopping.requested,
                said=_tell,
            )
    except Failed as error:
        return say(str(error), FAILED)
    except Stopped:
        return say("stopped; what was written stays: export again to complete it", FAILED)
    for target, one in zip(opened[1:], filled, strict=True):
        holds = ", ".join(f"{count:,} {name}" for name, count in one.holds.items())
        _tell(f"{target.url}: {f'{one.written:,} rows written' if one.written else 'nothing to do'}; it holds {holds}")
    return DONE


def _default_state(source: str) -> str:
    try:
        return default_state_url(source)
    except UnknownStore as error:
        raise UsageError(f"--state: {error}") from error


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _tell(message: str) -> None:
    print(f"newsbeam: {message}", file=sys.stderr)
