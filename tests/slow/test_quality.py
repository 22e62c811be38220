"""Quality of text and fields on the development pages does not fall; the pages are no part of newsbeam."""

import tomllib
from collections.abc import Mapping

import pytest

from benchmarks import gold, quality
from benchmarks.extractors import newsbeam
from tests.slow.newsworld import SHARED

pytestmark = pytest.mark.slow

FLOORS: Mapping[str, Mapping[str, float]] = tomllib.loads(
    (quality.ROOT / "benchmarks" / "floors.toml").read_text("utf-8")
)
TOLERANCE = 0.003


@pytest.mark.parametrize("one", quality.SETS, ids=lambda one: one.name)
def test_no_figure_is_below_its_floor(one: quality.Set) -> None:
    if not (SHARED / "data" / one.name).is_dir():
        pytest.skip(f"no evaluation pages in {SHARED}: set NEWSBEAM_SHARED to its folder")
    judged = [(case, newsbeam(case)) for case in gold.cases(SHARED / "data", one.name, every=one.every)]
    found = quality.measure(gold.scorer(SHARED), one, judged)
    if one.name in quality.WITH_LANGUAGE:
        found |= quality.languages(judged)
    assert found.keys() == FLOORS[one.name].keys()
    worse = {
        name: (value, floor)
        for name, value in found.items()
        if quality.is_worse(name, value, floor := FLOORS[one.name][name], TOLERANCE)
    }
    assert not worse, f"figures below their floors (reached, floor): {worse}"
