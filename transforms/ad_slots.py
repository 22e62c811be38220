"""Names of advertising slots that a page's script should have replaced: `div-gpt-ad-12345-0`, `sports-top-01`."""

import re

from newsbeam.transforms.phrases import Lexicon

_SLOT = re.compile(r"^[\[{(#/]*[a-z0-9]+(?:[-_/][a-z0-9]+)+[\])}]*$", re.IGNORECASE)
_SPLIT = re.compile(r"[-_/\[\](){}#]+")
_NUMBERED = re.compile(r"^(?:0\d{1,3}|\d{5,})$")


def is_slot(text: str, lexicon: Lexicon) -> bool:
    """Whether a line is one token that only a machine writes.

    Such a token is joined by hyphens and holds a word of advertising, or is in lower case and has three parts or more,
    of which the last is a number with a leading zero or of many digits. "covid-19", "f-35" and "2022-23" are not.
    """
    if len(text) > 80 or " " in text or not text.isascii() or not _SLOT.match(text):
        return False
    parts = [part for part in _SPLIT.split(text.lower()) if part]
    if any(part.rstrip("0123456789") in lexicon.ad_words for part in parts):
        return any(character.isdigit() for character in text) or len(parts) > 2 or text.islower()
    return text.islower() and len(parts) >= 3 and _NUMBERED.match(parts[-1]) is not None and not parts[0].isdigit()
