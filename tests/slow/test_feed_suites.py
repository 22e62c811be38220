"""The test suites of other feed readers: newsbeam reads at least as much of them right as feedparser does alone.

The figures below are those of the development split, by `python -m benchmarks.feeds`; they may only rise.
"""

import os
from pathlib import Path

import pytest

from benchmarks.feeds import scores

DATA = Path(os.environ.get("NEWSBEAM_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "feeds"
FLOOR = {
    "feedparser behind newsbeam's decoding and mending": (1169, 1237),
    "newsbeam: feedparser's suite": (352, 361),
    "newsbeam: gofeed's suite": (91, 96),
    "newsbeam: rss-parser's suite": (14, 16),
    "newsbeam: every file a channel or NotAFeed": (2697, 2697),
}

pytestmark = pytest.mark.slow


def test_no_suite_is_read_worse_than_before_or_than_by_feedparser() -> None:
    if not (DATA / "gold.jsonl").is_file():
        pytest.skip(f"no evaluation data at {DATA}: set NEWSBEAM_SHARED to its folder")
    found = scores(DATA)
    for name, (met, judged) in FLOOR.items():
        assert found[name].judged == judged, name
        assert found[name].met >= met, f"{name}: {found[name]}; missed: {found[name].missed}"
    alone, behind = found["feedparser alone"], found["feedparser behind newsbeam's decoding and mending"]
    assert set(behind.missed) <= set(alone.missed), "decoding and mending spoil nothing that feedparser reads"
    beside = found["feedparser alone, the same expectations"]
    assert found["newsbeam: feedparser's suite"].met >= beside.met
