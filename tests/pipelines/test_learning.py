"""What a site repeats goes out of its texts, in whatever order and in however many runs they come in."""

import json
import random
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import newsbeam
from newsbeam.config.settings import load
from newsbeam.connectors.stores.rows import VOLATILE
from newsbeam.pipelines import batch, engine, learning, stopping
from newsbeam.pipelines.cli import main
from newsbeam.pipelines.report import Report, total
from newsbeam.pipelines.request import Request
from newsbeam.records import Removed
from newsbeam.transforms.removed import rebuild
from tests.slow.worlds import page, prose

OWN = "The desk in Harbour Lane can be reached on every weekday between nine and five."
WIRE = "Reporting for this story came from correspondents in four towns along the northern coast."
KINDS = ("site_furniture",)
Story = tuple[str, str, list[str], int]
"""Address, title, paragraphs, day of the capture."""


def stories(site: str, count: int, *, first: int, line: str | None = None, without: int = 0) -> list[Story]:
    """Stories of a site, all but the first `without` of them with the line at their end."""
    return [
        (
            f"https://{site}/{number}",
            f"Story {first + number} of {site}",
            [*prose(first + number, paragraphs=6), *([line] if line and number >= without else [])],
            10 + number % 9,
        )
        for number in range(count)
    ]


def asked(folder: Path, *settings: str, pages: tuple[str, ...] = ()) -> Request:
    return Request(
        pages=pages,
        stores=(f"jsonl:{folder}/out",),
        state=f"sqlite:///{folder}/state.db",
        settings=load(assignments=("extract.workers=1", *settings)),
        beam=("--runner=FnApiRunner",),
    )


