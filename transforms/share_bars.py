"""Share bars: lines that hold nothing but platforms' names and words about sharing."""

import re

from newsbeam.transforms.phrases import Lexicon

LONGEST_BAR = 24

_TOKEN = re.compile(r"[^\s,;|•·/()\[\]:：!]+")
_COUNT = re.compile(r"^[\d.,]+[km]?$")


def is_bar(folded: str, lexicon: Lexicon) -> bool:
    """Whether every word is a platform's name, a word of sharing or a number, and one of them is no mere number."""
    words = _TOKEN.findall(folded)
    if not words or len(words) > LONGEST_BAR:
        return False
    named = False
    index = 0
    while index < len(words):
        if _COUNT.match(words[index]):
            index += 1
            continue
        for size in range(min(lexicon.longest_share, len(words) - index), 0, -1):
            phrase = " ".join(words[index : index + size])
            if phrase in lexicon.platforms or phrase in lexicon.share:
                named = named or size > 1 or phrase in lexicon.platforms
                index += size
                break
        else:
            return False
    return named


def is_platform(folded: str, lexicon: Lexicon) -> bool:
    """Whether the line is one platform's name: furniture beside its like, a subheading alone."""
    return folded in lexicon.platforms
