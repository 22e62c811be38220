"""What is settled at one go, and what came of it."""

import datetime
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from newsbeam.connectors.state.manifest import Segment
from newsbeam.records import (
    Article,
    Collection,
    Duplicate,
    Edge,
    Origin,
    Reached,
    Rejected,
    SiteLines,
    Sketch,
    Skipped,
    SourceKind,
)

Counts = Counter[Collection]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The outcome of one slice or window; each id and each band list is of a document in `records`.

    records: new ones, and corrections of earlier ones. rejected: attempts are those of this run. skipped: an entry of
    the frontier is settled by its key. cleared: places whose rejected row is to go, because they work now.
    removed_ids: leave all stores. edges: verified now. dropped_edges_of: documents whose text gave way; their old
    edges, bands and sketches go. bands, sketches: of the current texts in `records`; a revision has none. progress:
    how far archives were read. seen: (kind, source, count) that came in from archives with this slice. segments: parts
    of archives with the pages that were fetched for it. lines: what the documents in `records` tell of their sites.
    since: from when the lag of each new record of an entry counts; empty where it is not measured.
    """

    records: tuple[Article | Duplicate, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    cleared: tuple[Origin, ...] = ()
    removed_ids: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    dropped_edges_of: tuple[str, ...] = ()
    bands: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sketches: tuple[Sketch, ...] = ()
    progress: tuple[Reached, ...] = ()
    seen: tuple[tuple[SourceKind, str, int], ...] = ()
    segments: tuple[Segment, ...] = ()
    lines: tuple[SiteLines, ...] = ()
    since: tuple[datetime.datetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a commit did, by collection.

    new: ids that no collection held. changed: another text or another reason under an id. corrected: the same text,
    decided or described anew, a move to another collection included (counted where it stands now). unchanged: nothing
    was touched. removed: rows that left all collections.
    """

    new: Mapping[Collection, int] = field(default_factory=dict)
    changed: Mapping[Collection, int] = field(default_factory=dict)
    corrected: Mapping[Collection, int] = field(default_factory=dict)
    unchanged: Mapping[Collection, int] = field(default_factory=dict)
    removed: Mapping[Collection, int] = field(default_factory=dict)
