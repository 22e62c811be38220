"""Lines after a story's last sentence: biographies, credits, share bars, and what stands between them."""

from itertools import pairwise

from newsbeam.transforms.author_bios import is_bio
from newsbeam.transforms.credits import agency_line, credit
from newsbeam.transforms.furniture import LONGEST_LINK
from newsbeam.transforms.reading import Reading

BIO_PARAGRAPHS = 3
BIO_LINES = 26
LONGEST_GAP = 4
MOST_DATES = 2
"""More dates after the last sentence are a programme, and the story's."""
LONGEST_LINK_GAP = 12

_ENDS_NO_BLOCK = ("attribution", "caption", "date_line", "byline", "ad_slot")


def mark_bios(reading: Reading) -> None:
    """Decides biographies near the end, by a heading that announces them or by what they say."""
    for index in range(reading.end):
        local = reading.local[index]
        if local is not None and local.opens and local.kind == "author_bio" and reading.is_late(index):
            reading.mark(index, "author_bio")
            for follow in range(index + 1, min(reading.end, index + 1 + BIO_PARAGRAPHS)):
                if reading.kinds[follow] is not None:
                    break
                reading.mark(follow, "author_bio")
    for index in range(reading.end - 1, max(-1, reading.end - BIO_LINES), -1):
        if reading.kinds[index] is not None:
            continue
        line, local = reading.lines[index], reading.local[index]
        if not reading.is_late(index):
            break
        others = _others(reading, index) if line.words >= 6 else ""
        if others and is_bio(line.text, others, reading.words, authors=reading.authors, site=reading.site):
            reading.mark(index, "author_bio")
        elif local is not None and local.kind in ("author_bio", "byline"):
            reading.mark(index, local.kind)
        elif line.story:
            break
    reading.set_zone()


def _others(reading: Reading, index: int) -> str:
    """The story so far without one line."""
    kept = (other for other in range(reading.end) if other != index and reading.kinds[other] is None)
    return "\n".join(reading.lines[other].text for other in kept)


def mark_credits(reading: Reading) -> None:
    """Decides lines that only name the story's source; one of them may itself read as the last sentence."""
    if reading.first < 0:
        return
    for index in range(reading.end - 1, max(reading.first, reading.last - 2), -1):
        if reading.kinds[index] in (None, "caption", "related_posts"):
            text = reading.lines[index].text
            if credit(text, reading.rules) or (index > reading.last and agency_line(text, reading.rules)):
                reading.kinds[index] = "attribution"
    reading.set_zone()


def mark_tail(reading: Reading) -> None:
    """After the last sentence weak marks count, and what stands between furniture is furniture."""
    if reading.first < 0:
        return
    tail = range(reading.last + 1, reading.end)
    dates = sum(local is not None and local.kind == "date_line" for local in (reading.local[at] for at in tail))
    for index in tail:
        local = reading.local[index]
        if local is not None and not (local.kind == "date_line" and dates > MOST_DATES):
            reading.mark(index, local.kind)
        elif reading.is_author(reading.lines[index].fold):
            reading.mark(index, "byline")
    taken = [index for index in range(reading.last + 1, reading.end) if reading.kinds[index] is not None]
    for before, after in pairwise(taken):
        longest = LONGEST_LINK_GAP if reading.kinds[before] == "related_posts" else LONGEST_GAP
        if after - before - 1 <= longest:
            for index in range(before + 1, after):
                reading.mark(index, _kind_between(reading, index, before, after))
    if taken and reading.kinds[taken[-1]] not in _ENDS_NO_BLOCK:
        for index in range(taken[-1] + 1, reading.end):
            if not reading.lines[index].story and reading.lines[index].words <= LONGEST_LINK:
                reading.mark(index, _kind_between(reading, index, taken[-1], None))


def _kind_between(reading: Reading, index: int, before: int, after: int | None) -> str:
    """The kind of an unknown line between two known ones: a heading's that follows, both neighbours', else a link."""
    if after is not None:
        heading = reading.local[after]
        if heading is not None and heading.opens and after == index + 1:
            return heading.kind
    kind = reading.kinds[before] or "navigation"
    if after is None:
        if kind in ("newsletter", "author_bio", "notice", "comments"):
            return kind
    elif kind == reading.kinds[after]:
        return kind
    return "related_posts" if reading.lines[index].words >= 3 else "navigation"
