"""The archive as a store: what is settled is in it once, whenever the process ends; its files roll."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.connectors.sources.warc import read_warc
from newsbeam.connectors.state.manifest import HeldFile, Segment
from newsbeam.connectors.state.state import LeaseLost, open_state
from newsbeam.connectors.stores import archive_records
from newsbeam.connectors.stores.archive import WarcStore
from newsbeam.connectors.stores.archive_rolling import rolled
from newsbeam.connectors.stores.commit import Settlement, recover
from newsbeam.connectors.stores.store import StoreError
from newsbeam.connectors.stores.urls import default_state_url, open_store
from newsbeam.records import COLLECTIONS, Document, Entry, Page, Skipped, digest
from tests.connectors.stores import fakes
from tests.connectors.stores.fakes import NOW, Killed, Place, Steps, article, contents, document, stepping
from tests.connectors.stores.test_commit import settled

AT = "2026-11-20T10:11:12Z"
HEAD = archive_records.head_of_file(software="newsbeam/1", user_agent="u", robots=True, run_id="run", moment=AT)


def page_of(one: Document, letters: int) -> Page:
    entry = Entry(key=digest("feed", one.url), feed_url="https://f.example/feed", url=one.url, title=one.title)
    noise = "".join(digest(one.id, str(number)) for number in range(letters // 32))
    body = f"<html><body><p>{one.body} {noise}</p></body></html>".encode()
    return Page(url=one.url, body=body, fetched_at=AT, origin=entry.origin, entry=entry)


class ArchivePlace(Place):
    """A folder of lines, a state, and an archive whose files are joined by their size alone."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, stores=("jsonl",))

    def start(self) -> "ArchivePlace":
        self.state = open_state(self.state_url)
        self.archive = WarcStore(self.folder / "archive", floor=0)
        self.stores = [open_store(f"jsonl:{self.folder}/out"), self.archive]
        for store in self.stores:
            store.check()
        self.epoch = self.state.take_lease(
            owner="elsewhere:1:1", seconds=60, now=fakes.later(3600 * next(fakes._HOURS))
        )
        recover(self.state, self.stores, epoch=self.epoch)
        return self

    def segment(self, documents: Sequence[Document], *, letters: int = 64, now: datetime.datetime = NOW) -> Segment:
        """What a bundle writes of these pages."""
        writer = self.archive.segment(epoch=self.epoch, head=HEAD, now=now)
        for one in documents:
            writer.write(archive_records.of_page(page_of(one, letters)))
        return writer.finish()

    def settle(self, step: "Step") -> None:
        """A slice: its pages are written, then its records settled."""
        documents, letters = step
        segment = self.segment(documents, letters=letters)
        self.commit(Settlement(records=tuple(article(one) for one in documents), segments=(segment,)))

    def copied(self, folder: Path) -> "ArchivePlace":
        """Another place with the same content."""
        fakes.shutil.copytree(self.folder, folder)
        return ArchivePlace(folder)

    def files(self) -> list[str]:
        """Names of the archive's files."""
        return sorted(path.name for path in (self.folder / "archive").rglob("*") if path.is_file())

    def pages(self) -> list[str]:
        """Addresses of the archived pages, each with its feed's title: as often as they stand there."""
        found = []
        for path in sorted((self.folder / "archive").rglob("*.warc.gz")):
            for item in read_warc(str(path), limit=10**6):
                assert not isinstance(item, Skipped)
                if isinstance(item, Page):
                    assert item.entry is not None
                    found.append(f"{item.url} {item.entry.title}")
        return sorted(found)


Step = tuple[Sequence[Document], int]
"""Documents, and how many letters each page has."""

STEPS: Sequence[Step] = (
    ([document("one"), document("two")], 12_000),
    ([document("three")], 6_000),
    ([document("four"), document("five"), document("six")], 8_000),
)
EVERY = sorted(f"{one.url} {one.title}" for documents, _ in STEPS for one in documents)


