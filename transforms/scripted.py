"""The story that a page holds as data of its scripts, for pages that have no text without them."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

# A key is looked at only when it is short and whole: else a run of letters would be tried from each of its places.
_KEYED: Final = re.compile(
    r'"(?=\w{1,40}"\s{0,9}:)(?:\w*(?:content|body|html|text|story|article)\w*|value)"\s*:\s*"((?:[^"\\]|\\.){400,}+)"',
    re.I | re.S,
)
_PUSHED: Final = re.compile(r'\[\s*\d+\s*,\s*"((?:[^"\\]|\\.){400,}+)"', re.S)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_SENTENCE: Final = re.compile(r"[^\W\d][.!?…][»”\"')]*(?:\s|$|<)|[。！？।؟۔]")
_CODE: Final = re.compile(r"[{}\[\];=\\]|https?://")
_LEAST: Final = 400
_SENTENCES: Final = 3
_MOST_CODE: Final = 0.01
_MOST: Final = 3_000_000


def story(scripts: Iterable[str]) -> str | None:
    """The longest prose among the values in the scripts that are named as content; markup and entities as they are.

    Prose has 400 characters without its tags, three sentences, and next to nothing of code. scripts: their texts; what
    is longer than 3,000,000 characters is left out.
    """
    found = (text for script in scripts if _LEAST < len(script) <= _MOST for text in _values(script))
    return max(filter(_is_prose, found), key=len, default=None)


def _values(script: str) -> Iterator[str]:
    for source in (script, *(_read(one[1]) for one in _PUSHED.finditer(script))):
        yield from (_read(one[1]) for one in _KEYED.finditer(source))


def _read(literal: str) -> str:
    """The value of a JSON string, empty where it is none."""
    try:
        return str(json.loads(f'"{literal}"', strict=False))
    except ValueError:
        return ""


def _is_prose(text: str) -> bool:
    bare = _TAG.sub(" ", text)
    if len(bare) < _LEAST or len(_SENTENCE.findall(bare)) < _SENTENCES:
        return False
    return len(_CODE.findall(bare)) <= _MOST_CODE * len(bare)
