"""Compacting: small files of a partition are merged into big ones, by the steps of a commit (see commit.py).

The merged file is written under its temporary name, then settled, then its parts go, and only then it gets its name:
a reader that lists the folder and then reads meets no id twice, and `recover` finishes or undoes what a kill parts.
"""

import contextlib
from dataclasses import dataclass, replace

from newsbeam.connectors.state import manifest
from newsbeam.connectors.state.errors import LeaseLost
from newsbeam.connectors.state.manifest import Intent, Part
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores import compaction
from newsbeam.connectors.stores.commit import publish
from newsbeam.connectors.stores.compaction import Group
from newsbeam.connectors.stores.files import FileStore
from newsbeam.connectors.stores.names import store_name
from newsbeam.connectors.stores.store import StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What compacting a store did. before, after: its files. merged: files that went. rows, bytes: written anew."""

    before: int
    after: int
    merged: int = 0
    rows: int = 0
    bytes: int = 0


def compact(state: State, store: FileStore, *, epoch: int, target: int) -> Compacted:
    """Merge the store's small files into files of `target` bytes, until none is left to be merged.

    `recover` has taken the store in this epoch. What is merged is settled file by file: after a failure or a kill, the
    next call goes on from there.

    Raises:
        StoreError: the store cannot be read or written; nothing of the file under way is settled.
        LeaseLost: another run holds the state.
    """
    name = store_name(state, store)
    begun, merged, rows, size = len(_files(state, name)), 0, 0, 0
    with state.committing:
        while found := compaction.groups(_files(state, name), target=target):
            for group in found:
                made = _merge(state, store, name, group, epoch)
                merged, rows, size = merged + len(group), rows + made.rows, size + made.bytes
    return Compacted(before=begun, after=len(_files(state, name)), merged=merged, rows=rows, bytes=size)


def _merge(state: State, store: FileStore, name: str, group: Group, epoch: int) -> Part:
    ids = [store.ids(one) for one in group]
    with state.read() as connection:
        number = manifest.next_number(connection, name)
    parts = compaction.parts(group, ids, number=number, epoch=epoch)
    intent = Intent(ids=(), parts=parts, token=manifest.new_token())
    with state.write(epoch) as connection:
        manifest.intend(connection, {name: intent})
    try:
        intent = replace(intent, parts=store.merge(intent.parts))
        with state.write(epoch) as connection:
            manifest.settle(connection, {name: intent}, {})
    except (StoreError, LeaseLost) as error:
        with contextlib.suppress(StoreError):
            store.discard(intent.parts)
            if isinstance(error, StoreError):
                with state.write(epoch) as connection:
                    manifest.tidy(connection, {name: intent})
        raise
    publish(state, {name: store}, {name: intent}, epoch=epoch)
    return intent.parts[-1]


def _files(state: State, name: str) -> list[manifest.HeldFile]:
    with state.read() as connection:
        return manifest.files(connection, name)
