"""Which files of an archive are joined when new ones come: pure, so that every case has its test."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsbeam.connectors.state.manifest import HeldFile, Segment

FLOOR = 1024 * 1024
BOUND = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """What becomes one file: files that stand already, the oldest first, and behind them new segments."""

    files: tuple[HeldFile, ...] = ()
    segments: tuple[Segment, ...] = ()

    @property
    def bytes(self) -> int:
        """Its size."""
        return sum(one.bytes for one in self.files) + sum(one.bytes for one in self.segments)

    @property
    def pages(self) -> int:
        """Pages in it."""
        return sum(one.rows for one in self.files) + sum(one.records for one in self.segments)


def rolled(
    files: Sequence[HeldFile], segments: Sequence[Segment], *, floor: int = FLOOR, bound: int = BOUND
) -> list[Heap]:
    """What one folder's files become with new segments, those left out that stay as they are.

    files: the oldest first. A heap is joined to the one before it while that one is not the larger (or is below
    `floor` bytes) and both together are at most `bound` bytes: so each byte is copied some log2(bound / floor) times
    and a day has few files, however small the windows are. Only the first heap can hold files.
    """
    heaps = [Heap(files=(one,)) for one in files]
    for segment in segments:
        heaps.append(Heap(segments=(segment,)))
        while len(heaps) > 1:
            before, last = heaps[-2:]
            if before.bytes > max(last.bytes, floor) or before.bytes + last.bytes > bound:
                break
            heaps[-2:] = [Heap(files=before.files + last.files, segments=before.segments + last.segments)]
    return [heap for heap in heaps if heap.segments]
