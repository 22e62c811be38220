"""Passages: the sentences in which two texts differ, side by side, short enough to be read by a person."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from newsbeam.transforms.shingles import tokens

_ENDS = re.compile(r"(?<=[.!?…।؟])[\"'»”’)\]]*\s+|(?<=[。！？])|\n+")
_SENTENCES = 2_000
"""Of each text: comparing takes time by their product where sentences repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What stands in one place of two texts; None where one of them has nothing there."""

    a: str | None
    b: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Where two texts differ, in reading order. more: how many further places were left out."""

    passages: tuple[Passage, ...]
    more: int


def sentences(text: str) -> list[str]:
    """The sentences of a text: what ends with a full stop and a space, with a full stop of its own width, or a line."""
    return [one.strip() for one in _ENDS.split(text) if one.strip()]


def differing(a: str, b: str, *, most: int = 6, length: int = 240) -> Differences:
    """The places in which the texts differ. Case, punctuation and spacing do not matter, as for fingerprints.

    most: of more places the longest are kept. length: characters of a passage, beyond which it is cut with an ellipsis.
    """
    first, second = sentences(a)[:_SENTENCES], sentences(b)[:_SENTENCES]
    matcher = SequenceMatcher(None, _keys(first), _keys(second), autojunk=False)
    places = [
        (" ".join(first[i:j]), " ".join(second[k:m])) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"
    ]
    longest = sorted(range(len(places)), key=lambda at: (-sum(map(len, places[at])), at))[:most]
    kept = [places[at] for at in sorted(longest)]
    passages = tuple(Passage(a=_cut(left, length), b=_cut(right, length)) for left, right in kept)
    return Differences(passages=passages, more=len(places) - len(kept))


def _keys(found: list[str]) -> list[str]:
    return [" ".join(tokens(one)) for one in found]


def _cut(text: str, length: int) -> str | None:
    if len(text) > length:
        return text[: length - 2].rstrip() + " …"
    return text or None
