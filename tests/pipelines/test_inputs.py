"""From the command line to feeds and spans."""

from pathlib import Path

from newsbeam.config.settings import load
from newsbeam.pipelines import inputs
from newsbeam.pipelines.request import Request
from newsbeam.records import Span


def test_feeds_named_twice_come_once_in_the_order_of_their_addresses(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("http://c.example/f\nhttp://a.example/f\n# a comment\n")
    two.write_text("http://a.example/f\n")
    asked = Request(feeds=(str(one), str(two)), settings=load())
    assert [feed.url for feed in inputs.feeds_of(asked)] == ["http://a.example/f", "http://c.example/f"]


def test_archives_are_read_alone_and_files_of_one_record_together() -> None:
    spans = [
        Span(kind="pages", path=path, source="s", identity="i", start=0, limit=2)
        for path in ("a.html", "b.html", "c.html", "d.jsonl", "e.warc.gz")
    ]
    turns = [[span.path for span in turn] for turn in inputs.slices(spans, 2)]
    assert turns == [["a.html", "b.html"], ["d.jsonl"], ["e.warc.gz"], ["c.html"]]


def test_a_portion_is_some_archives_side_by_side_and_then_as_many_single_files_as_fit() -> None:
    def span(name: str) -> Span:
        return Span(kind="pages", path=name, source="*", identity="x", start=0, limit=1)

    files = [span("a.warc.gz"), span("b.html"), span("c.jsonl"), span("d.html"), span("e.html"), span("f.warc")]
    taken = inputs.portion(files, 10, 2)
    assert [(one.path, one.limit) for one in taken] == [("a.warc.gz", 5), ("c.jsonl", 5)]
    assert [one.path for one in inputs.portion([files[1], files[3], files[4]], 2, 2)] == ["b.html", "d.html"]
    assert inputs.portion([], 10, 2) == ()
