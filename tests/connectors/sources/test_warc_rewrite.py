"""Copies of archives without some pages."""

import gzip
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from newsbeam.connectors.sources.errors import SourceError
from newsbeam.connectors.sources.warc_rewrite import rewrite_without
from newsbeam.connectors.stores import archive_records
from tests.connectors.sources.test_descriptions import AT, LINKLESS, page, records, said
from tests.connectors.sources.test_warc import FRAMINGS, MIXED, article, read, record

warcio = pytest.importorskip("warcio.archiveiterator")

HEAD = records(archive_records.head_of_file(software="n", user_agent="u", robots=True, run_id="r", moment=AT))
WHOLE = [
    *HEAD,
    *records(archive_records.of_page(page(1))),
    *records(archive_records.of_page(page(2))),
    *records(archive_records.of_entry(LINKLESS, moment=AT)),
    article(3),
]


@pytest.mark.parametrize("framing", FRAMINGS, ids=lambda framing: framing.__name__)
def test_a_page_goes_with_what_is_said_about_it(framing: Callable[[Sequence[bytes]], bytes], tmp_path: Path) -> None:
    before, after = tmp_path / "in.warc.gz", tmp_path / "out.warc.gz"
    before.write_bytes(framing(WHOLE))
    assert rewrite_without(before, after, lambda target: target == "https://news.example/1") == 1
    kept = [("https://news.example/2", "Story 2"), ("linkless", LINKLESS.content), ("https://news.example/3", None)]
    assert said(read(str(after))) == kept
    data = after.read_bytes()
    left = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    assert b"news.example/1" not in left
    assert left.count(b"WARC-Type:") == len(WHOLE) - 2
    assert len(list(warcio.ArchiveIterator(io.BytesIO(left), check_digests=True))) == len(WHOLE) - 2


@pytest.mark.parametrize("framing", FRAMINGS, ids=lambda framing: framing.__name__)
def test_nothing_to_drop_is_the_same_bytes(framing: Callable[[Sequence[bytes]], bytes], tmp_path: Path) -> None:
    before, after = tmp_path / "in.warc.gz", tmp_path / "out.warc.gz"
    before.write_bytes(framing([*WHOLE, *MIXED]))
    assert rewrite_without(before, after, lambda _: False) == 0
    assert after.read_bytes() == before.read_bytes()


def test_content_of_a_feed_goes_by_its_urn(tmp_path: Path) -> None:
    before, after = tmp_path / "in.warc.gz", tmp_path / "out.warc.gz"
    before.write_bytes(FRAMINGS[1](WHOLE))
    assert rewrite_without(before, after, lambda target: target == "urn:newsbeam:entry:linkless") == 1
    assert b"linkless" not in gzip.decompress(after.read_bytes())
    assert len(read(str(after))) == 3


def test_records_without_a_target_go_with_the_one_that_they_name(tmp_path: Path) -> None:
    before, after = tmp_path / "in.warc", tmp_path / "out.warc"
    kept = article(1)
    named = next(line for line in article(0).splitlines() if line.startswith(b"WARC-Record-ID")).split(b" ")[1]
    note = record(None, b"fetchTimeMs: 5", kind="metadata", extra=f"WARC-Refers-To: {named.decode()}\r\n")
    before.write_bytes(article(0) + note + kept)
    assert rewrite_without(before, after, lambda target: target.endswith("/0")) == 1
    assert after.read_bytes() == kept


def test_all_of_it(tmp_path: Path) -> None:
    before, after = tmp_path / "in.warc.gz", tmp_path / "out.warc.gz"
    before.write_bytes(FRAMINGS[1](WHOLE))
    assert rewrite_without(before, after, lambda _: True) == 4
    assert gzip.decompress(after.read_bytes()) == HEAD[0]
    before.write_bytes(b"")
    assert rewrite_without(before, after, lambda _: True) == 0


@pytest.mark.parametrize("what", ["cut", "garbage", "text"])
def test_a_broken_archive_is_not_taken_for_rewritten(what: str, tmp_path: Path) -> None:
    before = tmp_path / "in.warc.gz"
    whole = FRAMINGS[1](WHOLE)
    content = {"cut": whole[:-20], "garbage": whole + b"garbage", "text": gzip.compress(b"no record at all")}[what]
    before.write_bytes(content)
    with pytest.raises(SourceError, match=r"in\.warc\.gz"):
        rewrite_without(before, tmp_path / "out", lambda _: True)
