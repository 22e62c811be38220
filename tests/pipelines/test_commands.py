"""`runs`, `diff` and `forget` on the command line, over saved pages."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from newsbeam.connectors.state.lease import this_owner
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.urls import open_store
from newsbeam.pipelines import stopping
from newsbeam.pipelines.cli import main
from newsbeam.pipelines.engine import now
from tests.slow.worlds import page, prose

STORIES = {
    "https://www.a.example/orig": prose(1, paragraphs=6),
    "https://b.example/copy": prose(1, paragraphs=6),
    "https://a.example/second": prose(9, paragraphs=6),
    "https://c.example/other": prose(7, paragraphs=6),
}
TakeIn = Callable[..., None]


@pytest.fixture
def take_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> TakeIn:
    """Run over pages, in a file of its own each time."""
    numbers = iter(range(100))

    def run(stories: dict[str, Sequence[str]], *stores: str, day: int = 20) -> None:
        stopping.reset()
        path = tmp_path / f"pages-{next(numbers)}.jsonl"
        rows = [
            {"url": url, "html": page(f"Story of {url[-4:]}", text).decode(), "fetched_at": f"2026-11-{day}T08:00:00Z"}
            for url, text in stories.items()
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        options = [part for store in stores or (f"jsonl:{tmp_path}/out",) for part in ("--store", store)]
        assert main(["run", "--pages", str(path), *options, "--set", "extract.workers=1"]) == 0
        capsys.readouterr()

    return run


def urls_in(folder: Path) -> list[str]:
    """The addresses of all articles and duplicates of a store."""
    store = open_store(f"jsonl:{folder}/out")
    return sorted(row["url"] for name in ("articles", "duplicates") for row in store.rows(name))  # type: ignore[arg-type]


def called(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> tuple[list[str], str]:
    """(lines to stdout, what is said to stderr) of a command."""
    assert main(arguments) == status
    said = capsys.readouterr()
    return said.out.splitlines(), said.err


def test_runs_and_what_changed_between_them(
    tmp_path: Path, take_in: TakeIn, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ("--store", f"jsonl:{tmp_path}/out")
    take_in(STORIES)
    changed = {"https://c.example/other": prose(70, paragraphs=6), "https://d.example/new": prose(11, paragraphs=6)}
    take_in(changed, day=21)
    listed, _ = called(capsys, "runs", *store)
    assert listed[0].split() == "run started seconds outcome version settings seen new corrected rejected".split()
    assert [line.split()[3] for line in listed[1:]] == ["done", "done"]
    assert listed[1].split()[6:] == ["4", "4", "0", "0"]
    whole = [json.loads(line) for line in called(capsys, "runs", *store, "--json")[0]]
    assert [one["counts"]["seen"] for one in whole] == [4, 2]
    first, second = (one["run_id"] for one in whole)

    found, said = called(capsys, "diff", "previous", "latest", *store)
    assert sorted(line.split("  ")[1:3] for line in found) == [
        ["came", "https://c.example/other"],
        ["came", "https://d.example/new"],
        ["text", "https://c.example/other"],
    ], "the earlier text comes in as a revision"
    assert "2 came in, 0 left, 1 with another text" in said
    as_json = [json.loads(line) for line in called(capsys, "diff", first[:8], second, *store, "--json")[0]]
    assert sorted(one["changed"] for one in as_json) == [["came"], ["came"], ["text"]]
    assert {one["title"] for one in as_json} == {"Story of ther", "Story of /new"}
    assert called(capsys, "diff", "latest", "latest", *store)[0] == []
    back, _ = called(capsys, "diff", "latest", "previous", *store)
    assert sorted(line.split("  ")[1] for line in back) == ["left", "left", "text"]


def test_two_states_are_compared(tmp_path: Path, take_in: TakeIn, capsys: pytest.CaptureFixture[str]) -> None:
    take_in(STORIES, f"jsonl:{tmp_path}/a")
    take_in({**STORIES, "https://c.example/other": prose(70, paragraphs=6)}, f"jsonl:{tmp_path}/b")
    states = [part for name in "ab" for part in ("--state", f"sqlite:///{tmp_path}/{name}/.newsbeam/state.db")]
    listed, _ = called(capsys, "runs", *states, "--json")
    first, second = sorted((json.loads(line) for line in listed), key=lambda one: str(one["stores"]))
    found, _ = called(capsys, "diff", first["run_id"], second["run_id"], *states)
    assert [line.split("  ")[1:3] for line in found] == [["text", "https://c.example/other"]]


def test_runs_are_told_while_one_is_under_way(
    tmp_path: Path, take_in: TakeIn, capsys: pytest.CaptureFixture[str]
) -> None:
    take_in(STORIES)
    url = f"sqlite:///{tmp_path}/out/.newsbeam/state.db"
    state = open_state(url)
    epoch = state.take_lease(owner=this_owner(), seconds=60, now=now())
    with state.write(epoch):
        listed, _ = called(capsys, "runs", "--state", url)
        called(capsys, "diff", "latest", "latest", "--state", url)
    assert len(listed) == 2
    said = called(capsys, "forget", "a.example", "--state", url, status=1)[1]
    assert "the state is held by" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("runs",), "no state: give --store"),
        (("runs", "--store", "jsonl:{0}/none"), "there is no state at"),
        (("runs", "--store", "kafka:x"), "--store"),
        (("diff", "nix", "latest", "--store", "jsonl:{0}/out"), "nix: no such run; known: "),
        (("forget", "--store", "jsonl:{0}/out"), "give URL or SITE"),
        (("forget", "co.uk", "--store", "jsonl:{0}/out"), "co.uk: a public suffix"),
        (("forget", "https://a.example/", "--store", "jsonl:{0}/out"), "give a.example to forget the whole site"),
        (("forget", "a b", "--store", "jsonl:{0}/out"), "neither an address nor a site"),
        (("forget", "--undo", "a.example", "--store", "jsonl:{0}/out"), "is not kept out"),
        (("forget", "a.example", "--store", "jsonl:{0}/out", "--yes"), "--yes: unknown option"),
    ],
)
def test_mistakes(
    tmp_path: Path, take_in: TakeIn, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    open_state(f"sqlite:///{tmp_path}/out/.newsbeam/state.db").close()
    out, error = called(capsys, *(one.format(tmp_path) for one in arguments), status=2)
    assert out == []
    assert said in error
    assert not (tmp_path / "none").exists()


def test_a_site_is_forgotten_stays_out_and_may_come_in_again(
    tmp_path: Path, take_in: TakeIn, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ("--store", f"jsonl:{tmp_path}/out")
    both = (f"jsonl:{tmp_path}/out", f"sqlite:///{tmp_path}/news.db")
    take_in(STORIES, *both)
    preview, said = called(capsys, "forget", "a.example", *store, "--dry-run")
    assert len(preview) == 2
    assert "2 records would go; nothing was changed" in said
    assert urls_in(tmp_path) == sorted(STORIES)

    (done, *_), _ = called(capsys, "forget", "a.example", *store)
    assert "went from 2 stores" in done
    rest = ["https://b.example/copy", "https://c.example/other"]
    assert urls_in(tmp_path) == rest
    assert sum(open_store(both[1]).count().values()) == 2
    assert called(capsys, "forget", "--list", *store)[0][0].startswith("site  a.example  20")
    left, _ = called(capsys, "diff", "latest", "latest", *store)
    assert left == []

    take_in(STORIES, *both, day=21)
    assert urls_in(tmp_path) == rest
    last: dict[str, Any] = json.loads(called(capsys, "runs", *store, "--json")[0][-1])
    assert last["counts"] | {"seen": 4, "skipped": 4, "new": 0} == last["counts"]
    gone, _ = called(capsys, "diff", "previous", "latest", *store)
    assert {line.split("  ")[1] for line in gone if "left" in line} == {"left"}
    assert len([line for line in gone if "left" in line]) == 2

    called(capsys, "forget", "a.example", *store, "--undo")
    take_in(STORIES, *both, day=22)
    assert urls_in(tmp_path) == sorted(STORIES)


def test_a_store_that_is_gone_is_named_and_nothing_is_forgotten(
    tmp_path: Path, take_in: TakeIn, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ("--store", f"jsonl:{tmp_path}/out")
    take_in(STORIES, f"jsonl:{tmp_path}/out", f"sqlite:///{tmp_path}/news.db")
    (tmp_path / "news.db").rename(tmp_path / "away.db")
    said = called(capsys, "forget", "a.example", *store, status=1)[1]
    assert f"sqlite:///{tmp_path}/news.db: there is nothing" in said
    assert called(capsys, "forget", "--list", *store)[0] == []
    assert urls_in(tmp_path) == sorted(STORIES)
    (tmp_path / "away.db").rename(tmp_path / "news.db")
    called(capsys, "forget", "a.example", *store)


def test_a_run_finishes_what_a_killed_forgetting_began(
    tmp_path: Path, take_in: TakeIn, capsys: pytest.CaptureFixture[str]
) -> None:
    from newsbeam.connectors.state import forgotten
    from newsbeam.connectors.state.forgotten import Forgotten

    take_in(STORIES, f"jsonl:{tmp_path}/out", f"sqlite:///{tmp_path}/news.db")
    state = open_state(f"sqlite:///{tmp_path}/out/.newsbeam/state.db")
    with state.write() as connection:
        forgotten.note(connection, Forgotten(sites=frozenset(("a.example",))), "2026-11-20T12:00:00Z")
    take_in({"https://d.example/new": prose(11, paragraphs=6)})
    assert urls_in(tmp_path) == ["https://b.example/copy", "https://c.example/other", "https://d.example/new"]
    assert sum(open_store(f"sqlite:///{tmp_path}/news.db").count().values()) == 2, "a store the run does not write, too"
