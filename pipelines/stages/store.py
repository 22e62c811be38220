"""The store stage: everything that settles meets at one key, is written to every store, then settled in the state."""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection

from newsbeam.connectors.state import lags
from newsbeam.connectors.state.forgotten import Forgotten
from newsbeam.connectors.state.frontier import Known
from newsbeam.connectors.state.held import is_feed_itself
from newsbeam.connectors.state.inputs import Progress
from newsbeam.connectors.state.manifest import Segment
from newsbeam.connectors.state.state import State
from newsbeam.connectors.stores.commit import Committed, Settlement, commit
from newsbeam.pipelines import progress, trim
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages import once
from newsbeam.pipelines.stages.anew import decided_anew
from newsbeam.pipelines.stages.between import concerned, recent_of, touched
from newsbeam.records import (
    Article,
    Captured,
    Duplicate,
    Edge,
    Gone,
    Origin,
    Reached,
    Rejected,
    SiteLines,
    Sketch,
    Skipped,
)
from newsbeam.transforms.bands import bands
from newsbeam.transforms.copies import Verdict
from newsbeam.transforms.site_lines import lines_of
from newsbeam.transforms.sketches import sketch


class StoreRecords(beam.PTransform[tuple[PCollection[Any], ...], PCollection[Committed]]):
    """Write records and rows to the stores, and settle their entries.

    Takes any number of collections of Article, Duplicate, Rejected, Skipped, Reached, Verdict (its edges), str (ids
    whose stored text gives way), Gone, Origin (feeds whose rejected row is to go), Segment (parts of archives with the
    pages that settle here) and Captured (what came in, where it may have to be decided anew).
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
    """Commit what a window brought, all at once: a replaced text and its successor must not be settled apart.

    What was settled before is left out where that can be: in a stream, and where several workers are at work.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._stored = Metrics.counter("store", "records")
        self._lag = Metrics.distribution("store", "lag_seconds")

    def process(self, group: tuple[int, Iterable[Any]]) -> Iterator[Committed]:
        state, items = self._job.state(), list(group[1])
        done: Committed | None = None
        with state.committing:
            if not self._job.endless and not self._job.spread:
                done = self._commit(settlement(without_forgotten(items, state), self._job.period))
            elif not any(once.is_noted(one, _progress(state, one)) for one in items if isinstance(one, Reached)):
                done = self._commit_once(items)
        if done is not None:
            yield done
        if self._job.endless:
            trim.now_and_then()

    def _commit_once(self, items: Sequence[Any]) -> Committed | None:
        """Commit what is not settled yet, decided by what the state says now; None where nothing is left."""
        job, state = self._job, self._job.state()
        known = state.known(once.keys(items))
        left = once.unsettled(items, known)
        items, recent = left.items, recent_of(job.state_url)
        came = touched(items)
        again = None if left.undecided else concerned(items, came, state.commits(), recent, job.thresholds)
        if again is None or again:
            items = decided_anew(job, items, again)
            came = touched([*left.items, *items])
        if not items:
            return None
        one = settlement(without_forgotten(items, state), job.period)
        if job.endless:
            one = replace(one, since=_since(one.records, known, state.started(job.epoch)))
        done = self._commit(one)
        recent.note(state.commits(), came)
        return done

    def _commit(self, one: Settlement) -> Committed:
        job = self._job
        now = datetime.datetime.now(datetime.UTC)
        done = commit(job.state(), job.stores(), one, epoch=job.epoch, now=now, run_id=job.run_id)
        self._stored.inc(len(one.records))
        stored = datetime.datetime.now(datetime.UTC)
        for start in one.since:
            self._lag.update(max(0, round((stored - start).total_seconds())))
        progress.count("stored", len(one.records))
        progress.count("new", sum(done.new.values()) + sum(done.changed.values()))
        # A rejected row that was tried again is written with its attempts; that corrects no record.
        progress.count("corrected", sum(count for kind, count in done.corrected.items() if kind != "rejected"))
        return done


def _progress(state: State, reached: Reached) -> Progress | None:
    span = reached.span
    return state.progress(span.kind, span.path, span.identity)


def _since(
    records: Iterable[Article | Duplicate], known: Mapping[str, Known], started: str | None
) -> tuple[datetime.datetime, ...]:
    """From when the lag of each record counts whose entry comes to its end with it; corrections have none."""
    entries = [known[one.document.origin.key] for one in records if one.document.origin.key in known]
    return tuple(
        lags.since(first_seen=one.first_seen, published=one.published, started=started)
        for one in entries
        if one.pending
    )


def without_forgotten(items: Sequence[Any], state: State) -> list[Any]:
    """The items, rejected rows of what was forgotten being counted skips; the row of a feed itself stays."""
    addresses = {one.url or one.feed_url or "" for one in items if isinstance(one, Rejected)}
    out = state.kept_out((), addresses)
    return [Skipped(origin=one.origin, reason="forgotten") if _is_forgotten(one, out) else one for one in items]


def _is_forgotten(item: Any, out: Forgotten) -> bool:
    return (
        bool(out) and isinstance(item, Rejected) and not is_feed_itself(item) and out.covers(item.url or item.feed_url)
    )


def settlement(items: Iterable[Any], period: int | None = None) -> Settlement:
    """What is to be settled, sorted by kind. period: days of one, for site memory; None: there is none."""
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
        lines=told_of(records, period),
    )


def told_of(records: Iterable[Article | Duplicate], period: int | None) -> tuple[SiteLines, ...]:
    """What the documents of records tell of their sites. period: as in Job."""
    if period is None:
        return ()
    return tuple(told for one in records if (told := lines_of(one.document, period)) is not None)


def _sketches(records: Iterable[Article | Duplicate]) -> tuple[Sketch, ...]:
    """The index entries of the current texts; earlier revisions have none."""
    return tuple(sketch(one.document) for one in records if one.document.revision_of is None)
