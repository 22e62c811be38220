"""The claim stage: what is pending in the state comes out to be fetched, once the polls of the same turn are noted."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

import apache_beam as beam
from apache_beam.metrics.metric import Metrics
from apache_beam.pvalue import PCollection, TaggedOutput

from newsbeam import urls
from newsbeam.pipelines import stopping
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.pace import claim_end, host_share, is_past
from newsbeam.records import Entry, Rejected

LINKLESS: Final = "linkless"
SETTLED: Final = "settled"


class Claimed(NamedTuple):
    """What the stage gives back: entries by host, entries without a page, and rows found wrong by the poll."""

    by_host: PCollection[tuple[str, Entry]]
    linkless: PCollection[Entry]
    settled: PCollection[Rejected]


class ClaimEntries(beam.PTransform[tuple[PCollection[Tick], PCollection[str]], Claimed]):
    """Claim pending entries, at most as many as the turn allows."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def expand(self, pcolls: tuple[PCollection[Tick], PCollection[str]]) -> Claimed:
        ticks, marks = pcolls
        turns = ticks | "Turn" >> beam.Map(_allowed)
        polled = marks | "Polled" >> beam.Map(_none_allowed)
        out = (
            (turns, polled)
            | "Both" >> beam.Flatten()
            | "AfterPolls" >> beam.GroupByKey()
            | "Claim" >> beam.ParDo(_Claim(self._job)).with_outputs(LINKLESS, SETTLED, main="by_host")
        )
        return Claimed(out["by_host"], out[LINKLESS], out[SETTLED])


def _allowed(tick: Tick) -> tuple[int, int]:
    return 0, tick.claims


def _none_allowed(mark: str) -> tuple[int, int]:
    return 0, 0


class _Claim(beam.DoFn):
    """Take pending entries out of the state, marked as claimed by this epoch."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._pending = Metrics.gauge("frontier", "pending")

    def process(
        self, turn: tuple[int, Iterable[int]], timestamp: Any = beam.DoFn.TimestampParam
    ) -> Iterator[
        tuple[str, Entry] | TaggedOutput[Literal["linkless"], Entry] | TaggedOutput[Literal["settled"], Rejected]
    ]:
        limit = max(turn[1], default=0)
        if limit <= 0 or stopping.requested():
            return
        job, now = self._job, datetime.datetime.now(datetime.UTC)
        stream, state = job.settings.stream, job.state()
        if job.endless and is_past(float(timestamp), now, stream.window):
            return
        claimed = state.claim(
            limit=limit,
            host_share=host_share(job.settings) if job.endless else job.settings.run.host_share,
            again=job.endless,
            epoch=job.epoch,
            now=now,
            until=claim_end(job.settings, now) if job.endless or job.spread else None,
            most=stream.under_way if job.endless else None,
        )
        if job.endless:
            self._pending.set(state.pending())
        for one in claimed:
            if isinstance(one, Rejected):
                settled: TaggedOutput[Literal["settled"], Rejected] = TaggedOutput(SETTLED, one)
                yield settled
            elif one.url is None:
                linkless: TaggedOutput[Literal["linkless"], Entry] = TaggedOutput(LINKLESS, one)
                yield linkless
            else:
                yield urls.host(one.url), one
