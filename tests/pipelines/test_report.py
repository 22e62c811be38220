"""The report adds up, and says when it does not."""

from dataclasses import replace

from newsbeam.connectors.state.accounts import Account
from newsbeam.pipelines.report import Report, counts, text, total


def account(source: str, seen: int, *, known: int = 0) -> Account:
    return Account(
        kind="feed", source=source, seen=seen, articles=2, duplicates=1, rejected=1, skipped={"known": known}
    )


def report(*accounts: Account, pending: int = 0, new: int = 4, stopped: str | None = None) -> Report:
    return Report(run_id="r", accounts=accounts, pending=pending, seconds=1.5, new=new, corrected=0, stopped=stopped)


def test_totals_are_the_sum_of_the_sources() -> None:
    whole = total([account("a", 5, known=1), account("b", 6, known=2)])
    assert (whole.seen, whole.articles, whole.duplicates, whole.rejected) == (11, 4, 2, 2)
    assert whole.skipped == {"known": 3}
    assert whole.difference == 0


def test_every_source_has_its_line_and_the_total_its_difference() -> None:
    said = text(report(account("a", 5, known=1), account("b", 6, known=2))).splitlines()
    assert said[0] == "feed a: seen 5 = articles 2 + duplicates 1 + rejected 1 + skipped 1 (known 1)"
    assert said[2].startswith("all sources: seen 11 = ")
    assert said[3] == "difference 0, pending 0"
    assert len(text(report(account("a", 5, known=1)), quiet=True).splitlines()) == 3


def test_what_was_lost_shows_as_a_difference_and_what_waits_as_pending() -> None:
    assert "difference 2, pending 0" in text(report(account("a", 6)))
    assert "difference 0, pending 2" in text(report(account("a", 6), pending=2))


def test_nothing_new_is_said_only_when_nothing_is() -> None:
    assert "nothing is new" in text(report(account("a", 4), new=0))
    assert "nothing is new" not in text(report(account("a", 4), new=1))
    assert "nothing is new" not in text(report(account("a", 5), new=0, pending=1))


def test_a_stopped_run_is_named() -> None:
    assert "stopped by SIGTERM" in text(report(account("a", 4), stopped="SIGTERM"))


def test_gaps_are_told_with_the_first_feeds_by_name() -> None:
    gaps = tuple(f"https://{name}.example/feed" for name in "abcd")
    said = text(replace(report(account("a", 4)), gaps=gaps))
    assert "gap suspected in 4 of the feeds" in said
    assert "(https://a.example/feed, https://b.example/feed, https://c.example/feed, …)" in said
    assert counts(replace(report(account("a", 4)), gaps=gaps))["gaps"] == 4
    assert "gap" not in text(report(account("a", 4)))


def test_counts_for_the_state_are_plain_numbers() -> None:
    assert counts(report(account("a", 5, known=1)))["skipped"] == 1
