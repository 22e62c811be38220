"""What a bundle of the extract stage keeps of its pages: one segment for each window and archive."""

import datetime
from collections.abc import Iterator

from apache_beam.transforms.window import BoundedWindow

import newsbeam
from newsbeam import times
from newsbeam.connectors.state.manifest import Segment
from newsbeam.connectors.stores import archive_records
from newsbeam.connectors.stores.archive_segment import SegmentWriter
from newsbeam.pipelines.job import Job, user_agent
from newsbeam.pipelines.stages.flights import Place
from newsbeam.records import Entry, Page


class Kept:
    """The segments of one bundle. A page is kept when its outcome is handed on, so that both settle together."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._archives = job.archives()
        self._open: dict[BoundedWindow, tuple[Place, list[SegmentWriter]]] = {}

    def keep(self, place: Place, source: object, moment: datetime.datetime) -> None:
        """Write the records of a page, or of an entry without one, which was taken in at `moment`.

        Raises:
            StoreError: the disk does not take them.
        """
        if not self._archives or not isinstance(source, Page | Entry) or self._is_forgotten(source):
            return
        if isinstance(source, Page):
            records = archive_records.of_page(source)
        else:
            records = archive_records.of_entry(source, moment=times.utc(moment))
        for writer in self._writers(place):
            writer.write(records)

    def _is_forgotten(self, source: Page | Entry) -> bool:
        """Whether the address to which redirects have led must not come in again."""
        return source.url is not None and self._job.state().kept_out((), {source.url}).covers(source.url)

    def finish(self) -> Iterator[tuple[Place, Segment]]:
        """Every segment, on the disk, in the window of its pages. Raises StoreError."""
        for place, writers in self._open.values():
            for writer in writers:
                yield place, writer.finish()
        self._open = {}

    def abandon(self) -> None:
        """Remove what an earlier bundle that failed has begun."""
        for _, writers in self._open.values():
            for writer in writers:
                writer.abandon()
        self._open = {}

    def _writers(self, place: Place) -> list[SegmentWriter]:
        if place.window not in self._open:
            job, now = self._job, datetime.datetime.now(datetime.UTC)
            head = archive_records.head_of_file(
                software=f"newsbeam/{newsbeam.__version__}",
                user_agent=user_agent(job.settings),
                robots=job.settings.fetch.robots,
                run_id=job.run_id,
                moment=times.utc(now),
            )
            writers = [one.segment(epoch=job.epoch, head=head, now=now) for one in self._archives]
            self._open[place.window] = (place, writers)
        return self._open[place.window][1]
