"""The development pages of the evaluation data with what people marked on them, and the scorer that judges records."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.places import loaded

Row = dict[str, Any]
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One page. url: as the set knows it, else made of its host. row: what people marked. name: set and id."""

    name: str
    url: str
    html: bytes
    row: Row

    @property
    def host(self) -> str:
        """The page's site, for splits by host."""
        return str(self.row.get("host") or self.row["id"])


def cases(data: Path, name: str, *, every: int = 1) -> Iterator[Case]:
    """The dev pages of one set, in the order of its gold; of a large set every n-th.

    data: the folder of sets, each with gold.jsonl, dev.ids and pages/<id>.html.gz.
    """
    folder = data / name
    dev = set((folder / "dev.ids").read_text("utf-8").split())
    with (folder / "gold.jsonl").open(encoding="utf-8") as lines:
        rows = [row for line in lines if line.strip() and (row := json.loads(line))["id"] in dev]
    seen = Counter(row.get("url") for row in rows)
    for row in rows[::every]:
        page = folder / "pages" / f"{row['id']}.html.gz"
        if page.exists():
            url = (row.get("url") or "").strip().partition("#")[0].replace(" ", "%20")
            if not url.startswith(("http://", "https://")) or seen[row.get("url")] > 1:
                url = f"https://{row.get('host') or f'{name}.example'}/{row['id']}"
            yield Case(f"{name}/{row['id']}", url, gzip.decompress(page.read_bytes()), row)


def scorer(shared: Path) -> ModuleType:
    """The evaluation data's own scorer, as a module."""
    return loaded(shared / "eval" / "score.py")


def figures(score: ModuleType, judged: Iterable[tuple[Case, Row | None]]) -> Figures:
    """The scorer's figures for pages and the records made of them (None: no record), by their names."""
    pairs = [
        (record, case.row, score.visible(case.html) if case.row.get("must_not_have") else None)
        for case, record in judged
    ]
    return _shown(score, lambda: (score.body_figures("", pairs), score.field_figures("", pairs)))


def _shown(score: ModuleType, judge: Callable[[], object]) -> Figures:
    """What a function of the scorer shows."""
    found: Figures = {}
    show = score.show
    score.show = lambda name, value, *_: found.__setitem__(name, value)
    try:
        judge()
    finally:
        score.show = show
    return found
