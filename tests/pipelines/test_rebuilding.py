"""`newsbeam state rebuild`: a run over the rebuilt state does what it would have done over the one that was lost."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import newsbeam
from newsbeam.config.settings import load
from newsbeam.connectors.stores.rows import VOLATILE
from newsbeam.pipelines import batch, stopping
from newsbeam.pipelines.cli import main
from newsbeam.pipelines.report import Report, total
from newsbeam.pipelines.request import Request
from newsbeam.records import COLLECTIONS
from tests.slow.worlds import Answer, Site, page, prose, rss

HURRIED = ("fetch.host_delay=0", "fetch.retry_wait=0.01", "fetch.robots=false", "extract.workers=1")
ADDRESSES = {"jsonl": "jsonl:{}/out", "sqlite": "sqlite:///{}/news.db"}
FIRST, SECOND = prose(1, paragraphs=6), prose(2, paragraphs=6)
COPY, LATE = "https://b.example/copy", "https://c.example/late"


def saved(path: Path, *stories: tuple[str, list[str], int]) -> str:
    """A file of saved pages: (address, text, day of the capture)."""
    rows = (
        {"url": url, "html": page(f"At {url}", text).decode(), "fetched_at": f"2026-11-{day}T08:00:00Z"}
        for url, text, day in stories
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def taken_in(site: Site, folder: Path, *stores: str, pages: tuple[str, ...]) -> Report:
    """Run over the feed and the pages, with the state beside the folder's stores."""
    stopping.reset()
    report = batch.run(
        Request(
            feeds=(f"{site.base}/feed",),
            pages=pages,
            stores=tuple(ADDRESSES[one].format(folder) for one in stores),
            state=f"sqlite:///{folder}/state.db",
            allow=(f"127.0.0.0/8:{site.port}",),
            settings=load(assignments=HURRIED),
            beam=("--runner=FnApiRunner",),
        )
    )
    assert report.pending == 0
    assert all(one.difference == 0 for one in report.accounts)
    return report


def held(folder: Path, store: str) -> dict[str, dict[str, Any]]:
    """Every row by its id, without what may differ between two runs over the same input."""
    url = ADDRESSES[store].format(folder)
    return {
        row["id"]: {"collection": name} | {key: value for key, value in row.items() if key not in VOLATILE}
        for name in COLLECTIONS
        for row in newsbeam.read(url, name)
    }


def rebuild(*arguments: str) -> int:
    return main(("state", "rebuild", *arguments))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """A site, and a folder whose two stores were settled with one state: copies, an earlier text, rejected rows."""
    folder = tmp_path_factory.mktemp("rebuild")
    answers: dict[str, Answer] = {
        "/1": ("text/html", page("The first", FIRST)),
        "/2": ("text/html", page("The second", SECOND)),
        "/3": ("text/html", page("The third", prose(3, paragraphs=6))),
    }
    with Site(answers) as site:
        site.answers["/feed"] = rss(site.base, ["/1", "/2", "/3", "/gone"])
        old = ("https://d.example/revised", prose(8, paragraphs=6), 18)
        new = ("https://d.example/revised", prose(9, paragraphs=6), 19)
        path = saved(folder / "pages.jsonl", (COPY, FIRST[:5], 20), old, new)
        taken_in(site, folder, "jsonl", "sqlite", pages=(path,))
        rows = held(folder, "jsonl")
        assert rows == held(folder, "sqlite")
        assert sorted(row["collection"] for row in rows.values()) == [
            *["articles"] * 4,
            *["duplicates"] * 2,
            "rejected",
        ]
        yield site, folder


@pytest.fixture(scope="module")
def lived(world: tuple[Site, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the stores hold after a late copy came in over the state that was never lost."""
    folder = tmp_path_factory.mktemp("lived") / "copy"
    shutil.copytree(world[1], folder)
    late = saved(folder / "late.jsonl", (LATE, FIRST[1:], 21))
    taken_in(world[0], folder, "jsonl", "sqlite", pages=(f"{folder}/pages.jsonl", late))
    return held(folder, "jsonl")


@pytest.mark.slow
@pytest.mark.parametrize("stores", [("jsonl", "sqlite"), *((one,) for one in ADDRESSES)])
def test_a_run_over_a_rebuilt_state_does_what_it_would_have_done(
    world: tuple[Site, Path],
    lived: dict[str, dict[str, Any]],
    tmp_path: Path,
    stores: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    site, lost = world[0], tmp_path / "lost"
    shutil.copytree(world[1], lost)
    for path in lost.glob("state.db*"):
        path.unlink()
    before = held(lost, stores[0])

    sources = [part for one in stores for part in ("--from", ADDRESSES[one].format(lost))]
    assert rebuild(*sources, "--state", f"sqlite:///{lost}/state.db") == 0
    assert "rebuilt of 4 articles, 2 duplicates, 1 rejected; 5 texts are in the window" in capsys.readouterr().out
    assert all(held(lost, one) == before for one in stores), "nothing is written to the stores"

    late = saved(lost / "late.jsonl", (LATE, FIRST[1:], 21))
    report = taken_in(site, lost, *stores, pages=(f"{lost}/pages.jsonl", late))
    assert (report.new, report.corrected) == (1, 0), "the late copy alone"
    assert total(report.accounts).skipped["same_text"] >= 6, "what the stores hold is known by id and text"
    after = held(lost, stores[0])
    assert [row["url"] for one, row in after.items() if one not in before] == [LATE]
    clusters = {row["cluster_id"] for row in after.values() if row["url"] in (f"{site.base}/1", COPY, LATE)}
    assert len(clusters) == 1, "the late copy joins its original"
    assert all(held(lost, one) == lived for one in stores), "as if the state had not been lost"
