"""What a file store says when its folder cannot be used, and its options."""

from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.store import StoreError, UnknownStore
from newsbeam.connectors.stores.urls import default_state_url, open_store
from tests.connectors.stores.fakes import Place, article, document

ONE, TWO = document("one"), document("two")
LOCAL = ["jsonl", "jsonl-zstd-day", "jsonl-gzip", "parquet"]


@pytest.mark.parametrize("kind", LOCAL)
@pytest.mark.parametrize(
    ("call", "error"),
    [("fsync", OSError(28, "No space left on device")), ("replace", OSError(30, "Read-only file system"))],
)
def test_every_failure_names_the_store(
    tmp_path: Path, kind: str, call: str, error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, stores=(kind,))
    place.commit(Settlement(records=(article(ONE),)))

    def fail(*arguments: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(f"os.{call}", fail)
        with pytest.raises(StoreError, match=rf"^{place.stores[0].url}: .*{error.strerror}"):
            place.commit(Settlement(records=(article(TWO),)))
    place.restart()
    place.commit(Settlement(records=(article(TWO),)))
    assert place.contents()[0].keys() == {ONE.id, TWO.id}
    assert not place.strays()


@pytest.mark.parametrize("kind", LOCAL)
def test_a_folder_in_a_files_way(tmp_path: Path, kind: str) -> None:
    place = Place(tmp_path, stores=(kind,))
    (part,) = [*_plan(place)]
    folder = place.stores[0].folder.path  # type: ignore[attr-defined]
    (folder / "articles" / part).mkdir(parents=True)
    with pytest.raises(StoreError, match=rf"^{place.stores[0].url}: a written file cannot be given its name"):
        place.commit(Settlement(records=(article(ONE),)))
    (folder / "articles" / part).rmdir()
    place.restart()
    assert place.contents()[0].keys() == {ONE.id}


def _plan(place: Place) -> list[str]:
    """The names of the files that the first commit will write."""
    twin = Place(place.folder / "twin", stores=place.kinds)
    twin.commit(Settlement(records=(article(ONE),)))
    folder = twin.stores[0].folder.path / "articles"  # type: ignore[attr-defined]
    return [str(path.relative_to(folder)) for path in folder.rglob("part-*")]


def test_a_file_in_the_folders_way(tmp_path: Path) -> None:
    (tmp_path / "articles").write_text("")
    for form in ("jsonl", "parquet"):
        with pytest.raises(StoreError, match=rf"^{form}:{tmp_path}: cannot be written"):
            open_store(f"{form}:{tmp_path}").check()


def test_an_object_store_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(tmp_path, stores=("memory",))
    place.commit(Settlement(records=(article(ONE),)))

    def refuse(*arguments: object, **named: object) -> None:
        raise RuntimeError("the bucket is on fire")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "cp_file", refuse)
        with pytest.raises(StoreError, match=r"^parquet:memory://.*the bucket is on fire"):
            place.commit(Settlement(records=(article(TWO),)))
    place.restart()
    assert place.contents()[0].keys() == {ONE.id, TWO.id}, "it was settled, and is finished"
    assert not place.strays()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("jsonl:out?compression=lz4", r"\?compression=lz4: use one of none, zstd, gzip"),
        ("jsonl:out?partition=hour", r"\?partition=hour: use one of none, day"),
        ("parquet:out?compression=zstd", r"\?compression= is no option .* it has roll_mb, roll_minutes"),
        ("parquet:out?roll_mb=5000", r"\?roll_mb=5000: use a number from 0 to 4096 \(without it: 32\)"),
        ("jsonl:out?roll_minutes=-1", r"\?roll_minutes=-1: .* \(without it: no limit\)"),
        ("jsonl:out?roll_mb", "NAME=VALUE"),
        ("jsonl:?roll_mb=1", "no folder is named"),
        ("parquet:", "no folder is named"),
        ("parquet:ftp://host/x", r"parquet:ftp://…: no such kind of folder: use s3://, gs://"),
        ("parquet:s3://", "no bucket is named"),
        ("parquet:s3://key:secret@bucket/x", "keys do not belong into the address"),
    ],
)
def test_options_and_folders_that_are_not_known(url: str, said: str) -> None:
    with pytest.raises(UnknownStore, match=said) as raised:
        open_store(url)
    assert "secret" not in str(raised.value)


def test_the_address_is_without_options(tmp_path: Path) -> None:
    assert open_store(f"jsonl:{tmp_path}?compression=zstd").url == f"jsonl:{tmp_path}"
    assert open_store("parquet:memory://a/b/?roll_mb=1").url == "parquet:memory://a/b"
    assert default_state_url(f"parquet:{tmp_path}?roll_mb=1") == f"sqlite:///{tmp_path}/.newsbeam/state.db"
    with pytest.raises(UnknownStore, match="--state"):
        default_state_url("parquet:s3://bucket/x?roll_mb=1")


@pytest.mark.parametrize(("protocol", "extra"), [("s3", "s3"), ("gs", "gcs")])
def test_a_library_that_is_not_installed(protocol: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, **options: Any) -> Any:
        raise ImportError(f"Install the library to access {name}")

    monkeypatch.setattr("fsspec.filesystem", missing)
    with pytest.raises(StoreError, match=rf"parquet:{protocol}://bucket/x: .*pip install 'newsbeam\[{extra}\]'"):
        open_store(f"parquet:{protocol}://bucket/x")
