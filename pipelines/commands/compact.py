"""`newsbeam compact`: small files of file stores become big ones."""

import argparse
from collections.abc import Sequence
from typing import Any

from newsbeam.pipelines.commands.options import DONE, FAILED, add_settings, add_stores, no_more, say, settings
from newsbeam.pipelines.request import Request, UsageError

LEAST_MB, MOST_MB, USUAL_MB = 1, 4096, 128
_MIB = 1024 * 1024


def add(commands: Any) -> None:
    """Enter `compact`."""
    parser = commands.add_parser(
        "compact", help="merge the small files of jsonl: and parquet: stores", allow_abbrev=False
    )
    add_stores(parser)
    parser.add_argument(
        "--target-mb", type=int, default=USUAL_MB, metavar="N", help=f"size of a merged file ({USUAL_MB})"
    )
    add_settings(parser)
    parser.set_defaults(run=_compact)


def _compact(known: argparse.Namespace, rest: Sequence[str]) -> int:
    no_more(rest)
    request = Request(stores=tuple(known.store), state=known.state, settings=settings(known))
    _check(request, known.target_mb)
    from newsbeam.connectors.state.errors import LeaseLost, StateError
    from newsbeam.connectors.stores.compacting import compact
    from newsbeam.connectors.stores.files import FileStore
    from newsbeam.connectors.stores.store import StoreError
    from newsbeam.pipelines import engine
    from newsbeam.pipelines.failures import Failed

    try:
        with engine.opened(request) as (job, state):
            for store in job.stores():
                assert isinstance(store, FileStore)
                done = compact(state, store, epoch=job.epoch, target=known.target_mb * _MIB)
                print(
                    f"{store.url}: {done.before} files, now {done.after} "
                    f"({done.merged} merged, {done.rows} rows and {done.bytes / _MIB:.1f} MiB written)"
                )
    except (Failed, StoreError, StateError, LeaseLost) as error:
        return say(str(error), FAILED)
    return DONE


def _check(request: Request, target_mb: int) -> None:
    """Raise UsageError where nothing can be compacted by these options."""
    if not request.stores:
        raise UsageError("--store: none given; give at least one store of files, such as --store parquet:DIR")
    for url in request.stores:
        form = url.partition(":")[0]
        if form not in ("jsonl", "parquet"):
            raise UsageError(f"--store: {form}: has no files to merge: give a jsonl: or parquet: store")
    if not LEAST_MB <= target_mb <= MOST_MB:
        raise UsageError(f"--target-mb: {target_mb}: use a number from {LEAST_MB} to {MOST_MB}")
