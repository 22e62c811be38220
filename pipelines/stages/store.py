"""The store stage: everything that settles meets at one key, is written to every store, then settled in the state."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection

from newsbeam.connectors.state.forgotten import Forgotten
from newsbeam.connectors.state.held import is_feed_itself
from newsbeam.connectors.state.manifest import Segment
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores.commit import Committed, Settlement, commit
from newsbeam.pipelines import progress
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages.anew import decided_anew, is_stale
from newsbeam.records import Article, Captured, Duplicate, Edge, Gone, Origin, Reached, Rejected, Sketch, Skipped
from newsbeam.transforms.bands import bands
from newsbeam.transforms.copies import Verdict
from newsbeam.transforms.sketches import sketch


class StoreRecords(beam.PTransform[tuple[PCollection[Any], ...], PCollection[Committed]]):
    """Write records and rows to the stores, and settle their entries.

    Takes any number of collections of Article, Duplicate, Rejected, Skipped, Reached, Verdict (its edges), str (ids
    whose stored text gives way), Gone, Origin (feeds whose rejected row is to go), Segment (parts of archives with the
    pages that settle here) and Captured (what came in, in a stream).
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, pcolls: tuple[PCollection[Any], ...]) -> PCollection[Committed]:
        committed: PCollection[Committed] = (
            pcolls
            | "All" >> beam.Flatten()
            | "OneKey" >> beam.WithKeys(0)
            | "Window" >> beam.GroupByKey()
            | "Store" >> beam.ParDo(Storing(self._job))
        )
        return committed


class Storing(beam.DoFn):
    """Commit what a window brought, all at once: a replaced text and its successor must not be settled apart."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._stored = Metrics.counter("store", "records")

    def process(self, group: tuple[int, Iterable[Any]]) -> Iterator[Committed]:
        state, items = self._job.state(), list(group[1])
        with state.committing:
            if is_stale(items, state.commits()):
                items = decided_anew(self._job, items)
            done = self._commit(settlement(without_forgotten(items, state)))
        yield done

    def _commit(self, one: Settlement) -> Committed:
        job = self._job
        now = datetime.datetime.now(datetime.UTC)
        done = commit(job.state(), job.stores(), one, epoch=job.epoch, now=now, run_id=job.run_id)
        self._stored.inc(len(one.records))
        progress.count("stored", len(one.records))
        progress.count("new", sum(done.new.values()) + sum(done.changed.values()))
        # A rejected row that was tried again is written with its attempts; that corrects no record.
        progress.count("corrected", sum(count for kind, count in done.corrected.items() if kind != "rejected"))
        return done


def without_forgotten(items: Sequence[Any], state: State) -> list[Any]:
    """The items, rejected rows of what was forgotten being counted skips; the row of a feed itself stays."""
    addresses = {one.url or one.feed_url or "" for one in items if isinstance(one, Rejected)}
    out = state.kept_out((), addresses)
    return [Skipped(origin=one.origin, reason="forgotten") if _is_forgotten(one, out) else one for one in items]


def _is_forgotten(item: Any, out: Forgotten) -> bool:
    return (
        bool(out) and isinstance(item, Rejected) and not is_feed_itself(item) and out.covers(item.url or item.feed_url)
    )


def settlement(items: Iterable[Any]) -> Settlement:
    """What is to be settled, sorted by kind."""
    records: list[Article | Duplicate] = []
    rejected: list[Rejected] = []
    skipped: list[Skipped] = []
    cleared: list[Origin] = []
    edges: list[Edge] = []
    replaced: list[str] = []
    gone: list[str] = []
    reached: list[Reached] = []
    segments: list[Segment] = []
    for item in items:
        match item:
            case Article() | Duplicate():
                records.append(item)
            case Rejected():
                rejected.append(item)
            case Skipped():
                skipped.append(item)
            case Origin():
                cleared.append(item)
            case Verdict():
                edges.extend(item.edges)
            case Reached():
                reached.append(item)
            case Segment():
                segments.append(item)
            case Gone():
                gone.append(item.id)
            case str():
                replaced.append(item)
            case Captured():
                pass
            case _:
                raise TypeError(f"{type(item).__name__} is nothing that can be settled")
    sketches = _sketches(records)
    return Settlement(
        records=tuple(records),
        rejected=tuple(rejected),
        skipped=tuple(skipped),
        cleared=tuple(cleared),
        removed_ids=tuple(gone),
        edges=tuple(edges),
        dropped_edges_of=tuple(replaced),
        bands={one.id: bands(one.fingerprint) for one in sketches},
        sketches=sketches,
        progress=tuple(reached),
        seen=tuple((one.span.kind, one.span.source, one.records) for one in reached),
        segments=tuple(segments),
    )


def _sketches(records: Iterable[Article | Duplicate]) -> tuple[Sketch, ...]:
    """The index entries of the current texts; earlier revisions have none."""
    return tuple(sketch(one.document) for one in records if one.document.revision_of is None)
