"""Agencies' marks on a story: the dateline before its first words, the sign-off behind its last."""

import re
from dataclasses import dataclass

from newsbeam.config.rules.phrases import Rules
from newsbeam.transforms.agencies import agency, first_agency

HEAD = 140
TAIL = 80

_OPEN, _CLOSE = r"[(（\[【〔]", r"[)）\]】〕]"
_DATELINE = re.compile(
    r"^(?P<place>[^()（）\[\]【】〔〕/!?。\n]{0,60}?(?:\s?\[[^\[\]\n]{2,24}\],[^()（）\[\]/!?\n]{0,20}?)?\.?)\s*"
    rf"(?:/(?P<slashed>[^/\n]{{2,40}})/|(?:/[^\W\d][\w .]{{1,20}}?\s+)?"
    rf"{_OPEN}(?P<agency>[^()（）\[\]【】〔〕\n]{{2,48}}){_CLOSE})"
    r"(?P<after>\s*(?:[-–—―−:.,=|~]+|$)|\s*)"
)
_PLAIN_DATELINE = re.compile(
    r"^(?P<place>[^\W\d_][\w.\-'’ ]{1,30}(?:,\s*[^()\n]{1,20}?)?)\s*[-–—/.]\s*"
    r"(?P<agency>[^\n.:–—()]{2,32}?)\s*(?:[.:–—]|\s-)\s"
)
_DATED = re.compile(
    r"^[^\W\d_][\w\- ]{1,24}?\.\s*\d{1,2}\s+[^\W\d_]{3,9}\.?\s*(?P<agency>[^\n:–—()]{2,24}?)\s*(?:\.|\s[-–—])\s"
)
_LEADING = re.compile(r"^(?P<agency>[^\W\d_][^\n.:;()–—-]{1,24}?)\s+[-–—]+\s+(?=[\"'“„«»‘(]*(?P<first>[^\W\d_]))")
_WIRE = re.compile(r"^[据據]?(?P<agency>[\u4e00-\u9fff]{2,6}?)(?:[\u4e00-\u9fff]{1,12})?\d{1,2}月\d{1,2}日[电電讯訊]")
_SIGN_OFF = re.compile(r"(?<=[.!?…。！？\"”»)])\s*[(（\[/【](?P<agency>[^()（）\[\]/【】]{2,40})[)）\]/】]\s*\.?$")
_BARE_SIGN_OFF = re.compile(r"(?<=[.!?…。！？\"”»])\s+[-–—©/]\s?(?P<agency>[^\s.!?][^.!?]{1,30})$")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """An agency's mark in a paragraph. start, end: where it stands, in characters."""

    agency: str
    start: int
    end: int


def dateline(paragraph: str, rules: Rules) -> Wire | None:
    """The agency's dateline that a paragraph begins with: "LONDON (Reuters) - ", "AFP - ", "新华社北京电"."""
    head = paragraph[:HEAD]
    match = _DATELINE.match(head)
    if match and _is_place(match["place"]):
        named = match["slashed"] or match["agency"]
        known = first_agency(named, rules, strict=True) or _leading_agency(named, rules) or _closing(named, rules)
        follows = paragraph[match.end() :].lstrip()
        if known and _ends_dateline(match, follows):
            return Wire(agency=known, start=0, end=len(paragraph) - len(follows))
    match = _PLAIN_DATELINE.match(head)
    if match and match["place"].split(",")[0].isupper():
        known = agency(match["agency"], rules)
        if known:
            return Wire(agency=known, start=0, end=match.end())
    match = _DATED.match(head)
    known = agency(match["agency"], rules) if match else None
    if match and known:
        return Wire(agency=known, start=0, end=match.end())
    match = _LEADING.match(head)
    known = agency(match["agency"], rules) if match and match["agency"] not in rules.ambiguous_agencies else None
    if match and known and match["first"].isupper():
        return Wire(agency=known, start=0, end=match.end())
    match = _WIRE.match(head)
    known = _leading_agency(head[match.start("agency") : match.end()], rules) if match else None
    return Wire(agency=known, start=0, end=match.end()) if match and known else None


def _ends_dateline(match: re.Match[str], follows: str) -> bool:
    """Whether an agency in brackets ends a dateline: a dash follows, or the place is in capitals or has a date."""
    place = match["place"].strip()
    marked = bool(match["after"].strip()) or not place or match[0].rstrip().endswith(("】", "〕", "）"))
    dated = place.isupper() or _DIGIT.search(place) is not None
    return bool(follows) and (marked or (dated and follows[0].isupper()))


def _leading_agency(text: str, rules: Rules) -> str | None:
    """The agency that words without spaces begin with, its correspondent or place behind it."""
    if text.isascii():
        return None
    for size in range(min(8, len(text)), 1, -1):
        known = agency(text[:size], rules)
        if known and (size == len(text) or not text[size].isascii()):
            return known
    return None


def _closing(text: str, rules: Rules) -> str | None:
    """The agency behind a place, or a place and a day, in one pair of brackets: "ロンドン共同", "東京 3日 ロイター"."""
    words = text.split()
    if len(words) > 1:
        return agency(words[-1], rules) if _DIGIT.search(" ".join(words[:-1])) else None
    sizes = range(2, min(5, len(text))) if not text.isascii() else ()
    return next((known for size in sizes if (known := agency(text[-size:], rules))), None)


def _is_place(text: str) -> bool:
    """Whether words before an agency in brackets can be a place and a date."""
    text = text.strip(" ,.-–—")
    words = text.replace(",", " ").replace("/", " ").split()
    if not words:
        return True
    if len(words) > 9 or not (words[0][0].isupper() or words[0][0].isdigit() or not words[0][0].isascii()):
        return False
    upper = sum(not word[0].isalpha() or word[0].lower() == word[0].upper() or word[0].isupper() for word in words)
    lower = len(words) - upper
    return lower == 0 or (lower <= 3 and _DIGIT.search(text) is not None) or (lower <= 1 and len(words) <= 4)


def sign_off(paragraph: str, rules: Rules) -> Wire | None:
    """The agency's mark that a paragraph ends with: "… he said. (Reuters)"."""
    tail = paragraph[-TAIL:]
    for pattern in (_SIGN_OFF, _BARE_SIGN_OFF):
        match = pattern.search(tail)
        known = first_agency(match["agency"], rules, strict=True) if match else None
        if match and known:
            return Wire(agency=known, start=len(paragraph) - len(tail) + match.start(), end=len(paragraph))
    return None
