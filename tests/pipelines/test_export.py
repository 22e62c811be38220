"""`newsbeam export`, from the command line: stores that runs go on with, copies, files for people, and mistakes."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import lxml.html
import pytest

import newsbeam
from newsbeam.config.settings import load
from newsbeam.pipelines import batch, cli, stopping
from newsbeam.pipelines.request import Request
from newsbeam.records import COLLECTIONS
from tests.slow.worlds import page, prose


def write_pages(folder: Path, stories: dict[str, bytes]) -> str:
    path = folder / f"{'-'.join(stories)}.jsonl"
    path.write_text(
        "".join(
            json.dumps(
                {"url": f"https://a.example/{name}", "html": html.decode(), "fetched_at": "2026-11-20T08:00:00Z"}
            )
            + "\n"
            for name, html in stories.items()
        )
    )
    return str(path)


def run(folder: Path, pages: str, *stores: str) -> None:
    stopping.reset()
    batch.run(
        Request(
            pages=(pages,),
            stores=stores,
            state=f"sqlite:///{folder}/state.db",
            settings=load(assignments=("extract.workers=1",)),
            beam=("--runner=FnApiRunner",),
        )
    )


def export(*arguments: str) -> int:
    stopping.reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stopping, "on_signals", lambda: None)  # the signals of this process are the tests' own
        return cli.main(("export", *arguments))


def rows(url: str) -> dict[str, Any]:
    return {row["id"]: (name, row) for name in COLLECTIONS for row in newsbeam.read(url, name)}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("export")
    stories = {str(number): page(f"Story {number}", prose(number, paragraphs=5)) for number in range(4)}
    pages = write_pages(folder, stories | {"empty": b"<html><body><p>x</p></body></html>"})
    run(folder, pages, f"jsonl:{folder}/out")
    return folder, f"jsonl:{folder}/out"


def test_a_store_added_later_is_filled_and_runs_go_on_with_both(
    world: tuple[Path, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, source = world
    target, state = f"sqlite:///{tmp_path}/news.db", f"sqlite:///{folder}/state.db"
    assert export("--from", source, "--to", target, "--state", state) == 0
    said = capfd.readouterr()
    assert said.out == ""
    assert "5 rows written; it holds 4 articles, 0 duplicates, 1 rejected" in said.err
    assert rows(target) == rows(source) != {}
    assert export("--from", source, "--to", target, "--state", state) == 0
    assert "nothing to do" in capfd.readouterr().err
    changed = {"0": page("Story 0", prose(77, paragraphs=5)), "9": page("Story 1", prose(1, paragraphs=5))}
    run(folder, write_pages(tmp_path, changed), source, target)
    assert rows(target) == rows(source)
    assert len(rows(target)) == 7
    assert {name for name, _ in rows(target).values()} == set(COLLECTIONS)


def test_files_for_people(world: tuple[Path, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    _, source = world
    articles = {row["id"]: row for row in newsbeam.read(source)}
    table, paper = tmp_path / "news.csv", tmp_path / "news.html"
    assert export("--from", source, "--to", f"csv:{table}", "--to", f"html:{paper}", "--bom") == 0
    assert table.read_bytes().startswith(b'\xef\xbb\xbf"id",')
    with table.open(encoding="utf-8-sig", newline="") as lines:
        found = {one["id"]: one for one in csv.DictReader(lines)}
    assert {one: values["body"] for one, values in found.items()} == {one: row["body"] for one, row in articles.items()}
    assert len(lxml.html.parse(str(paper)).findall(".//article")) == len(articles)
    assert sorted(os.listdir(tmp_path)) == ["news.csv", "news.html"]
    capfd.readouterr()
    assert export("--from", source, "--to", "csv:-", "--collection", "rejected", "--since", "1d") == 0
    assert [one["reason"] for one in csv.DictReader(capfd.readouterr().out.splitlines())] == ["no_text"]


def test_a_file_that_stands_is_kept_where_the_new_one_fails(
    world: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "news.csv").write_text("old")

    def fails(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    assert export("--from", world[1], "--to", f"csv:{tmp_path}/news.csv") == 1
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("news.csv", "old")]


def test_a_copy_holds_what_was_chosen(world: tuple[Path, str], tmp_path: Path) -> None:
    source, target = world[1], f"jsonl:{tmp_path}/copy"
    chosen = ("--no-state", "--collection", "articles", "--language", "en", "--site", "A.example")
    assert export("--from", source, "--to", target, *chosen) == 0
    wanted = {row["id"]: row for row in newsbeam.read(source) if row["language"] == "en"}
    assert {row["id"]: row for row in newsbeam.read(target)} == wanted != {}
    assert export("--from", source, "--to", f"jsonl:{tmp_path}/none", "--no-state", "--site", "b.example") == 0
    assert rows(f"jsonl:{tmp_path}/none") == {}
    assert export("--from", source, "--to", target, "--no-state") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--to", "ftp:x"), 2, "--to: 'ftp:x' is no address of a store"),
        (("--to", "csv:x", "--collection", "article"), 2, "--collection: 'article' is no collection; there are"),
        (("--to", "csv:x", "--since", "soon"), 2, "--since: 'soon' is no moment"),
        (("--to", "jsonl:{}/x", "--since", "7d"), 2, "must hold all rows: leave them out, or copy into an empty"),
        (("--to", "csv:x", "--no-state"), 2, "--no-state: it copies into stores"),
        (("--to", "html:x", "--bom"), 2, "--bom: only csv:FILE"),
        (("--to", "csv:-", "--to", "html:-"), 2, "two files cannot both go to stdout"),
        (("--to", "csv:x", "--collection", "rejected", "--language", "el"), 2, "rejected rows have no language"),
        (("--to", "jsonl:{}/out"), 2, "is the store that --from names"),
        (("--to", "jsonl:{}/x"), 2, "--state: there is no state at"),
        (("--to", "csv:{}/none/x.csv"), 1, "cannot be written: No such file or directory"),
        (("--to", "csv:x", "--colour"), 2, "--colour: unknown option"),
    ],
)
def test_mistakes(
    world: tuple[Path, str], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int, words: str
) -> None:
    folder, source = world
    assert export("--from", source, *(one.format(folder) for one in arguments)) == status
    assert words in capsys.readouterr().err


def test_a_store_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("--from", f"jsonl:{tmp_path}/none", "--to", "csv:-") == 1
    assert "there is no store" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
