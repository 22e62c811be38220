"""Windows that overlap: what was decided on an older state is decided anew, and comes out as if one had waited."""

import random
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from newsbeam.config.settings import load
from newsbeam.connectors.state.state import open_state
from newsbeam.connectors.stores.urls import open_store
from newsbeam.pipelines.job import Job
from newsbeam.pipelines.stages.anew import decided_anew, parted
from newsbeam.pipelines.stages.between import Recent, Touched, concerned, recent_of, touched
from newsbeam.pipelines.stages.store import Storing
from newsbeam.records import Article, Captured, Decision, Document, Duplicate, Skipped
from newsbeam.transforms.fingerprints import fingerprint
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.verdicts import Verdict
from tests.connectors.stores.fakes import NOW, contents, document, origin

STORY = """The ferry between Lower Quay and the island of Senna will run every hour from Monday, the harbour board said.

Until now the last boat left at six in the evening, which forced the island's nurses to sleep in the town hall.

The board has hired four more hands and bought a second-hand vessel from a line in the north that gave up in spring.

Fares stay as they are for islanders, while visitors pay two crowns more each way from the first of next month."""


WORDS = "harbour ferry island council budget school river bridge winter market strike court train field museum".split()


def story(name: str, body: str = STORY, *, key: str = "", **changes: Any) -> Document:
    """A document of a feed."""
    at = origin(key or name, kind="feed", source="https://a.example/feed")
    return document(name, body, at=at, fingerprint=fingerprint(body), word_count=len(body.split()), **changes)


