"""Articles of real lengths out of made-up words, the same each time; every tenth is a copy of an earlier one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from newsbeam.records import Sketch
from newsbeam.transforms.fingerprints import fingerprint
from newsbeam.transforms.wordings import compared

_WORDS = 40_000
_SENTENCE = 18
_STOCK = 0.05
"""Sentences that many write, for each article that there is. Every twentieth sentence of a text is one, so that each is
in some twenty-five articles, however many these are."""

_KINDS = ("identical", "edited", "cut", "furnished", "dropped")


def _vocabulary() -> np.ndarray:
    rng = np.random.default_rng(1)
    syllables = np.array([a + b for a in "bdfgklmnprstvz" for b in "aeiou"])
    return np.array(["".join(rng.choice(syllables, rng.integers(1, 5))) for _ in range(_WORDS)])


_VOCABULARY = _vocabulary()


def _words(rng: np.random.Generator, count: int) -> list[str]:
    """Words of which few are common and most rare, as in any language."""
    drawn = np.minimum(rng.zipf(1.25, count) - 1, 10**9) % _WORDS
    mixed: list[str] = _VOCABULARY[np.where(rng.random(count) < 0.5, drawn, rng.integers(0, _WORDS, count))].tolist()
    return mixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus(Mapping[str, str]):
    """`size` articles by id, made when they are asked for. phrase: a paragraph at the end of each, if any."""

    size: int
    phrase: str = ""

    def __getitem__(self, name: str) -> str:
        return self.text(int(name))

    def __iter__(self) -> Iterator[str]:
        return (f"{number:08}" for number in range(self.size))

    def __len__(self) -> int:
        return self.size

    def text(self, number: int) -> str:
        """The article of a number."""
        of = original(number)
        story = _story(of, self.size)
        lines = story if of == number else _copied(story, number)
        return "\n\n".join([*lines, self.phrase] if self.phrase else lines)

    def sketch(self, number: int) -> Sketch:
        """Its sketch, which is what the stage that is measured begins with."""
        text = self.text(number)
        return self.sketched(number, fingerprint(compared(text)), text.count(" ") + 1)

    def sketched(self, number: int, own: str, words: int) -> Sketch:
        """The sketch of an article with this fingerprint, at one of 3,000 sites."""
        url = f"https://site{number % 3_001}.example/{number}"
        return Sketch(
            id=f"{number:08}",
            url=url,
            canonical_url=url,
            site=f"Site {number % 3_001}",
            fingerprint=own,
            fetched_at="2026-11-20T12:00:00Z",
            published=f"2026-11-{1 + number % 19:02}T{number % 24:02}:00:00Z",
            words=words,
        )


def original(number: int) -> int:
    """The number of the article that this one is a copy of; its own where it is none."""
    if number % 10 != 9:
        return number
    earlier = int(np.random.default_rng((7, number)).integers(0, number))
    return earlier - 1 if earlier % 10 == 9 else earlier


def phrase() -> str:
    """A paragraph of sixty words."""
    return " ".join(_words(np.random.default_rng(3), 60)) + "."


def _story(number: int, size: int) -> list[str]:
    """Paragraphs, some 430 words in all: half of the articles have 250 to 650. size: articles that there are."""
    rng = np.random.default_rng((11, number))
    count = int(np.clip(rng.lognormal(6.0, 0.6), 80, 3_000)) // _SENTENCE + 1
    words = _words(rng, count * _SENTENCE)
    sentences = [" ".join(words[at : at + _SENTENCE]).capitalize() + "." for at in range(0, len(words), _SENTENCE)]
    for at in np.flatnonzero(rng.random(count) < 0.05):
        stock = np.random.default_rng((13, int(rng.integers(0, max(1, int(_STOCK * size))))))
        sentences[at] = " ".join(_words(stock, _SENTENCE)).capitalize() + "."
    return [" ".join(sentences[at : at + 3]) for at in range(0, count, 3)]


def _copied(lines: list[str], number: int) -> list[str]:
    """What a partner made of a story."""
    rng = np.random.default_rng((17, number))
    match _KINDS[number // 10 % len(_KINDS)]:
        case "edited":
            return [" ".join(word for word in line.split(" ") if rng.random() > 0.04) for line in lines]
        case "cut":
            return lines[: max(1, round(len(lines) * 0.6))]
        case "furnished":
            return [" ".join(_words(rng, 12)), *lines, " ".join(_words(rng, 25))]
        case "dropped":
            return [*lines[:1], *lines[2:]]
        case _:
            return lines
