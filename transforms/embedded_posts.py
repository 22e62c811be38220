"""Posts of social networks that a story quotes: content, which the configuration may have taken out."""

import re
from collections.abc import Sequence

_SIGN_OFF = re.compile(r"^[—–-]\s?.{1,60}\(@\w{1,30}\)")
_PICTURE = re.compile(r"pic\.(?:twitter|x)\.com/\w+\s*$")


def is_sign_off(text: str) -> bool:
    """Whether a line names the account that a post is from: "— NAME (@handle) May 3, 2023"."""
    return _SIGN_OFF.match(text) is not None


def mark_posts(texts: Sequence[str], kinds: list[str | None]) -> None:
    """Marks each post's sign-off, the paragraph before it, and one more where the post has a picture at its end."""
    for index, text in enumerate(texts):
        if kinds[index] is not None or not is_sign_off(text):
            continue
        kinds[index] = "embedded_post"
        first = index - 2 if index and _PICTURE.search(texts[index - 1]) else index - 1
        for before in range(index - 1, max(first, 0) - 1, -1):
            if kinds[before] is not None or (before < index - 1 and texts[before].endswith((".", ":"))):
                break
            kinds[before] = "embedded_post"
