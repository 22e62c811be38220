"""`newsbeam forget`: records of an address or a site leave every store and the state, and stay out."""

import argparse
import contextlib
import datetime
import re
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import tld

from newsbeam import times, urls
from newsbeam.connectors.state import forgotten, victims
from newsbeam.connectors.state.errors import LeaseLost, StateError
from newsbeam.connectors.state.forgotten import Forgotten
from newsbeam.connectors.state.scrub import scrub
from newsbeam.connectors.state.state import State, look_at, open_state
from newsbeam.connectors.stores.commit import recover
from newsbeam.connectors.stores.names import file_of
from newsbeam.connectors.stores.pages import tells_records
from newsbeam.connectors.stores.records import counted
from newsbeam.connectors.stores.store import Store, StoreError, UnknownStore
from newsbeam.connectors.stores.urls import open_store
from newsbeam.pipelines.commands import states
from newsbeam.pipelines.commands.options import DONE, FAILED, add_settings, no_more, say, settings
from newsbeam.pipelines.request import UsageError

_ID = re.compile(r"[0-9a-f]{32}\Z")
_HOST = re.compile(r"[^\s/:@?#]+(?:\.[^\s/:@?#]+)*\Z")


def add(commands: Any) -> None:
    """Enter the command."""
    parser = commands.add_parser("forget", help="take out an article or a site, and keep it out", allow_abbrev=False)
    parser.add_argument(
        "what", nargs="?", metavar="URL|SITE", help="an article's address or id, or a site such as example.com"
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell what would go")
    parser.add_argument("--undo", action="store_true", help="let it come in again; what went does not come back")
    parser.add_argument("--list", action="store_true", help="list what is kept out")
    states.add_states(parser)
    add_settings(parser)
    parser.set_defaults(run=_run)


def wanted(what: str) -> tuple[Forgotten, str | None]:
    """What an argument means, and the address where it is one.

    Raises:
        UsageError: neither an address, nor an id, nor a site.
    """
    if _ID.match(what):
        return Forgotten(ids=frozenset((what,))), None
    if "://" in what:
        url = what if what.startswith("file:") else urls.absolute(what, what)
        if url is None:
            raise UsageError(f"{what}: not the address of an article: give http(s)://HOST/PATH, or a site's name")
        if urls.is_root(url):
            host = urlsplit(url).hostname
            raise UsageError(f"{what}: a site's home page is no article: give {host} to forget the whole site")
        return Forgotten(ids=frozenset((urls.article_id(url),))), url
    site = what.lower().rstrip(".")
    if not _HOST.match(site) or not ("." in site or site == "localhost"):
        raise UsageError(f"{what}: neither an address nor a site: give http(s)://HOST/PATH, or a name as example.com")
    if tld.is_tld(site):
        raise UsageError(f"{what}: a public suffix, below which are many sites: give the name of one")
    return Forgotten(sites=frozenset((site,))), None


def _run(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    if known.list == (known.what is not None) or (known.undo and known.dry_run):
        raise UsageError("give URL or SITE (with --dry-run or --undo), or --list alone")
    found = states.urls_of([], known.state) if known.state else states.urls_of(known.store[:1], [])
    if len(found) > 1:
        raise UsageError(f"--state: {len(found)} given; one state is forgotten in at a time")
    try:
        if known.list:
            return _list(found[0])
        out, url = wanted(known.what)
        if known.dry_run:
            return _preview(known, found[0], out, url)
        return _forget(known, found[0], out, url)
    except UnknownStore as error:
        raise UsageError(f"--store: {error}") from error
    except (StoreError, StateError, LeaseLost) as error:
        return say(str(error), FAILED)


def _list(state_url: str) -> int:
    state = look_at(state_url)
    with contextlib.closing(state), state.read() as connection:
        for one in forgotten.listed(connection):
            print(f"{one.kind}  {one.value}  {one.since}")
    return DONE


def _preview(known: argparse.Namespace, state_url: str, out: Forgotten, url: str | None) -> int:
    from newsbeam.pipelines import forgetting

    with contextlib.closing(look_at(state_url)) as state:
        stores = forgetting.known_stores(state, [open_store(one) for one in known.store])
        found = forgetting.find(state, stores, with_redirected(state, out, url))
        ids = {*found.documents, *(one.key for one in found.rejections)}
        for store in stores:
            told = _said(counted(store, ids)) if tells_records(store) else "what it holds of them is not counted"
            print(f"{store.url}: {told}")
    print(f"newsbeam: {known.what}: {len(ids)} records would go; nothing was changed", file=sys.stderr)
    return DONE


def _forget(known: argparse.Namespace, state_url: str, out: Forgotten, url: str | None) -> int:
    from newsbeam.pipelines import forgetting
    from newsbeam.pipelines.job import thresholds_of

    own = settings(known)
    look_at(state_url).close()  # there must be one
    with contextlib.closing(open_state(state_url)) as state, states.held(state) as epoch:
        if known.undo:
            return _undo(state, known.what, with_redirected(state, out, url), epoch)
        stores = forgetting.known_stores(state, [open_store(one) for one in known.store])
        for store in stores:
            store.check()
        recover(state, stores, epoch=epoch)
        now = datetime.datetime.now(datetime.UTC)
        done = forgetting.forget(
            state, stores, with_redirected(state, out, url), thresholds=thresholds_of(own), epoch=epoch, now=now
        )
        print(
            f"{known.what}: {_said(done.counts)} went from {len(stores)} stores; it is kept out since {times.utc(now)}"
        )
        if done.corrected:
            print(f"decided anew on {done.corrected} copies of what went")
        if done.pages:
            print(f"wrote {done.pages} archive files anew without its pages")
        _scrub(state, stores)
    return DONE


def _undo(state: State, what: str, out: Forgotten, epoch: int) -> int:
    with state.write(epoch) as connection:
        found = forgotten.undo(connection, out)
    if not found:
        raise UsageError(f"{what}: is not kept out; see `newsbeam forget --list`")
    print(f"{what}: may come in again, when a source brings it again")
    return DONE


def with_redirected(state: State, out: Forgotten, url: str | None) -> Forgotten:
    """What is meant, with the articles that a feed announced under this address and that stand under another."""
    if url is None:
        return out
    with state.read() as connection:
        return Forgotten(ids=out.ids | set(victims.redirected(connection, url)), sites=out.sites)


def _scrub(state: State, stores: Sequence[Store]) -> None:
    """Have SQLite's files lose what was deleted in them; where that is hindered, say so."""
    paths = [state.path, *(file_of(one.url) for one in stores if one.url.startswith("sqlite:"))]
    for path in paths:
        hindered = scrub(path) if path is not None else None
        if hindered:
            print(
                f"newsbeam: {path}: its free pages may still hold what went ({hindered}): forget it again later",
                file=sys.stderr,
            )


def _said(counts: Any) -> str:
    return ", ".join(f"{counts.get(name, 0)} {name}" for name in ("articles", "duplicates", "rejected"))
