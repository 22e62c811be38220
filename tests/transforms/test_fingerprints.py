import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.transforms.fingerprints import MAX_KEYS, MAX_SKETCH, MIN_KEYS, fingerprint, parse
from newsbeam.transforms.overlaps import overlap
from tests.transforms.relation_texts import story

STORY = "\n\n".join(story("en", 1))


def text(seed: int, paragraphs: int = 12) -> str:
    return "\n\n".join(story("en", seed, paragraphs=paragraphs))


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_text_has_a_fingerprint_that_can_be_read_back(anything: str) -> None:
    found = fingerprint(anything)
    assert found.isascii()
    assert found.startswith("nb1:")
    assert parse(found).short == (parse(found).shingles < 20 or len(parse(found).sketch) == 0)


def test_it_is_a_function_of_the_words_alone() -> None:
    typeset = STORY.replace("'", "’").replace(" a ", "\u00a0a\n").replace(", ", " — ").upper()
    assert fingerprint(typeset) == fingerprint(STORY)


def test_it_is_the_same_in_every_process_and_release_of_its_version() -> None:
    words = " ".join(f"word{number}" for number in range(40))
    assert fingerprint(words).startswith("nb1:ACYAAAAgcEFAlA37nbOGEdveQYEZcTb4TiGk")
    assert hashlib.sha256(fingerprint(words).encode()).hexdigest().startswith("63d78e9291a2d99b")


def test_a_typical_article_takes_less_than_two_kilobytes() -> None:
    assert 600 < len(fingerprint(STORY)) < 2048


@pytest.mark.parametrize("paragraphs", [2, 8, 20, 60, 400])
def test_the_sketch_and_the_keys_are_bounded_and_sorted(paragraphs: int) -> None:
    found = parse(fingerprint(text(3, paragraphs)))
    assert len(found.sketch) <= MAX_SKETCH
    assert MIN_KEYS <= len(found.keys) <= MAX_KEYS
    assert found.sketch.tolist() == sorted(set(found.sketch.tolist()))
    assert list(found.keys) == sorted(set(found.keys))
    assert max(found.sketch.tolist()) < 2**24 >> found.scale
    assert max(found.keys) < 2**40


@pytest.mark.parametrize("paragraphs", [4, 10, 20, 80, 300])
def test_the_sketch_estimates_how_much_two_texts_share(paragraphs: int) -> None:
    whole = story("en", 5, paragraphs=paragraphs)
    half = whole[: paragraphs // 2]
    found = overlap(parse(fingerprint("\n".join(whole))), parse(fingerprint("\n".join(half))))
    assert found.containment > 0.97
    assert found.similarity == pytest.approx(0.5, abs=0.08)


def test_an_excerpt_of_a_very_long_text_still_shares_keys_with_it() -> None:
    whole = story("en", 7, paragraphs=250)
    excerpt = whole[100:110]
    shared = set(parse(fingerprint("\n".join(whole))).keys) & set(parse(fingerprint("\n".join(excerpt))).keys)
    assert shared


def test_short_texts_are_told_apart_by_any_word() -> None:
    first, second = fingerprint("The ferry sails again."), fingerprint("The ferry sails again today.")
    assert first != second
    assert first == fingerprint("the ferry – sails again")
    assert parse(first).short
    assert parse(first).keys != parse(second).keys


@pytest.mark.parametrize(
    "broken",
    ["", "nb1", "nb1:", "nb0:AAAA", "nb1:not base64!", "nb1:" + base64.b64encode(b"\x00\x01").decode(), "minhash:AAAA"],
)
def test_what_is_no_fingerprint_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match="no fingerprint of version nb1"):
        parse(broken)
