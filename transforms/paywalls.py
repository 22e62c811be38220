"""Whether a page shows that the rest of its story is for those who pay or log in."""

import functools
import re
from collections.abc import Iterable
from typing import Final

from newsbeam.config.rules import table
from newsbeam.transforms.paragraphs import plain

_TEASER: Final = 2_500
_LAST: Final = 6
_LONGEST: Final = 300


def is_shown(text: str, passed: Iterable[str]) -> bool:
    """Whether a short text ends, or its page goes on, with words that ask for a subscription to read the rest.

    text: paragraphs separated by a blank line; under 2,500 characters, since whole stories carry such words, too.
    passed: short blocks that are no part of it. The words stand in config/rules/other_pages.toml.
    """
    if len(text) >= _TEASER:
        return False
    asked = _asked()
    lines = (*text.split("\n\n")[-_LAST:], *passed)
    return any(len(line) <= _LONGEST and asked.search(plain(line)) is not None for line in lines)


@functools.cache
def _asked() -> re.Pattern[str]:
    mentions = sorted(map(plain, table("other_pages")["paywall"]["mentions"]), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, mentions)))
