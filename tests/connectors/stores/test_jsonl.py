"""The JSON lines store: few whole files, and what is said when the folder is not as it should be."""

import json
import os
from pathlib import Path

import pytest

from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.file_addresses import MIB, open_files
from newsbeam.connectors.stores.store import StoreError
from tests.connectors.stores.fakes import Place, article, contents, document, duplicate

STORIES = [document(f"story{number}") for number in range(6)]


def names(folder: Path) -> list[str]:
    """The store's files."""
    return sorted(str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*.jsonl"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, stores=("jsonl",))


def test_files_are_plain_lines_below_their_collection(place: Place, tmp_path: Path) -> None:
    place.commit(Settlement(records=(article(STORIES[0]), duplicate(STORIES[1], STORIES[0]))))
    assert names(tmp_path) == ["articles/part-00001-000001.jsonl", "duplicates/part-00001-000002.jsonl"]
    (line,) = (tmp_path / "out/articles/part-00001-000001.jsonl").read_text(encoding="utf-8").splitlines()
    assert line.startswith('{"id":"')
    assert json.loads(line)["body"] == STORIES[0].body


def test_a_large_file_is_not_written_again_for_new_rows(tmp_path: Path) -> None:
    place = Place(tmp_path, stores=(f"jsonl?roll_mb={1500 / MIB}",))
    for story in STORIES:
        place.commit(Settlement(records=(article(story),)))
    sizes = [path.stat().st_size for path in sorted((tmp_path / "out/articles").iterdir())]
    assert 1 < len(sizes) < 6
    assert all(size >= 1500 for size in sizes[:-1])
    assert len(contents(place.stores[0])) == 6


def test_a_row_that_moves_comes_into_a_new_file_and_leaves_the_old_one_first(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three, *_ = STORIES
    place.commit(Settlement(records=(article(one), article(two), duplicate(three, one))))
    seen: list[list[str]] = []

    def listing() -> None:
        ids = [json.loads(line)["id"] for path in sorted((tmp_path / "out").rglob("*.jsonl")) for line in path.open()]
        seen.append(ids)

    replace = os.replace

    def watched(source: Path, target: Path) -> None:
        listing()
        replace(source, target)
        listing()

    monkeypatch.setattr(os, "replace", watched)
    place.commit(Settlement(records=(duplicate(two, one), article(three))))
    assert len(seen) >= 6
    assert all(len(set(ids)) == len(ids) for ids in seen), "no reader meets an id twice"
    assert names(tmp_path) == [
        "articles/part-00001-000001.jsonl",
        "articles/part-00001-000003.jsonl",
        "duplicates/part-00001-000004.jsonl",
    ]


def test_a_file_without_rows_goes(place: Place, tmp_path: Path) -> None:
    place.commit(Settlement(records=(article(STORIES[0]),)))
    place.commit(Settlement(removed_ids=(STORIES[0].id,)))
    assert names(tmp_path) == []
    place.restart()
    place.commit(Settlement(records=(article(STORIES[0]),)))
    assert names(tmp_path) == ["articles/part-00002-000002.jsonl"], "a name is never used again"


def test_a_file_that_something_else_changed_is_refused(place: Place, tmp_path: Path) -> None:
    place.commit(Settlement(records=tuple(article(story) for story in STORIES[:3])))
    path = tmp_path / "out/articles/part-00001-000001.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:2]), encoding="utf-8")
    with pytest.raises(StoreError, match="something else has changed it"):
        place.commit(Settlement(records=(article(STORIES[4]),)))
    with pytest.raises(StoreError, match="gone or changed"):
        place.restart()


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file: cannot be written"):
        open_files(f"jsonl:{tmp_path}/file").check()


def test_missing_parents_are_made(tmp_path: Path) -> None:
    open_files(f"jsonl:{tmp_path}/a/b/c").check()
    assert sorted(path.name for path in (tmp_path / "a/b/c").iterdir()) == ["articles", "duplicates", "rejected"]


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(StoreError, match=r"jsonl:.*cannot be written.*Permission denied"):
        open_files(f"jsonl:{tmp_path}").check()


def test_a_full_disk_leaves_the_store_as_it_was(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.commit(Settlement(records=(article(STORIES[0]),)))
    before = place.contents()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            place.commit(Settlement(records=(article(STORIES[1]),)))
    assert place.contents() == before
    place.restart()
    assert not place.strays()
    place.commit(Settlement(records=(article(STORIES[1]),)))
    assert len(place.contents()[0]) == 2
