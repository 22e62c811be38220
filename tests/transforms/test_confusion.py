"""The confusion matrix of the copies stage, over stories of all lengths; tests/slow has the full one."""

import pytest

from tests.transforms.confusion import alone, at_once, clusters, corpus
from tests.transforms.relation_kinds import FURNITURE, LENGTHS, cleaned, composed, of_the_demo, relatives
from tests.transforms.relation_texts import LANGUAGES, story
from tests.transforms.sketching import sketch

KINDS = 12, 6
"""Of copies, and of what is none."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_all_texts_of_a_language_the_copies_are_found_and_nothing_else(language: str) -> None:
    matrix, mixed = at_once(corpus(composed(language, len(LENGTHS))))
    found, copies = matrix.counts(copy=True)
    wrong, others = matrix.counts(copy=False)
    print(matrix.table())
    assert (copies, others) == (KINDS[0] * len(LENGTHS), KINDS[1] * len(LENGTHS))
    assert found >= 0.98 * copies
    assert wrong == 0
    assert mixed == []


def test_the_relations_of_prose() -> None:
    bases = of_the_demo()
    assert len(bases) > 25
    matrix = alone(bases[::4])
    found, copies = matrix.counts(copy=True)
    wrong, others = matrix.counts(copy=False)
    print(matrix.table())
    assert copies > 80
    assert others > 15
    assert found >= 0.98 * copies
    assert wrong == 0


@pytest.mark.parametrize("language", FURNITURE)
def test_furniture_is_more_than_a_line_and_cleaning_takes_it_out(language: str) -> None:
    base = composed(language, 1)[0]
    with_it = next(one.text for one in relatives(base) if one.kind == "furniture, as it is")
    assert len(with_it) > 1.2 * len(base.text)
    assert cleaned(language, with_it) == base.text


def test_what_is_a_copy_of_nothing_is_not_made_of_the_storys_sentences() -> None:
    """The generator's own promise, without which the matrix says nothing."""
    for base in composed("el", len(LENGTHS)):
        for one in relatives(base):
            shared = [line for line in base.lines if line in one.text]
            if one.kind in ("two reports of one event", "translation"):
                assert not shared
            if one.kind == "one long quotation":
                assert 1 <= len(shared) <= len(base.lines) / 4
            if one.copy and "words" not in one.kind and "2 %" not in one.kind:
                assert shared


def test_an_excerpt_that_is_put_out_takes_no_copies_along() -> None:
    """The most complete copy is kept; the shortest is its excerpt. Between them each text is nearer to the next one."""
    lines = story("en", "torn", paragraphs=8)
    added = [*lines[:-1], *story("en", "torn, more", paragraphs=4), lines[-1]]
    texts = {"added": added, "whole": lines, "dropped": lines[1:], "most": lines[1:6], "start": lines[1:4]}
    bodies = {name: "\n\n".join(text) for name, text in texts.items()}
    found = clusters([sketch(name, text) for name, text in bodies.items()], bodies)
    assert set(found.values()) == {"added"}
