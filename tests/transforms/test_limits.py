"""The limits of a record, at their exact boundaries; and that what is within them gives its text back whole."""

import datetime
from dataclasses import replace
from typing import Any

import pytest

from newsbeam.records import Attribution, Origin, Rejected, Removed, Text
from newsbeam.transforms import documents, limits
from newsbeam.transforms.limits import Limits, OverLimits, ensure_text, shortened, within
from newsbeam.transforms.paragraphs import normalise
from newsbeam.transforms.removed import rebuild
from newsbeam.transforms.tasks import Options, Task
from tests.connectors.stores.fakes import document
from tests.slow.worlds import prose

ONE = document("one")
SMALL = Limits(body=40, removed=30, removed_passages=3, comments=12, comment_count=2, authors=2, tags=2, name=10)


def passages(*texts: str) -> tuple[Removed, ...]:
    return tuple(Removed(kind="notice", text=text, position=0) for text in texts)


@pytest.mark.parametrize(
    ("changes", "limit", "said"),
    [
        ({"body": "x" * 40}, {"body": "x" * 41}, "body: 41 characters, the limit is 40"),
        (
            {"removed": passages("x" * 10, "y" * 20)},
            {"removed": passages("x" * 11, "y" * 20)},
            "removed: 31 characters, the limit is 30",
        ),
        (
            {"removed": passages("x", "y", "z")},
            {"removed": passages(*"wxyz")},
            "removed: 4 passages, the limit is 3",
        ),
        (
            {"comments": ("x" * 6, "y" * 6)},
            {"comments": ("x" * 6, "y" * 7)},
            "comments: 13 characters, the limit is 12",
        ),
        ({"comments": ("x", "y")}, {"comments": ("x", "y", "z")}, "comments: 3 comments, the limit is 2"),
        ({"authors": ("x", "y")}, {"authors": ("x", "y", "z")}, "authors: 3 names, the limit is 2"),
        ({"tags": ("x", "y")}, {"tags": ("x", "y", "z")}, "tags: 3 tags, the limit is 2"),
        (
            {"url": "https://a.example/" + "x" * 4078},
            {"url": "https://a.example/" + "x" * 4079},
            "url: 4,097 characters, the limit is 4,096",
        ),
    ],
)
def test_what_is_at_the_limit_is_whole_and_what_is_over_it_is_said(
    changes: dict[str, Any], limit: dict[str, Any], said: str
) -> None:
    base = replace(ONE, body="x", removed=(), authors=(), tags=(), site="a")
    assert within(replace(base, **changes), SMALL) == replace(base, **changes)
    with pytest.raises(OverLimits) as caught:
        within(replace(base, **limit), SMALL)
    assert str(caught.value) == said


def test_names_and_lines_that_are_too_long_are_cut_so_that_it_shows() -> None:
    assert shortened("x" * 10, 10) == "x" * 10
    assert shortened("x" * 11, 10) == "x" * 9 + "…"
    assert shortened("xxxxxxxx yyy", 10) == "xxxxxxxx…"
    long = replace(
        ONE,
        title="t" * 2_001,
        site="s" * 501,
        authors=("a" * 501, "b"),
        tags=("g" * 501,),
        attribution=Attribution(source="c" * 501, kind="credit", evidence="e" * 2_001),
        image="https://a.example/" + "i" * 4_096,
        canonical_url="https://a.example/" + "c" * 4_096,
    )
    cut = within(long)
    assert (cut.title, cut.site) == ("t" * 1_999 + "…", "s" * 499 + "…")
    assert (cut.authors, cut.tags) == (("a" * 499 + "…", "b"), ("g" * 499 + "…",))
    assert cut.attribution == Attribution(source="c" * 499 + "…", kind="credit", evidence="e" * 1_999 + "…")
    assert (cut.image, cut.canonical_url) == (None, ONE.url)
    assert (cut.id, cut.body, cut.removed) == (ONE.id, ONE.body, ONE.removed)
    assert within(ONE) is ONE


def test_real_extremes_are_within_the_limits() -> None:
    large = replace(
        ONE,
        body="b" * 5_000_000,
        removed=passages(*(["A line."] * 10_000)),
        authors=tuple(f"Author {number}" for number in range(500)),
    )
    assert within(large) is large
    ensure_text("x" * 10_000_000)
    with pytest.raises(OverLimits, match="10,000,001 characters, the limit is 10,000,000"):
        ensure_text("x" * 10_000_001)


def read(text: str) -> Any:
    source = Text(
        url="file:///a.txt",
        text=text,
        fetched_at="2026-11-20T08:00:00Z",
        origin=Origin(kind="texts", source="t", key="k"),
    )
    now = datetime.datetime(2026, 11, 20, 12, tzinfo=datetime.UTC)
    return documents.read(Task(source=source, options=Options(), now=now))


def test_a_text_over_the_limits_is_a_rejected_row(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n\n".join(prose(1, paragraphs=6))
    whole = read(text)
    assert rebuild(whole.body, whole.removed) == normalise(text, lines=True)
    small = Limits(body=len(whole.body) - 1)
    monkeypatch.setattr(limits.within, "__defaults__", (small,))
    row = read(text)
    assert isinstance(row, Rejected)
    assert (row.stage, row.reason, row.retry_at) == ("extract", "over_limits", None)
    assert row.detail == f"body: {len(whole.body):,} characters, the limit is {small.body:,}"
    assert isinstance(read("word " * 2_000_001), Rejected)
