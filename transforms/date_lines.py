"""Lines, and beginnings of lines, that only state when a story was published."""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsbeam.config.rules.phrases import text_rules
from newsbeam.records import Removed
from newsbeam.transforms.language import script
from newsbeam.transforms.paragraphs import fold
from newsbeam.transforms.phrases import Lexicon, lexicon

LONGEST_DATE = 18
MOST_PIECES = 4
LONGEST_NAME = 4
"""Words beside a date: more may be a headline, or a place in a programme."""

_TOKEN = re.compile(
    r"\d+(?:[:.h]\d{2}){1,2}(?!\d)(?![./-]\d)|\d+(?:st|nd|rd|th|º|h|er|ος|η|a|e)?\b|[^\W\d_][\w.'’]*|[年月日時分时点點]"
)
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})(?:日)?(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})([./-])\s?(\d{1,2})\2\s?((?:19|20)\d\d|\d\d)(?!\d)")
_TIME = re.compile(r"(?<!\d)([01]?\d|2[0-4])\s?[:.hH時时点]\s?[0-5]\d(?::[0-5]\d)?")
_LEADING = re.compile(
    r"^(?:(?P<label>[^\W\d_][^\d:：]{1,30}?)\s*[:：]?\s+)?"
    r"(?P<date>(?:19|20)\d\d-\d\d-\d\d)(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|\s?[+-]\d\d:?\d\d)?)?\s*(?:[|–—-]\s*)?(?=\S)"
)
_BAR = re.compile(r"\s[|·•]\s")
_DIGIT = re.compile(r"\d")
_CJK_UNITS = frozenset("年月日時分时点點秒tz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What a line says of its date. day: ISO 8601, None when in doubt. labelled: it says what the date is of."""

    day: str | None
    labelled: bool
    timed: bool


def date_line(text: str, folded: str, lexicon: Lexicon) -> Dated | None:
    """The date of a line that holds nothing else."""
    if len(folded) > 120 or not _DIGIT.search(folded):
        return None
    rest, labelled = _without_label(folded, lexicon)
    tokens = _TOKEN.findall(rest)
    if not tokens or len(tokens) > LONGEST_DATE:
        return None
    known = lexicon.date_words | lexicon.date_labels | _CJK_UNITS
    months = numbers = words = 0
    for token in tokens:
        bare = token.strip(".")
        if bare[0].isdigit():
            numbers += 1
        elif bare in lexicon.months:
            months += 1
        elif bare in known or token in known:
            words += 1
        else:
            return None
    day = day_of(folded, lexicon)
    timed = _TIME.search(folded) is not None
    relative = words > 1 and numbers == 1 and not months
    if day or (months and numbers) or (labelled and (timed or relative)):
        return Dated(day=day, labelled=labelled, timed=timed)
    return None


def beside_a_date(folded: str, lexicon: Lexicon) -> bool:
    """Whether a line holds a date and, set off by bars or dots, only names: "By: NAME | 3 May 2024"."""
    pieces = _BAR.split(folded)
    if not 2 <= len(pieces) <= MOST_PIECES:
        return False
    others = [piece for piece in pieces if not _is_day(piece, lexicon)]
    return len(others) == len(pieces) - 1 and all(
        len(piece.split()) <= LONGEST_NAME and not _DIGIT.search(piece) for piece in others
    )


def _is_day(folded: str, lexicon: Lexicon) -> bool:
    dated = date_line(folded, folded, lexicon)
    return dated is not None and dated.day is not None


def _without_label(folded: str, lexicon: Lexicon) -> tuple[str, bool]:
    words = folded.split(" ")
    for size in range(min(4, len(words)), 0, -1):
        if " ".join(words[:size]).rstrip(":：-–—") in lexicon.date_labels:
            return " ".join(words[size:]), True
    head, colon, rest = folded.partition(":")
    if colon and head.strip() in lexicon.date_labels:
        return rest.strip(), True
    return folded, False


def day_of(folded: str, lexicon: Lexicon) -> str | None:
    """The day that a folded line names, ISO 8601; None where its order is in doubt."""
    match = _ISO.search(folded)
    if match:
        return _iso(int(match[1]), int(match[2]), int(match[3]))
    match = _DAY_FIRST.search(folded)
    if match:
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        year += 2000 if year < 100 else 0
        if first > 12 or match[2] == ".":
            return _iso(year, second, first)
        if second > 12:
            return _iso(year, first, second)
        return _iso(year, first, second) if first == second else None
    tokens = _TOKEN.findall(_TIME.sub(" ", folded))
    month = next((lexicon.months[t.strip(".")] for t in tokens if t.strip(".") in lexicon.months), None)
    values = [int(number[0]) for t in tokens if (number := re.match(r"\d+", t))]
    year_at = next((value for value in values if 1990 <= value <= 2100), None)
    day = next((value for value in values if 1 <= value <= 31), None)
    return _iso(year_at, month, day) if year_at and month and day else None


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return datetime.date(year, month, day).isoformat() if 1990 <= year <= 2100 else None
    except ValueError:
        return None


def told(removed: Sequence[Removed]) -> str | None:
    """The day of the first date line among what was taken out of a text; None without one that tells a day."""
    for one in removed:
        if one.kind == "date_line":
            folded = fold(" ".join(one.text.split()))
            if day := day_of(folded, lexicon(text_rules(), "und", script(one.text))):
                return day
    return None


def leading_date(text: str, lexicon: Lexicon) -> tuple[int, str] | None:
    """(length, day) of a date that a page's script left before the first sentence: "date 2023-05-03 Text"."""
    match = _LEADING.match(text)
    if not match:
        return None
    label = match["label"]
    if label and fold(label) not in lexicon.date_labels:
        return None
    follows = text[match.end()]
    if not label and (follows.islower() or follows in ",.;:)"):
        return None
    if match.end() == 0 or not text[match.end() - 1].isspace():
        return None
    year, month, day = (int(part) for part in match["date"].split("-"))
    found = _iso(year, month, day)
    return (match.end(), found) if found else None
