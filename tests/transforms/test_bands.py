import random
from itertools import combinations

import pytest

from newsbeam.transforms.bands import bands, pairs
from newsbeam.transforms.fingerprints import fingerprint
from tests.transforms.relation_texts import LANGUAGES, story


def test_bands_fit_a_signed_64_bit_column() -> None:
    found = bands(fingerprint("\n".join(story("en", 1))))
    assert len(set(found)) == 32
    assert all(0 <= band < 2**40 for band in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_different_stories_seldom_meet(language: str) -> None:
    found = [set(bands(fingerprint("\n".join(story(language, number))))) for number in range(40)]
    met = sum(bool(a & b) for a, b in combinations(found, 2))
    assert met < 0.06 * 780


def test_a_pair_comes_up_in_its_smallest_common_band_alone() -> None:
    members = [("a", (1, 5, 9)), ("b", (2, 5, 9))]
    assert pairs(5, members, 10) == ([("a", "b")], 0)
    assert pairs(9, members, 10) == ([], 0)


def test_same_texts_make_a_line_and_not_a_square() -> None:
    members = [(f"{number:03}", (1, 2, 3)) for number in range(50)]
    found, cut = pairs(1, members, 10)
    assert found == [("000", f"{number:03}") for number in range(1, 50)]
    assert cut == 0
    assert pairs(2, members, 10) == ([], 0)


def test_a_bucket_is_bounded_and_what_was_cut_is_counted() -> None:
    members = [(f"{number:03}", (7, 1000 + number)) for number in range(30)]
    found, cut = pairs(7, members, 5)
    assert len(found) == 10
    assert {one for pair in found for one in pair} == {f"{number:03}" for number in range(5)}
    assert cut == 25


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_documents_does_not_matter(seed: int) -> None:
    members = [(f"{number:03}", (7, 100 + number % 9)) for number in range(40)]
    shuffled = random.Random(seed).sample(members, len(members))
    assert pairs(7, shuffled, 6) == pairs(7, members, 6)
