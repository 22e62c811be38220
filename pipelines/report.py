"""The run report: what came in, what became of each part, and whether it adds up."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from newsbeam.connectors.state.accounts import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of one run. stopped: the signal that ended it early. pending: entries left for the next run."""

    run_id: str
    accounts: tuple[Account, ...]
    pending: int
    seconds: float
    corrected: int
    stopped: str | None = None


def difference(account: Account) -> int:
    """Entries seen less those with a known fate: 0, or something was lost (or is still pending)."""
    fates = account.articles + account.duplicates + account.rejected + sum(account.skipped.values())
    return account.seen - fates


def total(accounts: Sequence[Account]) -> Account:
    """All accounts as one."""
    skipped: Counter[str] = Counter()
    for one in accounts:
        skipped.update(one.skipped)
    return Account(
        kind="total",
        source="all sources",
        seen=sum(one.seen for one in accounts),
        articles=sum(one.articles for one in accounts),
        duplicates=sum(one.duplicates for one in accounts),
        rejected=sum(one.rejected for one in accounts),
        skipped=dict(skipped),
    )


def text(report: Report, *, quiet: bool = False) -> str:
    """The report for a person: a line a source (left out when quiet), then the total."""
    lines = [] if quiet else [_line(one) for one in report.accounts]
    whole = total(report.accounts)
    lines.append(_line(whole))
    lines.append(f"difference {difference(whole) - report.pending}, pending {report.pending}")
    if report.corrected:
        lines.append(f"corrected {report.corrected} earlier records")
    if whole.articles + whole.duplicates + whole.rejected == 0:
        lines.append("nothing is new")
    ended = f"stopped by {report.stopped}" if report.stopped else "done"
    lines.append(f"run {report.run_id}: {ended} in {report.seconds:.1f} s")
    return "\n".join(lines)


def _line(one: Account) -> str:
    skipped = ", ".join(f"{reason} {count}" for reason, count in sorted(one.skipped.items()) if count)
    tail = f" ({skipped})" if skipped else ""
    return (
        f"{one.kind} {one.source}: seen {one.seen} = articles {one.articles} + duplicates {one.duplicates}"
        f" + rejected {one.rejected} + skipped {sum(one.skipped.values())}{tail}"
    )
