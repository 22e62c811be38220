"""The generator of relations: what is found and what is merged, by kind and language."""

import random
from collections import Counter

import pytest

from newsbeam.records import Sketch
from newsbeam.transforms.bands import bands
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.verdicts import judge
from tests.transforms.relation_texts import LANGUAGES, copies, others, story, substituted
from tests.transforms.sketching import sketch

STORIES = 8


def pairs_of(sketches: list[Sketch]) -> list[tuple[str, str]]:
    """Every pair with a band in common, without any bound."""
    met: dict[int, list[str]] = {}
    for one in sketches:
        for band in bands(one.fingerprint):
            met.setdefault(band, []).append(one.id)
    return sorted({(a, b) for ids in met.values() for a in ids for b in ids if a < b})


def clusters_of(sketches: list[Sketch]) -> dict[str, str]:
    verdicts = judge(sketches, pairs_of(sketches), None, Thresholds(), 200)
    return {decision.id: decision.cluster_id for verdict in verdicts for decision in verdict.decisions}


@pytest.fixture(scope="module")
def matrix() -> dict[tuple[str, str], Counter[bool]]:
    """{(kind, language): how many were found in the cluster of their story, and how many were not}."""
    found: dict[tuple[str, str], Counter[bool]] = {}
    for language in LANGUAGES:
        for seed in range(STORIES):
            rng = random.Random(f"{language}{seed}")
            lines = story(language, seed, event=seed)
            variants = {
                **{("copy", kind): (lines, text) for kind, text in copies(language, lines, rng).items()},
                ("unjudged", "20 % other words"): (lines, substituted(language, lines, 0.2, rng)),
                **{("other", kind): texts for kind, texts in others(language, lines, seed).items()},
            }
            for (role, kind), (first, second) in variants.items():
                clusters = clusters_of([sketch("original", "\n\n".join(first)), sketch("second", "\n\n".join(second))])
                same = clusters["original"] == clusters["second"]
                found.setdefault((f"{role}: {kind}", language), Counter())[same] += 1
    print(f"\n{'':28}" + "".join(f"{language:>8}" for language in LANGUAGES))
    for kind in dict.fromkeys(kind for kind, _ in found):
        row = [found[kind, language] for language in LANGUAGES]
        print(f"{kind:28}" + "".join(f"{count[True]:>5}/{count.total()}" for count in row))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_copies_are_found_in_every_language(matrix: dict[tuple[str, str], Counter[bool]], language: str) -> None:
    counts = [count for (kind, own), count in matrix.items() if own == language and kind.startswith("copy")]
    found, total = sum(count[True] for count in counts), sum(count.total() for count in counts)
    assert total == 10 * STORIES
    assert found >= 0.98 * total


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_only_shares_something_is_never_merged(
    matrix: dict[tuple[str, str], Counter[bool]], language: str
) -> None:
    merged = {
        kind: count[True] for (kind, own), count in matrix.items() if own == language and kind.startswith("other")
    }
    assert merged == {f"other: {kind}": 0 for kind in others(language, story(language, 0), 0)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_stories_of_one_site_under_one_footer_stay_apart(language: str) -> None:
    footer = story(language, "footer", paragraphs=3)
    sketches = [
        sketch(
            f"page{number:02}",
            "\n\n".join(story(language, f"short-{number}", paragraphs=2) + footer),
            url=f"https://one.example/{number}",
        )
        for number in range(12)
    ]
    assert len(set(clusters_of(sketches).values())) == len(sketches)
