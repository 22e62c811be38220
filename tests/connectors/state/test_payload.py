"""Payloads: the same record comes back, and nothing else is taken for one."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.connectors.state import payload
from newsbeam.connectors.state.errors import PayloadError
from newsbeam.records import Attribution, Document, Entry, Origin, Rejected, Removed, Sketch
from tests.connectors.stores.fakes import document, origin, rejected, sketch

# No lone surrogates, which have no UTF-8 and are taken out.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
origins = st.builds(Origin, kind=st.sampled_from(["feed", "warc", "pages", "texts"]), source=words, key=words)
optional = st.none() | words
lists = st.lists(words, max_size=3).map(tuple)
documents = st.builds(
    Document,
    **dict.fromkeys(("id", "url", "canonical_url", "site", "fetched_at", "language", "body", "fingerprint"), words),
    **dict.fromkeys(
        ("feed_url", "title", "published", "modified", "declared_language", "image", "revision_of"), optional
    ),
    **dict.fromkeys(("authors", "comments", "based_on", "tags", "reserved"), lists),
    language_confidence=st.floats(0, 1),
    removed=st.lists(st.builds(Removed, kind=words, text=words, position=st.integers(0, 9)), max_size=3).map(tuple),
    attribution=st.none()
    | st.builds(Attribution, source=words, kind=st.sampled_from(["credit", "agency"]), evidence=words),
    extracted_from=st.sampled_from(["html", "feed", "text"]),
    paywalled=st.none() | st.booleans(),
    word_count=st.integers(0, 10**6),
    origin=origins,
)


@given(documents)
def test_documents_come_back(one: Document) -> None:
    assert payload.document(payload.encode(one)) == one


def test_entries_rejected_rows_and_sketches_come_back() -> None:
    entry = Entry(key="k", feed_url="f", url=None, content="<p>Text</p>", authors=("A",), tags=("b", "c"))
    row, drawn = rejected(origin("x")), sketch(document("x"))
    assert payload.entry(payload.encode(entry)) == entry
    assert payload.rejected(payload.encode(row)) == row
    assert payload.sketch(payload.encode(drawn)) == drawn
    assert payload.entry_or_rejected(payload.encode(entry)) == entry
    assert payload.entry_or_rejected(payload.encode(row)) == row


def test_a_lone_surrogate_is_taken_out() -> None:
    assert payload.document(payload.encode(document("x", body="be\ud800fore"))).body == "before"


def test_a_payload_of_another_version_is_refused() -> None:
    kept = payload.encode(rejected(origin("x")))
    with pytest.raises(PayloadError, match="version 2"):
        payload.rejected(b"\x02" + kept[1:])
    with pytest.raises(PayloadError, match="version none"):
        payload.rejected(b"")


@pytest.mark.parametrize("kept", [b"\x01{", b"\x01[]", b"\x81none", b'\x01{"id":"x"}'])
def test_a_payload_of_another_form_is_refused(kept: bytes) -> None:
    with pytest.raises(PayloadError):
        payload.document(kept)


def test_fields_must_be_exactly_those_of_the_record() -> None:
    values = orjson.loads(payload.encode(sketch(document("x")))[1:])
    with pytest.raises(PayloadError, match="fields"):
        payload.sketch(b"\x01" + orjson.dumps(values | {"more": 1}))
    row = orjson.loads(payload.encode(rejected(origin("x")))[1:])
    with pytest.raises(PayloadError, match="does not know"):
        payload.rejected(b"\x01" + orjson.dumps(row | {"reason": "unheard_of"}))


def test_a_document_of_before_it_had_reservations_has_none() -> None:
    values = orjson.loads(payload.text(document("x")))
    del values["reserved"]
    assert payload.document(b"\x01" + orjson.dumps(values)) == document("x")


def test_the_codec_knows_every_field() -> None:
    for record in (Document, Entry, Rejected, Sketch):
        assert record in payload.Kept.__args__


def test_a_sketch_of_before_it_knew_what_its_text_tells_tells_nothing() -> None:
    drawn = sketch(document("x"))
    values = orjson.loads(payload.encode(drawn)[1:])
    del values["told"]
    assert payload.sketch(b"\x01" + orjson.dumps(values)) == drawn


def test_threads_take_contexts_of_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A context a thread would stay for each of an engine's threads, and grow to the largest record."""
    made: list[int] = []

    def counted(level: int, make: Callable[..., zstandard.ZstdCompressor] = zstandard.ZstdCompressor) -> object:
        made.append(level)
        return make(level=level)

    monkeypatch.setattr(payload, "_codecs", payload._Codecs())
    monkeypatch.setattr(zstandard, "ZstdCompressor", counted)
    one = document("x", body="Of some length. " * 500)
    threads = [threading.Thread(target=payload.encode, args=(one,)) for _ in range(20)]
    for thread in threads:
        thread.start()
        thread.join()
    assert len(made) == 1
    with ThreadPoolExecutor(8) as pool:
        assert all(found == one for found in pool.map(payload.document, pool.map(payload.encode, [one] * 400)))
    assert len(made) <= 8
