"""Accounts: what came in from each source, and what became of it.

`seen` is counted where things come in (polls, spans of archives, entries taken up again), the fates where they are
settled: two countings that must agree, so that a loss shows.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from newsbeam.connectors.state import schema
from newsbeam.connectors.state.engine import insert_or
from newsbeam.records import Collection, Feed, Origin, SourceKind

KEPT_EPOCHS = 100
_SKIPPED = "skipped:"
_FATES: dict[Collection, str] = {"articles": "article", "duplicates": "duplicate", "rejected": "rejected"}

Amounts = Counter[tuple[str, str, str]]
"""How much to add to each counter, by (kind, source, what)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One source's account in one epoch. seen: what came in. The rest: what became of it; skipped by reason."""

    kind: SourceKind
    source: str
    seen: int
    articles: int
    duplicates: int
    rejected: int
    skipped: dict[str, int]

    @property
    def difference(self) -> int:
        """What came in and has no fate; 0 after an undisturbed run."""
        return self.seen - self.articles - self.duplicates - self.rejected - sum(self.skipped.values())


def saw(amounts: Amounts, kind: str, source: str, count: int = 1) -> None:
    """Count what came in."""
    amounts[kind, source, "seen"] += count


def settled(amounts: Amounts, origin: Origin, collection: Collection, count: int = 1) -> None:
    """Count a fate; a negative count takes one back."""
    amounts[origin.kind, origin.source, _FATES[collection]] += count


def skipped(amounts: Amounts, origin: Origin, reason: str, count: int = 1) -> None:
    """Count what was left alone on purpose."""
    amounts[origin.kind, origin.source, _SKIPPED + reason] += count


def not_modified(amounts: Amounts, feed: Feed) -> None:
    """Count the entries of a feed that has not changed: as many as its last good body held."""
    saw(amounts, "feed", feed.url, feed.entries)
    amounts["feed", feed.url, _SKIPPED + "not_modified"] += feed.entries


def repeated(amounts: Amounts, feed: Feed, count: int) -> None:
    """Count entries that a feed's last poll has brought already."""
    saw(amounts, "feed", feed.url, count)
    amounts["feed", feed.url, _SKIPPED + "known"] += count


def add(connection: Connection, epoch: int, amounts: Amounts) -> None:
    """Add the amounts to the epoch's counters."""
    rows = [
        {"epoch": epoch, "kind": kind, "source": source, "what": what, "count": count}
        for (kind, source, what), count in sorted(amounts.items())
        if count
    ]
    if not rows:
        return
    insert = insert_or(schema.accounts, connection)
    key = ["epoch", "kind", "source", "what"]
    total = schema.accounts.c["count"] + insert.excluded["count"]
    connection.execute(insert.on_conflict_do_update(index_elements=key, set_={"count": total}), rows)


def of_epoch(connection: Connection, epoch: int) -> list[Account]:
    """The accounts of an epoch, by kind and source."""
    columns = schema.accounts.c
    query = sa.select(columns.kind, columns.source, columns.what, columns["count"]).where(columns.epoch == epoch)
    found: dict[tuple[SourceKind, str], Counter[str]] = {}
    for kind, source, what, count in connection.execute(query):
        found.setdefault((kind, source), Counter())[what] += count
    return [_account(kind, source, counts) for (kind, source), counts in sorted(found.items())]


def forget(connection: Connection, epoch: int) -> None:
    """Drop the accounts of epochs long past; each run's sums stay with the run."""
    connection.execute(sa.delete(schema.accounts).where(schema.accounts.c.epoch <= epoch - KEPT_EPOCHS))


def _account(kind: SourceKind, source: str, counts: Counter[str]) -> Account:
    skips: Iterable[tuple[str, int]] = sorted(
        (what.removeprefix(_SKIPPED), count) for what, count in counts.items() if what.startswith(_SKIPPED)
    )
    return Account(
        kind=kind,
        source=source,
        seen=counts["seen"],
        articles=counts["article"],
        duplicates=counts["duplicate"],
        rejected=counts["rejected"],
        skipped=dict(skips),
    )
