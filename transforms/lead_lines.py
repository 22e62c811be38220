"""Lines before a story's first sentence: the title again, bylines, dates, share bars, agencies."""

import re
from collections.abc import Sequence

from newsbeam.transforms.credits import agency_line, credit
from newsbeam.transforms.date_lines import beside_a_date
from newsbeam.transforms.paragraphs import Line, fold, line_of
from newsbeam.transforms.reading import Reading, words_of

TITLE_LINES = 8
LEAD_LINES = 16
LONGEST_BYLINE = 10
SITE_WORDS = 4

_NAME_WORD = re.compile(r"[^\W\d_][\w.'’-]*")


def mark_titles(reading: Reading, *, first_is_title: bool) -> None:
    """Decides the title and its repetitions among the first lines, and a section's name above it."""
    if not reading.title:
        return
    stated = first_is_title
    if first_is_title:
        reading.mark(0, "title")
    for index in range(int(first_is_title), min(TITLE_LINES, reading.end)):
        likeness = _likeness(words_of(reading.lines[index].fold), reading.title)
        if likeness == "same" and not stated:
            reading.mark(index, "title")
            stated = True
        elif likeness:
            reading.mark(index, "repeated_title")
    if reading.kinds[:1] == [None] and "title" in reading.kinds[:4]:
        for index in range(reading.kinds.index("title")):
            line = reading.lines[index]
            if line.words <= 3 and not line.story:
                reading.mark(index, "navigation")


def _likeness(words: Sequence[str], title: Sequence[str]) -> str | None:
    """`same` for the title's words; `near` for its longer part, or for it with a site's name behind it."""
    if list(words) == list(title):
        return "same"
    if len(words) < 4 or len(title) < 4 or len(words) > len(title) + SITE_WORDS:
        return None
    shorter, longer = sorted((words, title), key=len)
    return "near" if longer[: len(shorter)] == shorter and len(shorter) * 2 >= len(longer) else None


def mark_lead(reading: Reading) -> None:
    """Decides what else stands before the first sentence; who is named in a byline there is an author from then on."""
    lead = range(min(max(0, reading.first), LEAD_LINES))
    if not reading.authors:
        named = (_named(reading.lines[index], reading.words.bylines) for index in lead)
        reading.authors = tuple(dict.fromkeys(name for name in named if name))
    for index in lead:
        line, local = reading.lines[index], reading.local[index]
        if reading.kinds[index] is not None:
            continue
        if local is not None and local.kind != "related_posts":
            reading.mark(index, local.kind)
        elif _is_byline(reading, line):
            reading.mark(index, "byline")
        elif beside_a_date(line.fold, reading.words):
            reading.mark(index, "date_line")
        elif agency_line(line.text, reading.rules) or credit(line.text, reading.rules):
            reading.mark(index, "attribution")


def _is_byline(reading: Reading, line: Line) -> bool:
    if line.story or line.words > LONGEST_BYLINE or not line.fold or line.text[-1] in ".:!?":
        return False
    if any(line.fold.startswith(fold(author)) for author in reading.authors if len(author) > 5):
        return True
    if reading.is_author(line.fold):
        return True
    if _behind_phrase(line, reading.words.bylines):
        return True
    name, _, role = line.text.partition(",")
    return bool(role) and _is_full_name(name.split()) and reading.words.roles.search(fold(role)) is not None


def _named(line: Line, phrases: Sequence[str]) -> str | None:
    """The one person whom a byline names: "By NAME, reporter"."""
    if line.story or line.words > LONGEST_BYLINE:
        return None
    names = _behind_phrase(line_of(line.text.partition(",")[0]), phrases)
    return " ".join(names) if _is_full_name(names) else None


def _behind_phrase(line: Line, phrases: Sequence[str]) -> list[str]:
    """The words behind "by", where they are names for the most part."""
    for phrase in phrases:
        if line.fold.startswith((phrase + " ", phrase + ":")):
            names = _NAME_WORD.findall(line.text)[phrase.count(" ") + 1 :]
            capitals = sum(map(_is_capital, names))
            return names if len(names) >= 2 and _is_capital(names[0]) and capitals * 2 > len(names) else []
    return []


def _is_full_name(words: Sequence[str]) -> bool:
    return 2 <= len(words) <= 4 and all(map(_is_capital, words))


def _is_capital(word: str) -> bool:
    return word[0] != word[0].lower()
