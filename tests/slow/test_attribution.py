"""Credits on lines of the development pages: labels by hash, since the pages are no part of newsbeam."""

import datetime
import hashlib
import pathlib
from collections.abc import Iterator

import pytest

from benchmarks import gold
from newsbeam.transforms.extract import extract
from newsbeam.transforms.paragraphs import normalise, paragraphs
from tests.slow.newsworld import SHARED
from tests.transforms.test_attribution import DATA, found_in

pytestmark = pytest.mark.slow

SETS = ("fundus", "scrapinghub", "postlight", "trafilatura", "daniel", "dragnet")
NOW = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)
Label = tuple[str, str, str | None]


def labels() -> dict[str, list[Label]]:
    """{page: [(hash of a line, where it stands, the source that it credits)]}."""
    found: dict[str, list[Label]] = {}
    for row in (DATA / "attribution_pages.txt").read_text("utf-8").splitlines():
        if not row.startswith("#"):
            page, line, place, source = row.split(" | ", 3)
            found.setdefault(page, []).append((line, place, None if source == "none" else source))
    return found


def answers(case: gold.Case, wanted: list[Label]) -> Iterator[tuple[str, str | None, str | None]]:
    """(line, the source that is right, the source that is found) for each labelled line of a page."""
    page = extract(case.html, url=case.url, now=NOW)
    language = (case.row.get("language") or page.declared_language or "und")[:2]
    lines = {
        hashlib.sha256(line.encode()).hexdigest()[:16]: line
        for line in (*paragraphs(normalise(page.text)), *page.credits)
    }
    for name, place, source in wanted:
        if name in lines:
            yield lines[name], source, found_in(language, place, lines[name], site=page.site)


def test_credits_on_lines_of_real_pages(capsys: pytest.CaptureFixture[str]) -> None:
    data = pathlib.Path(SHARED) / "data"
    if not data.is_dir():
        pytest.skip(f"no evaluation pages in {SHARED}: set NEWSBEAM_SHARED to its folder")
    wanted = labels()
    judged = [
        answer
        for name in SETS
        for case in gold.cases(data, name)
        if case.name in wanted
        for answer in answers(case, wanted[case.name])
    ]
    right = sum(found is not None and found == source for _, source, found in judged)
    told = sum(found is not None for _, _, found in judged)
    credited = sum(source is not None for _, source, _ in judged)
    with capsys.disabled():
        print(f"\n{len(judged)} lines, precision {right / told:.3f}, recall {right / credited:.3f}")
    assert len(judged) >= 300
    assert right / told >= 0.97
    assert right / credited >= 0.94
