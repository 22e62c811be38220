"""`newsbeam state rebuild`: a state that was lost is made again of a store. docs/rebuild.md."""

import argparse
import contextlib
import datetime
from collections.abc import Sequence
from typing import Any

from newsbeam.config.settings import Settings
from newsbeam.connectors.state.errors import LeaseLost, StateError
from newsbeam.connectors.state.lease import this_owner
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores import adopting, reading
from newsbeam.connectors.stores.store import Store, StoreError, UnknownStore
from newsbeam.connectors.stores.urls import default_state_url
from newsbeam.pipelines.commands.options import DONE, FAILED, add_settings, no_more, say, settings
from newsbeam.pipelines.request import UsageError

_LEASE = 6 * 3600.0


def add(commands: Any) -> None:
    """Enter the commands."""
    parser = commands.add_parser("state", help="make a lost state again of a store", allow_abbrev=False)
    inner = parser.add_subparsers(metavar="rebuild", required=True)
    one = inner.add_parser("rebuild", help="a new state, of what a store holds", allow_abbrev=False)
    one.add_argument(
        "--from",
        dest="source",
        action="append",
        required=True,
        metavar="URL",
        help="the store; repeated: further ones that hold the same and go on with this state",
    )
    one.add_argument("--state", metavar="URL", help="where the new state is made (default: beside the store)")
    add_settings(one)
    one.set_defaults(run=_rebuild)


def _rebuild(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    own = settings(known)
    try:
        url = known.state or default_state_url(known.source[0])
        with contextlib.ExitStack() as opened:
            stores = [reading.open_present(one) for one in known.source]
            for store in stores:
                opened.callback(store.close)
            if len({store.url for store in stores}) < len(stores):
                raise UsageError("--from: a store is given twice: name each once")
            return _from(stores, url, own)
    except UnknownStore as error:
        raise UsageError(f"--from: {error}") from error
    except (StoreError, StateError, LeaseLost) as error:
        return say(f"{error}; nothing was rebuilt", FAILED)


def _from(stores: Sequence[Store], url: str, own: Settings) -> int:
    from newsbeam.pipelines import rebuilding
    from newsbeam.pipelines.job import memory_period, thresholds_of

    found = adopting.traces(stores)
    adopting.ensure_same(stores)
    now = datetime.datetime.now(datetime.UTC)
    limits = rebuilding.Limits(thresholds=thresholds_of(own), bucket=own.dedup.bucket, period=memory_period(own))
    with contextlib.closing(open_state(url)) as state:
        rebuilding.ensure_new(state)
        epoch = state.take_lease(owner=this_owner(), seconds=_LEASE, now=now)
        try:
            done = rebuilding.rebuild(state, stores, found, limits, epoch=epoch, now=now)
            epoch = done.epoch
        finally:
            state.release_lease(epoch)
        held = ", ".join(f"{count:,} {name}" for name, count in done.counts.items())
        print(f"{state.url}: rebuilt of {held}; {done.indexed:,} texts are in the window of copies")
        print("unknown to it: which entries feeds have announced (the next run fetches their pages once more),")
        print("feed validators and health, how far archives were read, earlier runs, and what `forget` keeps out")
        if done.retries:
            print(f"{done.retries:,} rejected entries are tried again by the next run")
    return DONE
