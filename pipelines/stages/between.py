"""What was settled between a window's decision and its turn to be stored: which decisions any of it could change.

Windows of a stream overlap, so that nearly every one finds another settled in between. Few have anything in common: a
document under the same id, a document of the same component, or two documents that are copies. A band in common is not
enough to decide anew: stories that quote one sentence meet there all the time.
"""

import functools
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from newsbeam.records import Captured, Gone, Sketch
from newsbeam.transforms.bands import bands
from newsbeam.transforms.relations import Thresholds, may_relate
from newsbeam.transforms.sketches import sketch
from newsbeam.transforms.verdicts import Verdict

_KEPT = 12
"""Commits that are remembered, which is many more than windows are under way at a time."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What a window's decisions rest on and change.

    ids: documents that came in or went, and all members of the components that were decided. by_band: what came in.
    """

    ids: frozenset[str]
    by_band: Mapping[int, tuple[Sketch, ...]]

    def meets(self, other: "Touched", thresholds: Thresholds) -> set[str]:
        """Of what this one touches, the documents of which the other could have changed what was decided."""
        common = self.by_band.keys() & other.by_band.keys()
        pairs = {(a.id, b.id): (a, b) for band in common for a in self.by_band[band] for b in other.by_band[band]}
        copies = {a.id for a, b in pairs.values() if may_relate(a, b, thresholds)}
        return copies | (self.ids & other.ids)


def touched(items: Iterable[Any]) -> Touched:
    """What the items of a window touch, by what came in and by the verdicts among them."""
    ids: set[str] = set()
    found: dict[int, list[Sketch]] = defaultdict(list)
    for item in items:
        if isinstance(item, Captured):
            for one in map(sketch, item.documents):
                ids.add(one.id)
                for band in bands(one.fingerprint):
                    found[band].append(one)
        elif isinstance(item, Verdict):
            ids.update(one.id for one in item.decisions)
        elif isinstance(item, Gone):
            ids.add(item.id)
    return Touched(frozenset(ids), {band: tuple(members) for band, members in found.items()})


class Recent:
    """What the last commits of this process have touched, by their numbers. Usable from several threads."""

    def __init__(self) -> None:
        self._commits: deque[tuple[int, Touched]] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def note(self, number: int, what: Touched) -> None:
        """Remember what the commit of this number has touched."""
        with self._lock:
            self._commits.append((number, what))

    def since(self, before: int, number: int) -> list[Touched] | None:
        """What the commits after `before` touched, up to this number; None where one is not known to this process."""
        with self._lock:
            known = {one: what for one, what in self._commits if before < one <= number}
        return list(known.values()) if len(known) == number - before else None


@functools.cache
def recent_of(state_url: str) -> Recent:
    """What this process has committed to a state."""
    return Recent()


def concerned(
    items: Iterable[Any], ours: Touched, commits: int, recent: Recent, thresholds: Thresholds
) -> "frozenset[str] | None":
    """The documents of a window of which something was settled between its decision and the state's `commits`.

    ours: what the items touch. None: all of them may be, since another process has settled something.
    """
    decided = [one.commits for one in items if isinstance(one, Captured)]
    if not decided or min(decided) == commits:
        return frozenset()
    settled = recent.since(min(decided), commits)
    if settled is None:
        return None
    return frozenset().union(*(ours.meets(one, thresholds) for one in settled))
