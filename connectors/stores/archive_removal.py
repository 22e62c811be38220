"""Pages that must leave an archive: each file that holds one is written anew without it, under its temporary name."""

from collections.abc import Callable, Sequence
from pathlib import Path

from newsbeam.connectors.sources.warc_rewrite import rewrite_without
from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.stores.archive_segment import temporary


def without(pages: Path, drop: Callable[[str], bool], files: Sequence[HeldFile], *, epoch: int) -> list[Part]:
    """What becomes of those of the files that hold a page whose target is to be dropped.

    pages: the folder of the archive's files.

    Raises:
        SourceError, OSError: a file cannot be read or written.
    """
    parts = []
    for one in files:
        target = temporary(pages, one.name, epoch)
        gone = rewrite_without(pages / one.name, target, drop)
        rows, size = max(one.rows - gone, 0), target.stat().st_size
        if not gone or not rows:
            target.unlink()
        if gone:
            parts.append(
                Part(
                    number=one.number,
                    collection="pages",
                    name=one.name,
                    rows=rows,
                    rewrites=True,
                    bytes=size,
                    opened=one.opened,
                    epoch=epoch,
                )
            )
    return parts