def undisturbed(folder: Path) -> ArchivePlace:
    place = ArchivePlace(folder)
    for step in STEPS:
        place.settle(step)
    return place


def test_a_settled_page_is_in_the_archive(tmp_path: Path) -> None:
    place = ArchivePlace(tmp_path)
    place.settle(STEPS[0])
    assert place.files() == ["pages-00001-000001.warc.gz"]
    place.settle(STEPS[1])
    assert place.files() == ["pages-00001-000001.warc.gz", "pages-00001-000002.warc.gz"]
    place.settle(STEPS[2])
    assert place.files() == ["pages-00001-000001.warc.gz"], "the larger new part takes the smaller old ones along"
    assert place.pages() == EVERY
    assert (tmp_path / "archive/pages/date=2026-11-20/pages-00001-000001.warc.gz").is_file()
    place.restart()
    assert place.pages() == EVERY
    assert place.archive.count() == dict.fromkeys(COLLECTIONS, 0)


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("index", [1, 2], ids=["a new file", "files joined"])
def test_a_kill_at_every_step_archives_each_page_once(index: int, every: int, tmp_path: Path) -> None:
    wanted = undisturbed(tmp_path / "undisturbed")
    earlier = ArchivePlace(tmp_path / "earlier")
    for step in STEPS[:index]:
        earlier.settle(step)
    before = earlier.pages()
    earlier.state.close()
    counted = earlier.copied(tmp_path / "counted")
    with stepping(counted, steps := Steps()):
        counted.settle(STEPS[index])
    assert steps.taken > 20
    for kill_at in range(1, steps.taken + 1, every):
        place = earlier.copied(tmp_path / str(kill_at))
        with pytest.raises(Killed), stepping(place, Steps(kill_at)):
            place.settle(STEPS[index])
        place.restart()
        assert not [name for name in place.files() if name.endswith(".tmp")]
        records = Settlement(records=tuple(article(one) for one in STEPS[index][0]))
        if not settled(place, records):
            assert place.pages() == before, "what was not settled is not in the archive"
            place.settle(STEPS[index])
        for step in STEPS[index + 1 :]:
            place.settle(step)
        assert place.pages() == EVERY
        assert contents(place.stores[0]) == contents(wanted.stores[0])
        place.state.close()


def test_a_segment_that_is_never_settled_is_removed_at_the_next_start(tmp_path: Path) -> None:
    place = ArchivePlace(tmp_path)
    place.segment([document("one")])
    lost = place.segment([document("one")])
    assert [name.endswith(".1.tmp") for name in place.files()] == [True, True]
    place.restart()
    assert place.files() == []
    with pytest.raises(StoreError, match="before it was settled: nothing is lost, run again"):
        place.commit(Settlement(records=(article(document("one")),), segments=(lost,)))
    assert place.pages() == []
    assert contents(place.stores[0]) == {}


def test_a_segment_that_is_settled_again_comes_in_once(tmp_path: Path) -> None:
    place = ArchivePlace(tmp_path)
    segment = place.segment([document("one")])
    for _ in range(2):
        place.commit(Settlement(records=(article(document("one")),), segments=(segment,)))
    place.commit(Settlement(segments=(segment,)))
    assert len(place.pages()) == 1
    place.restart()


def test_another_store_that_fails_leaves_no_page_behind(tmp_path: Path) -> None:
    place = ArchivePlace(tmp_path)
    place.settle(STEPS[0])
    before = place.pages()
    with pytest.MonkeyPatch.context() as patch:

        def full(*arguments: object, epoch: int) -> None:
            raise StoreError("jsonl:out: the disk is full")

        patch.setattr(place.stores[0], "prepare", full)
        with pytest.raises(StoreError, match="the disk is full"):
            place.settle(STEPS[1])
    assert place.pages() == before
    place.settle(STEPS[1])
    assert len(place.pages()) == 3
    place.restart()
    assert not [name for name in place.files() if name.endswith(".tmp")]


