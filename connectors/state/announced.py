"""An entry while a poll is being noted: what of its announcements counts, and when a settled one is to wait again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from newsbeam import times
from newsbeam.connectors.state import payload
from newsbeam.records import Entry, Rejected

_CLOCK = 3
"""So many entries of one poll that changed at the very same second: the feed's clock says so, not its editors."""


@dataclass(slots=True)
class Announced:
    """A row of the frontier while a poll is being noted. found: None when it is settled or taken up in this epoch.

    feed: whose announcement was taken. settled: for good, at the text of this date. revises: it waits again.
    """

    found: Entry | Rejected | None
    feed: str
    first_seen: str
    attempts: int
    seen_epoch: int
    changed: bool = False
    settled: str | None = None
    revises: bool = False

    def is_revised_by(self, one: Entry | Rejected) -> bool:
        """Whether the feed that the settled entry was taken from dates it later than it was."""
        if self.settled is None or self.feed != one.origin.source or not isinstance(one, Entry) or not one.updated:
            return False
        before, now = (times.parse(date) for date in (self.settled, one.updated))
        return before is not None and now is not None and now > before

    def reopen(self, one: Entry | Rejected, epoch: int, moment: str) -> None:
        """Have the entry wait again, as it is announced now; what it waits for was first seen at that moment."""
        self.found, self.seen_epoch, self.attempts, self.first_seen = one, epoch, 0, moment
        self.changed, self.settled, self.revises = True, None, True

    def meet(self, one: Entry | Rejected, epoch: int) -> Entry | Rejected | None:
        """Take up another announcement of the key; the one of the two that is a repetition, None when neither is."""
        if self.found is None:
            return one
        counted, same_feed = self.seen_epoch == epoch, self.found.origin.source == one.origin.source
        fresher = same_feed and not counted
        if self.revises and not same_feed:
            return one
        if not fresher and _order(self.found) <= _order(one):
            return one
        earlier = self.found
        self.found, self.seen_epoch, self.changed = one, epoch, True
        return earlier if counted else None


def clocks(rows: Mapping[str, Announced], found: Sequence[Entry | Rejected]) -> set[str]:
    """Moments at which too many entries of a poll changed at once; a bare day is none."""
    changed = Counter(
        one.updated
        for one in found
        if isinstance(one, Entry) and one.origin.key in rows and rows[one.origin.key].is_revised_by(one)
    )
    return {date for date, count in changed.items() if date and "T" in date and count >= _CLOCK}


def _order(one: Entry | Rejected) -> tuple[str, bytes]:
    """What decides between two announcements of one key: the feed, then all that does not come from the clock."""
    steady = replace(one, first_seen="", last_seen="") if isinstance(one, Rejected) else replace(one, first_seen=None)
    return one.origin.source, payload.text(steady)
