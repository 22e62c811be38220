"""What a soak has shown: its claims, each with the figure that decides it. Pure: samples in, text out."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.slow.arrivals import lag

GROWTH = 0.05
STILL_WARMING = 0.5
"""Growth that a soak of a few minutes is allowed, in which caches still fill and modules are still loaded."""

LAG = 20.0
_WARM_UP = 600.0
_PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """The processes of one role together. memory: MiB resident of the largest. files: descriptors of all; paths: of
    these the files that have a path, the others being sockets and pipes. cpu: processor seconds so far, those of
    children that have ended included."""

    count: int
    memory: float
    files: int
    paths: int
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look. at: seconds since the start. announced, seen: stories so far. pending: entries in the frontier."""

    at: float
    announced: int
    seen: int
    pending: int
    roles: dict[str, Role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """seconds: for which the world published, at a rate a second. lags: seconds from feed to store of each story.
    missing: stories in no store at the end. pending: left in the frontier then. drained: seconds that the rest took."""

    seconds: float
    rate: float
    samples: tuple[Sample, ...]
    lags: tuple[float, ...]
    announced: int
    missing: int
    pending: int
    drained: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim of the verdict, with what was found."""

    claim: str
    found: str
    holds: bool


def checks(soak: Soak) -> list[Check]:
    """The claims about memory, files, processes, lag and conservation."""
    first, last = ends(soak)
    most = GROWTH if soak.seconds >= 2 * _WARM_UP else STILL_WARMING
    found = []
    for name in sorted(first[0].roles):
        before, after = (_median(part, lambda one: one.memory, name) for part in (first, last))
        grown = after / before - 1
        said = f"{before:.1f} to {after:.1f} MiB ({grown:+.1%})"
        found.append(Check(claim=f"memory of {name} grows < {most:.0%}", found=said, holds=grown < most))
    for what, read in (("open files", _paths), ("descriptors", _files), ("processes", _count)):
        for name in sorted(first[0].roles):
            before, after = (_median(part, read, name) for part in (first, last))
            found.append(
                Check(claim=f"{what} of {name} constant", found=f"{before:g}, {after:g}", holds=after <= before)
            )
    figures = lag(soak.lags)
    found.append(Check(claim=f"lag p95 at most {LAG:g} s", found=str(figures), holds=figures.p95 <= LAG))
    drained = f"pending {soak.pending}, missing {soak.missing} of {soak.announced}, {soak.drained:.0f} s after the last"
    found.append(Check(claim="frontier drained", found=drained, holds=not (soak.pending or soak.missing)))
    return found


def spent(soak: Soak) -> dict[str, float]:
    """Processor seconds a story that was stored, by role, after the warm-up. The parsers' are with those of the process
    that forks them, which keeps the account of the ones that have been replaced."""
    first, last = ends(soak)
    stories = max(1, last[-1].seen - first[0].seen)
    found = defaultdict[str, float](float)
    for sample, sign in ((last[-1], 1), (first[0], -1)):
        for name, role in sample.roles.items():
            found["parsers" if name in ("parser", "zygote") else name] += sign * role.cpu / stories
    return dict(sorted(found.items()))


def told(soak: Soak, found: Sequence[Check]) -> str:
    """The outcome as Markdown."""
    first, last = ends(soak)
    names = sorted(first[0].roles)
    cpu = ", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in spent(soak).items())
    lines = [
        f"{soak.seconds / 60:g} minutes at {soak.rate:g} articles a second: {soak.announced} stories were announced.",
        f"First: the median of {_span(first)}, the first sixth after the warm-up.",
        f"Last: the median of {_span(last)}, the last sixth.",
        "Of several processes of a role the largest counts for memory, all together for files.",
        f"Processor time for each story that was stored: {cpu}.",
        "",
        "| claim | found | holds |",
        "|---|---|---|",
        *(f"| {one.claim} | {one.found} | {'yes' if one.holds else '**no**'} |" for one in found),
        "",
        f"| seconds | announced | seen | pending | {' | '.join(f'{name} MiB' for name in names)} |",
        "|---" * (4 + len(names)) + "|",
    ]
    for one in soak.samples[:: max(1, len(soak.samples) // 12)]:
        held = (f"{one.roles[name].memory:.0f}" if name in one.roles else "" for name in names)
        lines.append(f"| {one.at:.0f} | {one.announced} | {one.seen} | {one.pending} | {' | '.join(held)} |")
    return "\n".join(lines)


def ends(soak: Soak) -> tuple[list[Sample], list[Sample]]:
    """The samples of the first and of the last sixth of the time after the warm-up: ten minutes, or a sixth if less."""
    warm = min(_WARM_UP, soak.seconds / _PARTS)
    part = (soak.seconds - warm) / _PARTS
    first = [one for one in soak.samples if warm <= one.at < warm + part]
    last = [one for one in soak.samples if one.at >= soak.seconds - part]
    return first, last


def _median(samples: Sequence[Sample], read: Callable[[Role], float], name: str) -> float:
    return statistics.median(read(one.roles[name]) for one in samples if name in one.roles)


def _span(samples: Sequence[Sample]) -> str:
    return f"{len(samples)} samples from {samples[0].at:.0f} s to {samples[-1].at:.0f} s"


def _paths(one: Role) -> float:
    return one.paths


def _files(one: Role) -> float:
    return one.files


def _count(one: Role) -> float:
    return one.count