def test_a_lost_lease_archives_nothing(tmp_path: Path) -> None:
    place = ArchivePlace(tmp_path)
    place.settle(STEPS[0])
    before = place.pages()
    place.superseded()
    with pytest.raises(LeaseLost):
        place.settle(STEPS[1])
    assert place.pages() == before


def test_several_segments_of_one_window_and_two_days_are_settled_together(tmp_path: Path) -> None:
    place = ArchivePlace(tmp_path)
    night = datetime.datetime(2026, 11, 20, 23, 59, 59, tzinfo=datetime.UTC)
    segments = [
        place.segment([document("one")], now=night),
        place.segment([document("two")], now=night),
        place.segment([document("three")], now=night + datetime.timedelta(seconds=1)),
    ]
    place.commit(Settlement(segments=tuple(segments)))
    folders = sorted(path.name for path in (tmp_path / "archive/pages").iterdir())
    assert folders == ["date=2026-11-20", "date=2026-11-21"]
    assert len(place.pages()) == 3
    place.restart()
    assert len(place.pages()) == 3


def test_segments_of_another_archive_are_left_to_it(tmp_path: Path) -> None:
    place = ArchivePlace(tmp_path)
    segment = place.segment([document("one")])
    place.commit(Settlement(segments=(replace(segment, store="warc:/elsewhere"),)))
    assert place.pages() == []


def test_what_does_not_belong_to_the_state_is_refused(tmp_path: Path) -> None:
    place = ArchivePlace(tmp_path)
    place.settle(STEPS[0])
    (path,) = (tmp_path / "archive").rglob("*.warc.gz")
    strange = path.with_name("other.warc.gz")
    strange.write_bytes(b"")
    with pytest.raises(StoreError, match=r"did not write pages/date=2026-11-20/other\.warc\.gz"):
        place.restart()
    strange.unlink()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match="gone or changed, but the state says that the archive holds 2 pages"):
        place.restart()


def test_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("warc:kept")
    assert store.url == f"warc:{tmp_path}/kept"
    assert not (tmp_path / "kept").exists(), "opening writes nothing"
    with pytest.raises(StoreError, match=r"newsbeam run --warc '.*/kept/\*\*/\*\.warc\.gz'"):
        store.rows("articles")
    with pytest.raises(StoreError, match="--state"):
        default_state_url("warc:kept")


def test_a_folder_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be written"):
        open_store(f"warc:{tmp_path}/file").check()


def held(number: int, size: int) -> HeldFile:
    return HeldFile(number=number, collection="pages", name=f"d/{number}", rows=1, bytes=size)


@settings(deadline=None)
@given(
    files=st.lists(st.integers(1, 200), max_size=8),
    segments=st.lists(st.integers(1, 120), min_size=1, max_size=8),
)
def test_rolling_loses_nothing_and_only_the_first_heap_has_files(files: list[int], segments: list[int]) -> None:
    standing = [held(number, size) for number, size in enumerate(files)]
    new = [Segment(store="s", name=str(number), records=1, bytes=size) for number, size in enumerate(segments)]
    heaps = rolled(standing, new, floor=10, bound=100)
    assert [one for heap in heaps for one in heap.segments] == new
    assert not any(heap.files for heap in heaps[1:])
    joined = list(heaps[0].files)
    assert joined == standing[len(standing) - len(joined) :], "the newest ones are joined"
    assert all(heap.bytes <= 100 for heap in heaps if len(heap.files) + len(heap.segments) > 1)


def test_ten_thousand_small_windows_make_few_files_and_copy_little() -> None:
    files: list[HeldFile] = []
    copied = 0
    for number in range(10_000):
        (heap,) = rolled(files, [Segment(store="s", name="n", records=1, bytes=20_000)])
        files = files[: len(files) - len(heap.files)]
        files.append(held(heap.files[0].number if heap.files else number, heap.bytes))
        copied += heap.bytes
    assert sum(one.bytes for one in files) == 200_000_000
    assert len(files) <= 10
    assert copied < 40 * 200_000_000
