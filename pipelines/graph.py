"""The one graph of newsbeam. Batch and stream differ in where the ticks come from and in the window, nothing else.

ticks ─ poll ─ claim ─┬─ fetch ─ extract ─┐
  │                   └─ (no page) extract ├─ resolve ─ copies ─ records ─┐
  └──── read ────────────────── extract ──┘                              ├─ store
         rows that settle without a document ────────────────────────────┘
"""

import apache_beam as beam
from apache_beam.pvalue import PCollection

from newsbeam.connectors.stores.commit import Committed
from newsbeam.pipelines.job import Job, Tick
from newsbeam.pipelines.stages.claim import ClaimEntries
from newsbeam.pipelines.stages.decide import MakeRecords
from newsbeam.pipelines.stages.extract import ExtractDocuments
from newsbeam.pipelines.stages.fetch import FetchPages
from newsbeam.pipelines.stages.poll import PollFeeds
from newsbeam.pipelines.stages.read import ReadSpans
from newsbeam.pipelines.stages.resolve import ResolveCaptures
from newsbeam.pipelines.stages.store import StoreRecords
from newsbeam.transforms.copies import JudgeCopies
from newsbeam.transforms.sketches import sketched


def build(ticks: PCollection[Tick], job: Job) -> PCollection[Committed]:
    """Everything from the ticks to the stores; one Committed for each portion that was settled."""
    polled = ticks | "Poll" >> PollFeeds(job)
    claimed = (ticks, polled.marks) | "Claim" >> ClaimEntries(job)
    fetched = claimed.by_host | "Fetch" >> FetchPages(job)
    archived = ticks | "Read" >> ReadSpans()

    # One extraction for each way in, not one after a Flatten: HTML must not cross a shuffle.
    from_web = fetched.pages | "ExtractFetched" >> ExtractDocuments(job, archive=True)
    from_feed = claimed.linkless | "ExtractLinkless" >> ExtractDocuments(job, archive=True)
    from_archive = archived.sources | "ExtractArchived" >> ExtractDocuments(job)
    documents = (from_web.documents, from_feed.documents, from_archive.documents) | "Documents" >> beam.Flatten()

    current = documents | "Resolve" >> ResolveCaptures(job)
    verdicts = current.documents | "Sketch" >> beam.Map(sketched) | "Copies" >> _copies(job)
    records = (current.documents, current.revisions, verdicts) | "Decide" >> MakeRecords(job)

    settled = (polled.settled, claimed.settled, fetched.settled, archived.settled)
    unread = (from_web.settled, from_feed.settled, from_archive.settled)
    everything = (records, verdicts, current.settled, current.replaced, *settled, *unread)
    committed: PCollection[Committed] = everything | "Store" >> StoreRecords(job)
    return committed


def _copies(job: Job) -> JudgeCopies:
    return JudgeCopies(thresholds=job.thresholds, bucket=job.settings.dedup.bucket, open_history=job.state)
