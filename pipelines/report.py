"""The run report: what came in, what became of each part, and whether it adds up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsbeam.connectors.state.accounts import Account

_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of one run.

    new: rows that no store held before. corrected: earlier records decided anew. pending: entries left for the next
    run. stopped: the signal that ended it early. gaps: feeds that a poll shared no entry with the one before of.
    """

    run_id: str
    accounts: tuple[Account, ...]
    pending: int
    seconds: float
    new: int
    corrected: int
    stopped: str | None = None
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The counts of one source, or of several together."""

    label: str
    seen: int
    articles: int
    duplicates: int
    rejected: int
    skipped: Mapping[str, int]

    @property
    def difference(self) -> int:
        """Entries seen less those with a known fate: 0, or some are pending or lost."""
        return self.seen - self.articles - self.duplicates - self.rejected - sum(self.skipped.values())


def one(account: Account) -> Sum:
    """A single source's counts."""
    return Sum(
        label=f"{account.kind} {account.source}",
        seen=account.seen,
        articles=account.articles,
        duplicates=account.duplicates,
        rejected=account.rejected,
        skipped=account.skipped,
    )


def total(accounts: Iterable[Account]) -> Sum:
    """All sources' counts together."""
    sums: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for account in accounts:
        for name in ("seen", "articles", "duplicates", "rejected"):
            sums[name] += getattr(account, name)
        skipped.update(account.skipped)
    return Sum(
        label="all sources",
        seen=sums["seen"],
        articles=sums["articles"],
        duplicates=sums["duplicates"],
        rejected=sums["rejected"],
        skipped=skipped,
    )


def counts(report: Report) -> dict[str, int]:
    """The totals of a run, to be noted in the state."""
    whole = total(report.accounts)
    return {
        "seen": whole.seen,
        "articles": whole.articles,
        "duplicates": whole.duplicates,
        "rejected": whole.rejected,
        "skipped": sum(whole.skipped.values()),
        "new": report.new,
        "corrected": report.corrected,
        "pending": report.pending,
        "gaps": len(report.gaps),
    }


def text(report: Report, *, quiet: bool = False) -> str:
    """The report for a person: a line a source (left out when quiet), then the total."""
    whole = total(report.accounts)
    lines = [] if quiet else [line(one(account)) for account in report.accounts]
    lines += [line(whole), f"difference {whole.difference - report.pending}, pending {report.pending}"]
    if report.corrected:
        lines.append(f"corrected {report.corrected} earlier records")
    if report.gaps:
        lines.append(_gaps(report.gaps))
    if not report.new + report.pending:
        lines.append("nothing is new")
    ended = f"stopped by {report.stopped}" if report.stopped else "done"
    return "\n".join([*lines, f"run {report.run_id}: {ended} in {report.seconds:.1f} s"])


def _gaps(feeds: tuple[str, ...]) -> str:
    named = ", ".join(feeds[:_NAMED]) + (", …" if len(feeds) > _NAMED else "")
    return (
        f"gap suspected in {len(feeds)} of the feeds: nothing that their last poll held is left, so entries may have"
        f" come and gone in between ({named}); poll them more often; newsbeam feeds has all of them"
    )


def line(own: Sum) -> str:
    """One line of the report; the skips by reason in brackets."""
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(own.skipped.items()) if count)
    return (
        f"{own.label}: seen {own.seen} = articles {own.articles} + duplicates {own.duplicates}"
        f" + rejected {own.rejected} + skipped {sum(own.skipped.values())}{f' ({reasons})' if reasons else ''}"
    )
