"""The merge of two snapshots, and which run a name means."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.connectors.state.journal import Noted
from newsbeam.connectors.state.runs import Run
from newsbeam.pipelines.comparing import UnknownRun, changes, chosen

NOTED = st.builds(
    Noted,
    id=st.just(""),
    collection=st.sampled_from(("articles", "duplicates")),
    text_hash=st.sampled_from((None, b"1", b"2")),
    language=st.sampled_from((None, "en", "de")),
    cluster_id=st.sampled_from(("a", "b")),
)
SNAPSHOTS = st.dictionaries(st.text("abc", min_size=1, max_size=3), NOTED, max_size=12)


def listed(snapshot: dict[str, Noted]) -> list[Noted]:
    return [
        Noted(
            id=one,
            collection=noted.collection,
            text_hash=noted.text_hash,
            language=noted.language,
            cluster_id=noted.cluster_id,
        )
        for one, noted in sorted(snapshot.items())
    ]


@given(SNAPSHOTS, SNAPSHOTS)
def test_the_merge_says_what_two_mappings_say(before: dict[str, Noted], after: dict[str, Noted]) -> None:
    found = {one.id: one.what for one in changes(listed(before), listed(after))}
    assert {one for one, what in found.items() if what == ("came",)} == after.keys() - before.keys()
    assert {one for one, what in found.items() if what == ("left",)} == before.keys() - after.keys()
    for one in before.keys() & after.keys():
        was, now, what = before[one], after[one], found.get(one, ())
        assert ("cluster" in what) == (was.cluster_id != now.cluster_id)
        assert ("collection" in what) == (was.collection != now.collection)
        assert ("text" in what) == (None not in (was.text_hash, now.text_hash) and was.text_hash != now.text_hash)
        assert ("language" in what) == (None not in (was.language, now.language) and was.language != now.language)
    assert list(changes(listed(before), listed(before))) == []


def test_the_merge_streams() -> None:
    taken = 0

    def counted() -> Iterator[Noted]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield Noted(id=f"{number:04}", collection="articles", text_hash=None, language=None, cluster_id="a")

    merged = changes(counted(), ())
    assert next(merged).what == ("left",)
    assert taken <= 2


def run(run_id: str, day: int, epoch: int = 1) -> Run:
    return Run(run_id=run_id, epoch=epoch, version="1", settings_hash="00", started=f"2026-11-{day:02}T00:00:00Z")


RUNS = [run("abc", 3), run("abd", 1), run("latest1", 2), run("ab", 4)]


@pytest.mark.parametrize(
    ("name", "found"), [("abc", "abc"), ("latest", "ab"), ("previous", "abc"), ("lat", "latest1"), ("ab", "ab")]
)
def test_a_run_is_named(name: str, found: str) -> None:
    assert chosen(name, RUNS).run_id == found


@pytest.mark.parametrize(("name", "said"), [("x", "no such run"), ("a", "3 runs begin so"), ("", "no such run")])
def test_a_name_that_means_no_run_or_several_names_those_there_are(name: str, said: str) -> None:
    with pytest.raises(UnknownRun, match=said) as error:
        chosen(name, RUNS)
    assert "abc (2026-11-03T00:00:00Z)" in str(error.value)


def test_there_is_no_previous_run_of_one() -> None:
    with pytest.raises(UnknownRun, match="known: abc"):
        chosen("previous", RUNS[:1])
    with pytest.raises(UnknownRun, match="known: none"):
        chosen("latest", [])
