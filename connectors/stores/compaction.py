"""Compaction: which small files of a partition are merged into one; pure."""

import itertools
from collections.abc import Iterable, Sequence

from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores.partitions import folder_of

Group = tuple[HeldFile, ...]

_MERGED = "-merged"


def groups(files: Sequence[HeldFile], *, target: int) -> list[Group]:
    """Files to merge, two or more at a time, each time into one of `target` bytes at most.

    A file of half of the target is big enough and stays as it is. Only files of one collection, partition and form are
    merged. Where a merged file is smaller than its parts were, further ones may be found when this is asked again.
    """
    found: list[Group] = []
    small = sorted((one for one in files if one.bytes < target / 2), key=lambda one: (_where(one), one.number))
    for _, members in itertools.groupby(small, key=_where):
        found += (group for group in _packed(members, target) if len(group) > 1)
    return found


def parts(group: Group, ids: Sequence[Sequence[str]], *, number: int, epoch: int) -> tuple[Part, ...]:
    """What merging does, as a commit's plan: each file goes, and a new one holds their rows. ids: of each file."""
    first = group[0]
    folder, suffix = folder_of(first.name), _suffix(first.name)
    name = f"part-{epoch:05d}-{number:06d}{_MERGED}{suffix}"
    opened = [one.opened for one in group if one.opened is not None]
    merged = Part(
        number=number,
        collection=first.collection,
        name=f"{folder}/{name}" if folder else name,
        rows=sum(one.rows for one in group),
        rewrites=False,
        added=tuple(itertools.chain.from_iterable(ids)),
        opened=min(opened) if opened else None,
        epoch=epoch,
    )
    leaving = (
        Part(
            number=one.number,
            collection=one.collection,
            name=one.name,
            rows=0,
            rewrites=True,
            gone=tuple(held),
            opened=one.opened,
            epoch=epoch,
        )
        for one, held in zip(group, ids, strict=True)
    )
    return (*leaving, merged)


def is_merged(name: str) -> bool:
    """Whether a file holds the rows of merged ones, be it under its temporary name.

    A reader that misses a file tells by this whether its rows have left it one by one, or are all in another file.
    """
    return f"{_MERGED}." in name.rpartition("/")[2]


def _packed(members: Iterable[HeldFile], target: int) -> list[Group]:
    packs: list[list[HeldFile]] = []
    room = 0
    for one in members:
        if not packs or one.bytes > room:
            packs.append([])
            room = target
        packs[-1].append(one)
        room -= one.bytes
    return [tuple(pack) for pack in packs]


def _where(one: HeldFile) -> tuple[str, str, str]:
    return str(one.collection), folder_of(one.name), _suffix(one.name)


def _suffix(name: str) -> str:
    """All of a file's suffixes: `.jsonl.zst`."""
    _, dot, rest = name.rpartition("/")[2].partition(".")
    return dot + rest