class Stream:
    """A state and a store, and windows that are decided and settled in whatever order."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        state_url, store_url = f"sqlite:///{folder}/state.db", f"sqlite:///{folder}/news.db"
        epoch = open_state(state_url).take_lease(owner="elsewhere:1:1", seconds=60, now=NOW)
        self.store = open_store(store_url)
        self.store.check()
        self.job = Job(
            state_url=state_url, store_urls=(store_url,), settings=load(), epoch=epoch, run_id="run", endless=True
        )
        self.storing = Storing(self.job)

    def decided(self, *documents: Document) -> list[Any]:
        """What comes to the store stage of a window with these documents."""
        commits = self.job.state().commits()
        by_id: dict[str, list[Document]] = {}
        for one in documents:
            by_id.setdefault(one.id, []).append(one)
        came = [Captured(commits=commits, documents=tuple(group)) for group in by_id.values()]
        return [*decided_anew(self.job, came), *came]

    def settle(self, items: Sequence[Any]) -> None:
        """The store stage."""
        assert len(list(self.storing.process((0, items)))) == 1

    def concerned(self, items: Sequence[Any]) -> "frozenset[str] | None":
        """The documents that a commit of this process since then concerns."""
        return concerned(
            items, touched(items), self.job.state().commits(), recent_of(self.job.state_url), self.job.thresholds
        )

    def rows(self) -> dict[str, Any]:
        """What the store holds."""
        return contents(self.store)

    def fates(self) -> tuple[int, int, dict[str, int]]:
        """Articles, duplicates and skips of the feed."""
        (account,) = self.job.state().accounts(self.job.epoch)
        return account.articles, account.duplicates, account.skipped


def both(tmp_path: Path, first: Sequence[Document], second: Sequence[Document]) -> tuple[Stream, Stream]:
    """Two windows one after the other, and the same two decided at once and then settled."""
    waiting, racing = Stream(tmp_path / "waiting"), Stream(tmp_path / "racing")
    waiting.settle(waiting.decided(*first))
    waiting.settle(waiting.decided(*second))
    early, late = racing.decided(*first), racing.decided(*second)
    racing.settle(early)
    assert racing.concerned(late)
    racing.settle(late)
    return waiting, racing


def test_copies_in_two_windows_find_each_other(tmp_path: Path) -> None:
    copy = STORY.rsplit("\n\n", 1)[0] + "\n\nReporting by the island desk."
    first = [story("one"), story("other", "Rain is expected on the coast all through the coming week. " * 4)]
    waiting, racing = both(tmp_path, first, [story("two", copy), story("three", STORY + "\n\nMore soon.")])
    assert racing.rows() == waiting.rows()
    copies = [row for row in racing.rows().values() if row["collection"] == "duplicates"]
    assert len(copies) == 2
    assert len({row["cluster_id"] for row in copies}) == 1
    assert racing.fates() == waiting.fates()


def test_one_address_in_two_windows_stays_one_article(tmp_path: Path) -> None:
    later = "2026-11-20T11:00:00Z"
    changed = STORY + "\n\nCorrection: an earlier version gave another number of hands."
    first = [story("one"), story("same")]
    second = [
        story("one", changed, key="another link", fetched_at=later),
        story("same", key="a third", fetched_at=later),
    ]
    waiting, racing = both(tmp_path, first, second)
    assert racing.rows() == waiting.rows()
    relations = sorted(str(row.get("relation")) for row in racing.rows().values())
    assert relations.count("revision") == 1
    assert racing.fates() == waiting.fates()
    assert racing.fates()[2] == {"same_text": 1}


def test_a_text_that_comes_back_is_no_earlier_text_of_itself(tmp_path: Path) -> None:
    times = ("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z")
    texts = (STORY, STORY + "\n\nIt was changed, and then changed back.", STORY)
    captures = [
        story("one", text, key=f"link {time}", fetched_at=time) for text, time in zip(texts, times, strict=True)
    ]
    found = []
    for order in permutations(captures):
        stream = Stream(tmp_path / str(len(found)))
        for one in order:
            stream.settle(stream.decided(one))
        found.append((stream.rows(), stream.fates()))
    whole = Stream(tmp_path / "whole")
    whole.settle(whole.decided(*captures))
    assert all(one == (whole.rows(), whole.fates()) for one in found)
    assert whole.fates() == (1, 1, {"same_text": 1})


def test_what_no_other_window_came_before_stays_as_it_was_decided(tmp_path: Path) -> None:
    stream = Stream(tmp_path / "alone")
    items = stream.decided(story("one"))
    assert stream.concerned(items) == frozenset()
    other = Skipped(origin=origin("x", kind="feed"), reason="robots")
    assert other in decided_anew(stream.job, [*items, other]), "what is no document stays"
    stream.settle(items)
    assert len(stream.rows()) == 1


def test_what_has_nothing_in_common_with_another_window_is_not_decided_anew(tmp_path: Path) -> None:
    stream = Stream(tmp_path / "apart")
    first, second = stream.decided(story("one")), stream.decided(story("rain", "Rain is expected on the coast. " * 9))
    stream.settle(first)
    assert stream.concerned(second) == frozenset()
    stream.settle(second)
    assert [row["collection"] for row in stream.rows().values()] == ["articles", "articles"]


def test_a_commit_of_another_process_makes_every_window_stale(tmp_path: Path) -> None:
    stream = Stream(tmp_path / "elsewhere")
    late = stream.decided(story("rain", "Rain is expected on the coast. " * 9))
    stream.settle(stream.decided(story("one")))
    assert stream.concerned(late) == frozenset()
    assert concerned(late, touched(late), stream.job.state().commits(), Recent(), stream.job.thresholds) is None


def test_windows_of_one_component_meet_though_they_share_no_band() -> None:
    bridge = Verdict(decisions=tuple(Decision(id=one, cluster_id="a") for one in ("a", "b", "c")))
    ours = touched([Captured(commits=1, documents=(story("x"),)), bridge])
    assert ours.meets(Touched(frozenset("c"), {}), Thresholds()) == {"c"}
    assert not ours.meets(Touched(frozenset("d"), {}), Thresholds())


def test_windows_meet_in_copies_and_not_in_a_sentence() -> None:
    quoted = STORY.partition("\n")[0] + " "
    weather = " ".join(f"On day {day} rain is expected at noon on coast number {day * 7}." for day in range(40))
    ours, copy, other = (
        touched([Captured(commits=1, documents=(one,))])
        for one in (story("ours"), story("copy", STORY + "\n\nMore soon."), story("other", quoted + weather))
    )
    assert ours.by_band.keys() & other.by_band.keys(), "else nothing is shown"
    assert ours.meets(copy, Thresholds()) == ours.ids
    assert not ours.meets(other, Thresholds())


@pytest.mark.parametrize("seed", range(8))
def test_windows_in_any_mixture_come_out_as_if_one_had_waited(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    texts = [
        "\n\n".join(" ".join(rng.choices(WORDS, k=30)).capitalize() + "." for _ in range(rng.randrange(2, 5)))
        for _ in range(5)
    ]
    documents = [
        story(
            f"{rng.randrange(14)}",
            rng.choice(texts) + rng.choice(["", "", "\n\nMore soon.", "\n\n" + texts[0]]),
            key=f"entry {number}",
            fetched_at=f"2026-11-20T10:{number:02}:00Z",
        )
        for number in range(24)
    ]
    waiting, racing = both(tmp_path, documents[:12], documents[12:])
    assert racing.rows() == waiting.rows()
    assert racing.fates() == waiting.fates()


def test_what_is_not_concerned_keeps_its_decision(tmp_path: Path) -> None:
    stream = Stream(tmp_path / "parts")
    rain = story("rain", "Rain is expected on the coast. " * 9)
    late = stream.decided(rain, story("copy", STORY + "\n\nMore soon."))
    stream.settle(stream.decided(story("one")))
    again, rest = parted(late, stream.concerned(late) or ())
    assert {one.documents[0].url for one in again if isinstance(one, Captured)} == {story("copy").url}
    assert [one.document.id for one in rest if isinstance(one, (Article, Duplicate))] == [rain.id]
    assert sum(isinstance(one, Verdict) for one in rest) == 1


def test_of_a_component_all_is_decided_anew_though_one_alone_is_a_copy(tmp_path: Path) -> None:
    rng = random.Random(3)
    a, b, c, d, e, f, g, h = (" ".join(rng.choices(WORDS, k=40)) + "." for _ in range(8))
    first = [story("short", "\n\n".join((a, b, c, d)), fetched_at="2026-11-20T09:00:00Z")]
    second = [story("whole", "\n\n".join((a, b, c, d, e, f))), story("further", "\n\n".join((c, d, e, f, g, h)))]
    racing = Stream(tmp_path / "one alone")
    late = racing.decided(*second)
    racing.settle(racing.decided(*first))
    assert racing.concerned(late) == {second[0].id}
    waiting, racing = both(tmp_path, first, second)
    assert racing.rows() == waiting.rows()


def test_only_an_unbroken_row_of_commits_is_known() -> None:
    recent, what = Recent(), Touched(frozenset("a"), {})
    for number in (3, 4, 6):
        recent.note(number, what)
    assert recent.since(2, 4) == [what, what]
    assert recent.since(2, 3) == [what]
    assert recent.since(4, 6) is None
    assert recent.since(1, 4) is None