def taken_in(folder: Path, given: Sequence[Story], *settings: str) -> Report:
    """A run over saved pages, with one state for all runs in the folder."""
    stopping.reset()
    folder.mkdir(exist_ok=True)
    path = folder / f"pages-{len(list(folder.glob('pages-*')))}.jsonl"
    rows = (
        {"url": url, "html": page(title, text).decode(), "fetched_at": f"2026-11-{day}T08:00:00Z"}
        for url, title, text, day in given
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = batch.run(asked(folder, *settings, pages=(str(path),)))
    assert (total(report.accounts).difference, report.pending) == (0, 0)
    return report


def held(folder: Path) -> dict[str, dict[str, Any]]:
    """Every row by its address and capture, without what may differ between two runs over the same input."""
    return {
        f"{row['url']} {row['body'][:40]}": {"collection": name} | {k: v for k, v in row.items() if k not in VOLATILE}
        for name in ("articles", "duplicates", "rejected")
        for row in newsbeam.read(f"jsonl:{folder}/out", name)
    }


def furniture(rows: dict[str, dict[str, Any]]) -> set[tuple[str, str]]:
    """(address, line) of everything that was taken out as a site's furniture."""
    return {(row["url"], one["text"]) for row in rows.values() for one in row["removed"] or () if one["kind"] in KINDS}


WORLD = [
    *stories("a.example", 8, first=100, line=OWN, without=2),
    *stories("b.example", 6, first=200, line=WIRE),
    *stories("c.example", 6, first=300, line=WIRE),
    *stories("d.example", 6, first=400, line=WIRE),
    *stories("e.example", 4, first=500, line="Four stories say this at their end, and that is one too few."),
]


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The rows of one run over everything."""
    folder = tmp_path_factory.mktemp("at-once")
    taken_in(folder, WORLD)
    return held(folder)


def test_a_line_of_one_site_goes_and_one_of_many_stays(at_once: dict[str, dict[str, Any]]) -> None:
    assert furniture(at_once) == {(f"https://a.example/{number}", OWN) for number in range(2, 8)}
    for row in at_once.values():
        assert OWN not in row["body"]
        removed = [Removed(kind=one["kind"], text=one["text"], position=one["position"]) for one in row["removed"]]
        given = next(text for url, _, text, _ in WORLD if url == row["url"])
        assert [*rebuild(row["body"], removed).split("\n\n")][-len(given) :] == given


@pytest.mark.parametrize("seed", range(3))
def test_no_order_and_no_number_of_runs_changes_a_row(
    at_once: dict[str, dict[str, Any]], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    shuffled = chance.sample(WORLD, len(WORLD))
    while shuffled:
        size = chance.randint(1, 14)
        taken_in(tmp_path, shuffled[:size])
        shuffled = shuffled[size:]
    assert held(tmp_path) == at_once


def test_what_comes_again_is_known_and_a_new_story_is_cleaned_as_it_comes(tmp_path: Path) -> None:
    report = taken_in(tmp_path, WORLD[:7])
    assert report.corrected == 5
    before = held(tmp_path)
    report = taken_in(tmp_path, [(url, title, text, 28) for url, title, text, _ in WORLD[:7]])
    assert dict(total(report.accounts).skipped) == {"same_text": 7}
    assert held(tmp_path) == before
    report = taken_in(tmp_path, WORLD[7:8])
    assert (report.new, report.corrected) == (1, 0)
    assert len(furniture(held(tmp_path))) == 6


def test_earlier_texts_are_the_same_whether_the_line_was_learnt_before_or_after(tmp_path: Path) -> None:
    url, title, text, _ = WORLD[3]
    rewritten = (url, title, [*prose(999, paragraphs=6), OWN], 27)
    moved_on = (url, title, [*text[:-1], "The desk has moved, and nobody has written down where it went to."], 28)
    rows = []
    for name, runs in {
        "at once": [[*WORLD[:8], rewritten, moved_on]],
        "learnt first": [WORLD[:8], [rewritten], [moved_on]],
        "learnt last": [[rewritten, moved_on, WORLD[3]], [*WORLD[:3], *WORLD[4:8]]],
        "backwards": [[moved_on], [rewritten], [WORLD[3]], list(reversed(WORLD[:8]))],
    }.items():
        for given in runs:
            taken_in(tmp_path / name, given)
        rows.append(held(tmp_path / name))
    assert rows[0] == rows[1] == rows[2] == rows[3]
    assert sum(row["relation"] == "revision" for row in rows[0].values() if row["collection"] == "duplicates") == 2


def test_a_line_that_spreads_is_given_back(tmp_path: Path) -> None:
    spread = [*stories("f.example", 1, first=600, line=OWN), *stories("g.example", 1, first=700, line=OWN)]
    for given in (WORLD[:8], spread):
        taken_in(tmp_path / "apart", given)
    taken_in(tmp_path / "at once", [*spread, *WORLD[:8]])
    assert furniture(held(tmp_path / "apart")) == set()
    assert held(tmp_path / "apart") == held(tmp_path / "at once")


def test_one_story_at_many_addresses_teaches_nothing(tmp_path: Path) -> None:
    text = prose(800, paragraphs=6)
    taken_in(tmp_path, [(f"https://h.example/{number}", "One story", text, 10) for number in range(9)])
    assert furniture(held(tmp_path)) == set()


def test_what_a_process_left_undone_is_done_by_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "_PORTION", 3)
    turns, learn = iter((True, True, False)), learning.learn
    monkeypatch.setattr(learning, "learn", lambda job, _: learn(job, lambda: next(turns)))
    taken_in(tmp_path, WORLD[:8])
    assert 0 < len(furniture(held(tmp_path))) < 6
    monkeypatch.setattr(learning, "learn", learn)
    assert taken_in(tmp_path, []).corrected > 0
    assert len(furniture(held(tmp_path))) == 6


def test_it_never_commits_beside_a_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        without.setattr(learning, "learn", lambda job, _: None)
        taken_in(tmp_path, WORLD[:8])
    done = threading.Event()
    with engine.opened(asked(tmp_path)) as (job, _):
        thread = threading.Thread(target=lambda: (learning.learn(job, lambda: True), done.set()))
        with job.state().committing:  # as the store stage has it while it commits
            thread.start()
            assert not done.wait(1)
        assert done.wait(30)
        thread.join()
    assert len(furniture(held(tmp_path))) == 6


def test_a_rebuilt_state_knows_it_again(tmp_path: Path) -> None:
    taken_in(tmp_path / "lost", WORLD[:7])
    before = held(tmp_path / "lost")
    found = tmp_path / "found"
    shutil.copytree(tmp_path / "lost" / "out", found / "out")
    assert main(("state", "rebuild", "--from", f"jsonl:{found}/out", "--state", f"sqlite:///{found}/state.db")) == 0
    report = taken_in(found, [(url, title, text, 28) for url, title, text, _ in WORLD[:8]])
    assert (report.new, report.corrected, dict(total(report.accounts).skipped)) == (1, 0, {"same_text": 7})
    rows = held(found)
    assert {key: rows[key] for key in before} == before
    assert len(furniture(rows)) == 6


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    taken_in(tmp_path, WORLD[:8], "extract.learn_lines=false")
    assert furniture(held(tmp_path)) == set()
