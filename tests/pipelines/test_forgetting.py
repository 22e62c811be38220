"""Forgetting: what goes, what is decided anew, and a kill between any two steps."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsbeam import urls
from newsbeam.connectors.state import engine, forgotten, journal, manifest, victims
from newsbeam.connectors.state.forgotten import Forgotten
from newsbeam.connectors.state.manifest import HeldFile, Part
from newsbeam.connectors.state.scrub import scrub
from newsbeam.connectors.stores.commit import Settlement
from newsbeam.connectors.stores.store import StoreError
from newsbeam.pipelines import forgetting
from newsbeam.records import Article, Document, Duplicate, Entry, Feed, Poll, Sketch, digest
from newsbeam.transforms.bands import bands
from newsbeam.transforms.clusters import decide
from newsbeam.transforms.fingerprints import fingerprint
from newsbeam.transforms.relations import Thresholds, relate
from newsbeam.transforms.sketches import sketch
from tests.connectors.stores.fakes import NOW, Killed, Place, Steps, document, rejected, revision, stepping
from tests.slow.worlds import prose

SHARED, OWN, THIRD = (prose(seed, paragraphs=8) for seed in (1, 2, 3))
LATER = "2026-11-20T10:30:00Z"


@pytest.fixture(autouse=True)
def _unsynchronised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SYNCHRONOUS", "OFF")


def story(name: str, paragraphs: Sequence[str], site: str, **changes: Any) -> Document:
    """A document of a site with a real fingerprint, as the extraction would give it."""
    body, url = "\n\n".join(paragraphs), f"https://{site}/{name}"
    one = document(name, body, fingerprint=fingerprint(body), url=url, canonical_url=url, based_on=(), **changes)
    return replace(one, id=urls.article_id(url), site=site)


KEPT = story("kept", SHARED, "a.example")
COPY = story("copy", SHARED[:7], "b.example")
AGAIN = story("again", SHARED, "c.example")
ALONE = story("alone", OWN, "www.a.example")
OTHER = story("other", THIRD, "c.example")
STORIES = (KEPT, COPY, AGAIN, ALONE, OTHER)
SITE = Forgotten(sites=frozenset(("a.example",)))
REJECTED = rejected(rejected(document("x").origin).origin, url="https://a.example/broken")


def take_in(place: Place, stories: Sequence[Document], *more: Article | Duplicate) -> None:
    """Settle stories as a run would have decided about them."""
    sketches: list[Sketch] = [sketch(one) for one in stories]
    pairs = [relate(a, b, Thresholds()) for at, a in enumerate(sketches) for b in sketches[at + 1 :]]
    edges = tuple(edge for edge in pairs if edge is not None)
    decided = {one.id: one for one in decide(sketches, edges)}
    place.commit(
        Settlement(
            records=(
                *(
                    (Duplicate if decided[one.id].duplicate_of else Article)(document=one, decision=decided[one.id])
                    for one in stories
                ),
                *more,
            ),
            edges=edges,
            sketches=tuple(sketches),
            bands={one.id: bands(one.fingerprint) for one in sketches},
        )
    )


def forget(place: Place, out: Forgotten) -> forgetting.Removed:
    """Forget in every store."""
    return forgetting.forget(place.state, place.stores, out, thresholds=Thresholds(), epoch=place.epoch, now=NOW)


def finish(place: Place) -> None:
    """What the next process does."""
    forgetting.finish(place.state, place.stores, thresholds=Thresholds(), epoch=place.epoch, now=NOW)


def never_there(folder: Path, stories: Sequence[Document]) -> list[dict[str, dict[str, Any]]]:
    """What stores hold that have only ever seen these."""
    place = Place(folder)
    take_in(place, stories)
    return place.contents()


def sound(place: Place) -> None:
    """Every duplicate names a record that is there, and both stores hold the same."""
    first, second = place.contents()
    assert first == second
    assert {one["duplicate_of"] for one in first.values() if one.get("duplicate_of")} <= first.keys()
    assert place.state.counts() == place.stores[0].count() == place.stores[1].count()
    assert place.strays() == []


@pytest.mark.parametrize("order", [1, -1])
def test_a_site_goes_as_if_it_had_never_been_there(tmp_path: Path, order: int) -> None:
    place = Place(tmp_path / "a")
    take_in(place, STORIES[::order])
    done = forget(place.restart(), SITE)
    assert sum(done.counts.values()) == 2
    sound(place)
    assert place.contents() == never_there(tmp_path / "b", [COPY, AGAIN, OTHER])


@pytest.mark.parametrize("gone", STORIES, ids=lambda one: str(one.title))
def test_an_article_goes_and_its_copies_are_decided_anew(tmp_path: Path, gone: Document) -> None:
    place = Place(tmp_path / "a")
    take_in(place, STORIES)
    forget(place.restart(), Forgotten(ids=frozenset((gone.id,))))
    sound(place)
    assert place.contents() == never_there(tmp_path / "b", [one for one in STORIES if one is not gone])


def test_two_forgettings_do_not_show_their_order(tmp_path: Path) -> None:
    held = []
    orders = [(SITE, Forgotten(ids=frozenset((COPY.id,)))), (Forgotten(ids=frozenset((COPY.id,))), SITE)]
    for number, order in enumerate(orders):
        place = Place(tmp_path / str(number))
        take_in(place, STORIES)
        for out in order:
            forget(place.restart(), out)
        held.append(place.contents())
    assert held[0] == held[1] == never_there(tmp_path / "b", [AGAIN, OTHER])


def test_earlier_texts_go_with_their_article_and_follow_that_which_stays(tmp_path: Path) -> None:
    place = Place(tmp_path)
    older = [replace(one, body="An earlier text.", fetched_at="2026-11-01T00:00:00Z") for one in (KEPT, AGAIN)]
    take_in(place, STORIES, *(revision(text, text.id) for text in older))
    forget(place.restart(), Forgotten(ids=frozenset((KEPT.id,))))
    sound(place)
    held = place.contents()[0]
    texts = [one for one in held.values() if one.get("relation") == "revision"]
    assert [one["duplicate_of"] for one in texts] == [AGAIN.id]
    assert texts[0]["cluster_id"] == held[AGAIN.id]["cluster_id"] == min(AGAIN.id, COPY.id)


def test_texts_beyond_the_window_are_known_by_the_stores(tmp_path: Path) -> None:
    place = Place(tmp_path / "a")
    take_in(place, STORIES)
    place.state.expire(before="2027-01-01T00:00:00Z", epoch=place.epoch)
    assert place.state.stored([one.id for one in STORIES]) == {}
    done = forget(place.restart(), SITE)
    assert sum(done.counts.values()) == 2
    sound(place)
    assert place.contents() == never_there(tmp_path / "b", [COPY, AGAIN, OTHER])


def test_rejected_rows_and_entries_that_wait_go_and_the_feeds_own_row_stays(tmp_path: Path) -> None:
    place = Place(tmp_path)
    feed = Feed(url="https://a.example/rss")
    itself = rejected(
        replace(document("y").origin, kind="feed", source=feed.url, key="itself"), url=feed.url, stage="poll"
    )
    entries = tuple(
        Entry(key=digest("feed", url), feed_url=feed.url, url=url)
        for url in ("https://a.example/new", "https://b.example/new")
    )
    place.commit(Settlement(rejected=(REJECTED, itself)))
    place.state.record_poll(Poll(feed=feed, entries=entries), epoch=place.epoch, now=NOW, next_poll=NOW)
    forget(place.restart(), SITE)
    assert place.contents()[0].keys() == {itself.origin.key}
    sound(place)
    waiting = place.state.claim(limit=9, host_share=9, epoch=place.epoch, now=NOW)
    assert [one.url for one in waiting] == ["https://b.example/new"]
    with place.state.write(place.epoch) as connection:
        forgotten.undo(connection, SITE)
    again = place.state.record_poll(Poll(feed=feed, entries=entries), epoch=place.epoch, now=NOW, next_poll=NOW)
    assert again.new == 1, "what was marked is as if never seen"


def test_nothing_readable_is_left_in_the_databases(tmp_path: Path) -> None:
    place = Place(tmp_path)
    word = "Zyxwvut"
    take_in(place, (replace(ALONE, title=word), OTHER))
    forget(place.restart(), SITE)
    place.state.close()
    for store in place.stores:
        store.close()
    for path in (tmp_path / "state.db", tmp_path / "news.db"):
        assert scrub(path) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file() and word.encode() in path.read_bytes()] == []
    with sqlite3.connect(tmp_path / "state.db") as connection:
        left = connection.execute("SELECT text_hash FROM journal WHERE id = ?", (ALONE.id,)).fetchall()
    assert left
    assert {one for (one,) in left} == {None}


def test_a_kill_between_any_two_steps_is_mended_by_the_next_process(tmp_path: Path) -> None:
    whole = Place(tmp_path / "whole")
    take_in(whole, STORIES)
    whole.commit(Settlement(rejected=(REJECTED,)))
    start = whole.copy(tmp_path / "start")
    forget(whole, SITE)
    wanted = whole.contents()
    at, finished = 0, False
    while not finished:
        at += 1
        place = start.copy(tmp_path / str(at))
        steps = Steps(kill_at=at)
        with stepping(place, steps):
            try:
                forget(place, SITE)
                finished = True
            except Killed:
                pass
        place.restart()
        with place.state.read() as connection:
            noted, pending = bool(forgotten.listed(connection)), forgotten.is_pending(connection)
        if pending:
            finish(place)
        if noted:
            assert place.contents() == wanted, at
            sound(place)
            with place.state.read() as connection:
                assert not forgotten.is_pending(connection)
                hashes = {one.id: one.text_hash for one in journal.snapshot(connection, 1)}
            assert hashes.get(ALONE.id) is None
        else:
            assert not finished
            assert len(place.contents()[0]) == len(STORIES) + 1, at
    assert at > 20


class Pages:
    """An archive with one file for each page, its address in it."""

    url = "test:pages"
    shows_early = False
    delivered = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def forget(self, drop: Callable[[str], bool], files: Sequence[HeldFile], *, epoch: int) -> Sequence[Part]:
        return [
            Part(number=one.number, collection="pages", name=one.name, rows=0, rewrites=True, epoch=epoch)
            for one in files
            if drop((self.folder / one.name).read_text())
        ]

    def publish(self, parts: Sequence[Part]) -> None:
        for part in parts:
            (self.folder / part.name).unlink(missing_ok=True)

    def plan(self, changes: Any, held: Any, *, epoch: int, now: str) -> tuple[Part, ...]:
        return ()

    def prepare(self, changes: Any, parts: Sequence[Part], *, epoch: int) -> tuple[Part, ...]:
        return ()


def test_an_archive_loses_the_pages_and_the_state_knows(tmp_path: Path) -> None:
    place = Place(tmp_path)
    take_in(place, STORIES)
    pages = Pages(tmp_path)
    names = {"1.warc": "https://a.example/kept", "2.warc": "https://b.example/copy"}
    parts = [
        Part(number=number, collection="pages", name=name, rows=1, rewrites=False)
        for number, name in enumerate(names, 1)
    ]
    for name, url in names.items():
        (tmp_path / name).write_text(url)
    with place.state.write(place.epoch) as connection:
        intent = {pages.url: manifest.Intent(ids=(), parts=tuple(parts))}
        manifest.intend(connection, intent)
        manifest.settle(connection, intent, {})
        manifest.tidy(connection, intent)
    place.stores.append(pages)  # type: ignore[arg-type]  # as much of a store as this asks for
    assert forget(place, SITE).pages == 1
    assert not (tmp_path / "1.warc").exists()
    with place.state.read() as connection:
        assert [one.name for one in manifest.files(connection, pages.url)] == ["2.warc"]


def test_every_store_that_the_state_knows_is_opened_and_a_lost_one_is_named(tmp_path: Path) -> None:
    place = Place(tmp_path)
    take_in(place, STORIES)
    found = forgetting.known_stores(place.state, place.stores[:1])
    assert {one.url for one in found} == {one.url for one in place.stores}
    assert any(one is place.stores[0] for one in found)
    place.stores[1].close()
    (tmp_path / "news.db").rename(tmp_path / "away.db")
    with pytest.raises(StoreError, match=r"news\.db: there is nothing"):
        forgetting.known_stores(place.state, [])
    assert not (tmp_path / "news.db").exists()


def test_an_entry_that_was_led_elsewhere_is_found_by_what_was_announced(tmp_path: Path) -> None:
    place = Place(tmp_path)
    key = digest("feed", "https://short.example/1")
    led = replace(ALONE, origin=replace(ALONE.origin, kind="feed", source="https://f.example/rss", key=key))
    take_in(place, (led, OTHER))
    with place.state.read() as connection:
        assert victims.redirected(connection, "https://short.example/1?utm_source=x") == [led.id]
        assert victims.redirected(connection, "https://short.example/2") == []
