"""Quality of text and fields, set by set, beside trafilatura's defaults and the yardstick pipeline: `make eval`.

Prints a table in Markdown. What others make of the pages is kept in .bench/, so that a second run is quick; nothing of
the data is kept elsewhere.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from benchmarks import gold
from benchmarks.extractors import Extractor, Remembered, Timed, by_trafilatura, newsbeam, versions, yardstick
from benchmarks.gold import Case, Figures, Row
from benchmarks.places import ROOT, shared
from newsbeam.transforms import detectors, language
from newsbeam.transforms.removed import rebuild

CACHE = ROOT / ".bench"
LEAST_TITLE_WORDS = 5


@dataclass(frozen=True, slots=True)
class Set:
    """A set of pages. every: of its dev pages each n-th is taken. wanted: the figures to print, with their aims."""

    name: str
    wanted: Mapping[str, float]
    every: int = 1


# What is aimed at; for postlight, trafilatura 2.3.1's figures on these pages and .10.
SETS = (
    Set("fundus", {"body_f1": 0.965, "title": 0.90, "published_day": 0.98, "authors": 0.88}),
    Set("scrapinghub", {"body_f1": 0.975}),
    Set("dragnet", {"body_f1": 0.935, "pages_leaking_comments": 0}, every=5),
    Set("daniel", {"body_f1": 0.920, "body_f1_of_worst_language": 0.88}, every=6),
    Set("trafilatura", {"must_have_recall": 0.935, "must_not_have_kept": 0.05}),
    Set("postlight", {"title": 0.975, "published_day": 0.90, "authors": 0.614}),
)
LESS_IS_BETTER = frozenset({"pages_leaking_comments", "must_not_have_kept"})
WITH_LANGUAGE = frozenset({"fundus", "daniel"})
"""Sets whose pages' languages were told by people; scrapinghub calls all of its pages English."""
DETECTORS = ("langdetect", "py3langid")
LANGUAGES = {
    f"language of {what}, {detector}": wanted
    for detector in DETECTORS
    for what, wanted in (("bodies", 0.995), ("titles", 0.96))
}


def measure(score: ModuleType, one: Set, judged: Sequence[tuple[Case, Row | None]]) -> Figures:
    """The figures of one set by the names of `one.wanted`."""
    found = gold.figures(score, judged)
    by_language = [value for name, value in found.items() if name.startswith("body_f1.")]
    found["body_f1_of_worst_language"] = min(by_language, default=0.0)
    leaking = str(found.get("pages_leaking_comments", "0/1")).partition("/")[0]
    found["pages_leaking_comments"] = int(leaking)
    return {name: found[name] for name in one.wanted}


def is_worse(figure: str, value: float, floor: float, tolerance: float) -> bool:
    """Whether a figure is worse than its floor by more than the tolerance."""
    lost = value - floor if figure in LESS_IS_BETTER else floor - value
    return lost > tolerance


def languages(judged: Sequence[tuple[Case, Row | None]]) -> Figures:
    """The share of bodies whose language is right, and of titles of five words or more, by each detector.

    Counted are pages in a language that it claims; of a body it is given what a run gives it. By the names of
    LANGUAGES.
    """
    found: Figures = {}
    for detector in DETECTORS:
        known = detectors.named(detector).claims
        rows = [(case.row, row) for case, row in judged if case.row.get("language") in known]
        bodies = [row is not None and _told(row, detector) == marked["language"] for marked, row in rows]
        titles = [
            language.tell(marked["title"], detector=detector).language == marked["language"]
            for marked, _ in rows
            if len((marked.get("title") or "").split()) >= LEAST_TITLE_WORDS
        ]
        for what, right in (("bodies", bodies), ("titles", titles)):
            found[f"language of {what}, {detector}"] = sum(right) / max(1, len(right))
    return found


def _told(row: Row, detector: str) -> str:
    text = rebuild(row["body"], row["removed"])
    return language.tell(text, declared=row["declared_language"], detector=detector).language


def table(data: Path, score: ModuleType, sets: Sequence[Set], columns: Mapping[str, Extractor]) -> Iterator[str]:
    """The lines of the table, a set at a time."""
    yield f"| set | pages | figure | {' | '.join(columns)} | wanted |"
    yield "|---|---|---|" + "---|" * (len(columns) + 1)
    marked: dict[str, list[tuple[Case, Row | None]]] = {name: [] for name in columns}
    for one in sets:
        pages = list(gold.cases(data, one.name, every=one.every))
        rows = {name: [(case, extract(case)) for case in pages] for name, extract in columns.items()}
        found = {name: measure(score, one, judged) for name, judged in rows.items()}
        for figure, wanted in one.wanted.items():
            cells = [_shown(found[name][figure]) for name in columns]
            aim = f"at most {wanted}" if figure in LESS_IS_BETTER else _shown(wanted)
            yield f"| {one.name} | {len(pages)} | {figure} | {' | '.join(cells)} | {aim} |"
        if one.name in WITH_LANGUAGE:
            for name, judged in rows.items():
                marked[name] += judged
    for figure, right in languages(marked["newsbeam"]).items() if marked["newsbeam"] else ():
        cells = [_shown(right) if name == "newsbeam" else "" for name in columns]
        count = len(marked["newsbeam"])
        yield f"| those with a language | {count} | {figure} | {' | '.join(cells)} | {LANGUAGES[figure]} |"


def _shown(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("sets", nargs="*", help=f"sets to take ({', '.join(one.name for one in SETS)}); all by default")
    parser.add_argument("--no-baseline", action="store_true", help="newsbeam alone")
    args = parser.parse_args()
    unknown = set(args.sets) - {one.name for one in SETS}
    if unknown:
        parser.error(f"sets: {', '.join(sorted(unknown))}: known are {', '.join(one.name for one in SETS)}")
    folder = shared()
    timed = {"newsbeam": Timed(newsbeam)}
    columns: dict[str, Extractor] = dict(timed)
    if not args.no_baseline:
        kept = versions(("trafilatura", "lxml", "langdetect"))
        columns["trafilatura"] = Remembered(by_trafilatura, CACHE / f"trafilatura-{kept}.jsonl")
        columns["yardstick"] = Remembered(yardstick(folder), CACHE / f"yardstick-{kept}.jsonl")
    chosen = [one for one in SETS if not args.sets or one.name in args.sets]
    for line in table(folder / "data", gold.scorer(folder), chosen, columns):
        print(line, flush=True)
    ours = timed["newsbeam"]
    print(f"\n{ours.pages} pages, {1000 * ours.seconds / ours.pages:.1f} ms of CPU each")


if __name__ == "__main__":
    main()
