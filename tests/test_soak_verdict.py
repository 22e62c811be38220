"""What a soak's verdict makes of samples: steady ones hold, and each kind of growth is found."""

from dataclasses import replace

import pytest

from benchmarks.soak_verdict import Role, Sample, Soak, checks, ends, spent, told


def _soak(*, seconds: float = 3600, grown: float = 0.0, paths: int = 0, slow: float = 0.0, pending: int = 0) -> Soak:
    """A soak of samples every ten seconds. grown: MiB and paths: files that are added in an hour, evenly."""
    samples = []
    for at in range(0, int(seconds), 10):
        part = at / seconds
        own = Role(
            count=1, memory=200 + grown * part, files=30 + round(paths * part), paths=10 + round(paths * part), cpu=at
        )
        parsers = Role(count=2, memory=100, files=8, paths=2, cpu=at / 2)
        roles = {"newsbeam": own, "parser": parsers}
        samples.append(Sample(at=at, announced=20 * at, seen=20 * at, pending=5, roles=roles))
    return Soak(
        seconds=seconds,
        rate=20,
        samples=tuple(samples),
        lags=(5.0,) * 90 + (8.0 + slow,) * 10,
        announced=100,
        missing=0,
        pending=pending,
        drained=3,
    )


def _broken(soak: Soak) -> set[str]:
    return {one.claim for one in checks(soak) if not one.holds}


def test_a_steady_hour_holds() -> None:
    assert _broken(_soak()) == set()


def test_growth_of_memory_is_found_between_the_first_and_the_last_sixth_after_the_warm_up() -> None:
    assert _broken(_soak(grown=10)) == set()
    assert _broken(_soak(grown=20)) == {"memory of newsbeam grows < 5%"}


def test_growth_before_the_warm_up_is_over_does_not_count() -> None:
    soak = _soak()
    cold = tuple(
        replace(one, roles={name: replace(role, memory=role.memory / 2) for name, role in one.roles.items()})
        if one.at < 600
        else one
        for one in soak.samples
    )
    assert _broken(replace(soak, samples=cold)) == set()


def test_files_left_open_are_found() -> None:
    assert _broken(_soak(paths=4)) == {"open files of newsbeam constant", "descriptors of newsbeam constant"}


def test_a_late_tail_and_what_never_came_are_found() -> None:
    assert _broken(_soak(slow=20)) == {"lag p95 at most 20 s"}
    assert _broken(_soak(pending=1)) == {"frontier drained"}
    assert _broken(replace(_soak(), missing=1)) == {"frontier drained"}


def test_the_warm_up_of_a_short_soak_is_a_sixth_of_it() -> None:
    first, last = ends(_soak(seconds=300))
    assert first[0].at == 50
    assert last[-1].at == 290
    assert last[0].at >= 258


def test_the_outcome_says_which_claims_do_not_hold() -> None:
    soak = _soak(grown=100)
    said = told(soak, checks(soak))
    assert "| memory of newsbeam grows < 5% | " in said
    assert said.count("**no**") == 1


def test_processor_time_is_told_for_each_story() -> None:
    assert spent(_soak()) == pytest.approx({"newsbeam": 0.05, "parsers": 0.025})
