"""`newsbeam compact` on the command line."""

from pathlib import Path

import pytest

from newsbeam.connectors.stores.commit import Settlement
from newsbeam.pipelines.cli import main
from tests.connectors.stores.fakes import Place, article, document


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_it_merges_and_says_what_it_did(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = Place(tmp_path, stores=(f"{kind}?roll_mb=0",))
    for number in range(3):
        place.commit(Settlement(records=(article(document(f"s{number}")),)))
    before = place.contents()
    place.state.release_lease(place.epoch)
    command = ["compact", "--store", place.urls[0], "--state", place.state_url, "--target-mb", "64"]
    assert main(command) == 0
    assert f"{place.stores[0].url}: 3 files, now 1 (3 merged, 3 rows" in capsys.readouterr().out
    assert main(command) == 0
    assert "1 files, now 1 (0 merged" in capsys.readouterr().out
    assert place.restart().contents() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--store: none given"),
        (["--store", "sqlite:///news.db"], "--store: sqlite: has no files to merge"),
        (["--store", "parquet:out", "--target-mb", "0"], "--target-mb: 0: use a number from 1 to 4096"),
        (["--store", "parquet:out?compression=zstd"], "?compression= is no option"),
        (["--store", "parquet:s3://bucket/x"], "--state"),
        (["--store", "parquet:out", "--feeds", "x"], "--feeds: unknown option"),
    ],
)
def test_mistakes(
    tmp_path: Path,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("newsbeam.connectors.stores.files.FileStore.check", lambda store: None)
    assert main(["compact", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_of_another_state_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Place(tmp_path, stores=("parquet",)).commit(Settlement(records=(article(document("one")),)))
    command = ["compact", "--store", f"parquet:{tmp_path}/columns", "--state", f"sqlite:///{tmp_path}/other.db"]
    assert main(command) == 1
    assert f"parquet:{tmp_path}/columns: the state in use did not write" in capsys.readouterr().err
