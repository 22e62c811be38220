"""What a single line says of itself, before its place in the text is known."""

import re
from dataclasses import dataclass

from newsbeam.transforms.ad_slots import is_slot
from newsbeam.transforms.date_lines import date_line
from newsbeam.transforms.paragraphs import LONGEST_APPEAL, Line, fold, line_of
from newsbeam.transforms.phrases import Lexicon
from newsbeam.transforms.share_bars import is_bar, is_platform

LONGEST_LINK = 26
LONGEST_LABELLED = 30

_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BRACKETS = {"(": ")", "[": "]"}
_QUOTES = "\"“„«»‘'”「『"
_WEAK_KINDS = frozenset({"navigation", "notice", "comments", "author_bio", "related_posts", "byline", "share_buttons"})
_PLACED = ("navigation", "author_bio", "byline")
_PHOTO = re.compile(
    r"^[(\[]?\s*([^\W\d_][^:：/©\d]{1,24}?)\s*(?:[:：/©]|\bby\b|\bvon\b|\bpar\b|\bde\b|\bdi\b)\s*\S", re.IGNORECASE
)
_PHOTO_END = re.compile(
    r"(?:\((?:photo|foto|image|bild|imagen|zdj[eę]cie|фото|φωτο)[^()]{2,60}\)"
    r"|[/@]\s?(?:getty images|afp|ap|reuters|epa|imago|dpa|ansa|efe|unsplash|pexels|pixabay|alamy|fotolia"
    r"|(?:shutterstock|istock|istockphoto|stock\.adobe|adobestock|depositphotos|dreamstime)(?:\.com)?)\)?"
    r"|(?:getty images|shutterstock|istock|ap photo|picture alliance|imago images|adobe stock)\)?"
    r"|©\s?[\w .,/&'’-]{2,40})$"
)
# "The harbour at noon. Photo: NAME"
_CAPTIONED = re.compile(r"[^.!?…]{12,}[.!?…»”\"]\s(?P<label>[^\W\d_]{3,12})\s?[:：]\s?[^.!?:：]{3,50}$")
# "The harbour at noon (AGENCY/First Last)"
_CREDITED = re.compile(r".{12,}\([A-Z][\w.\- ]{1,30}/\s?[^\W\d_a-z][\w.'’-]+(?:\s[^\W\d_a-z][\w.'’-]*){1,3}\)$")
_LONGEST_CAPTION = 40
_DOMAIN = re.compile(r"(?:www\.)?[\w-]{3,}(?:\.[\w-]{2,})?\.(?:com|org|net|info|news|[a-z]{2})$")
_STAMPED = re.compile(r"\S+(?:\s\S+){5,}\s\d{1,2}[\s./]\S+[,\s./]\s?\d{4}\s?[|–-]\s?\d{1,2}:\d{2}$")
"""A headline with the day and the minute behind it, as lists of other stories have it."""
_CRUMBS = re.compile(r"^[^>›»/|]{2,30}(?:\s[>›»]\s?[^>›»|]{2,60}){2,}$")
_ROW = re.compile(r"(?:[^|\d]{1,30}\|){4,}[^|\d]{1,30}$")
_TURN = re.compile(r"[«‹←].*\|.*|.*\|.*[»›→]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """What a line is by itself.

    opens: it heads a block of its kind. counted: a number stands with it. weak: it could as well be a subheading or a
    word of the story, so its neighbours or its place must agree. day: what a date line says.
    """

    kind: str
    opens: bool = False
    counted: bool = False
    weak: bool = False
    day: str | None = None


def local_mark(line: Line, lexicon: Lexicon) -> Local | None:
    """The mark of one line; None for what may be the story's."""
    folded = line.fold
    if not folded:
        return None
    if is_slot(line.text, lexicon):
        return Local(kind="ad_slot")
    heading = lexicon.heading(folded)
    if heading and (not line.story or line.words <= 8):
        kind, counted = heading
        return Local(kind=kind, opens=True, counted=counted, weak=_is_word(folded) and not counted)
    kind_of_line = lexicon.lines.get(folded)
    if kind_of_line:
        return Local(kind=kind_of_line, weak=kind_of_line in _WEAK_KINDS and _is_word(folded))
    if line.words <= 24 and is_bar(folded, lexicon):
        return Local(kind="share_buttons", weak=is_platform(folded, lexicon))
    if line.text[0] in _QUOTES:
        return _listed(line)
    return _bracketed(line, lexicon) or _phrased(line, lexicon) or _shaped(line, lexicon)


def _bracketed(line: Line, lexicon: Lexicon) -> Local | None:
    """What a line in brackets says: only that another story may be read, "(Read also: …)"."""
    opening, within = line.text[0], line.text[1:-1].strip()
    if not within or line.text[-1] != _BRACKETS.get(opening) or opening in within:
        return None
    found = _phrased(line_of(within), lexicon)
    return found if found is not None and found.kind == "related_posts" else None


def _is_word(folded: str) -> bool:
    """Whether a phrase is one word: in scripts without spaces, two characters."""
    return " " not in folded and (len(folded) <= 2 or not _IDEOGRAPHS.match(folded))


def _phrased(line: Line, lexicon: Lexicon) -> Local | None:
    """What a line's beginning says."""
    folded = line.fold
    if line.words <= LONGEST_APPEAL:
        kind = lexicon.appeal(folded)
        if kind:
            return Local(kind=kind)
        kind = lexicon.start(folded)
        if kind and _may_start(kind, line):
            return Local(kind=kind, weak=kind in _PLACED or (kind == "ad_slot" and line.story))
    if line.words <= LONGEST_LABELLED and line.text[-1] not in ".。":
        kind = lexicon.label(line.text)
        if kind:
            return Local(kind=kind, weak=kind in ("comments", "notice"))
    return None


def _may_start(kind: str, line: Line) -> bool:
    if kind == "related_posts":
        return line.words <= LONGEST_LINK and (not line.story or line.words <= 14)
    if kind in ("navigation", "share_buttons"):
        return line.words <= LONGEST_LINK
    return True


def _shaped(line: Line, lexicon: Lexicon) -> Local | None:
    """What a line's shape says: a date, a picture's credit, a path or a row of sections."""
    dated = date_line(line.text, line.fold, lexicon)
    if dated:
        return Local(kind="date_line", weak=not dated.labelled, day=dated.day)
    if line.words <= 16 and is_photo_credit(line, lexicon):
        return Local(kind="caption")
    if line.words <= _LONGEST_CAPTION and _is_captioned(line, lexicon):
        return Local(kind="caption")
    listed = _listed(line)
    if listed is not None:
        return listed
    if _DOMAIN.fullmatch(line.fold):
        return Local(kind="navigation", weak=True)
    if _ROW.match(line.text) and not line.story:
        return Local(kind="navigation")
    if line.words <= 20 and _CRUMBS.match(line.text):
        return Local(kind="navigation")
    return None


def _listed(line: Line) -> Local | None:
    """Lines that name other stories: a headline with its minute, "« The bridge | Home | The ferry »"."""
    if not line.story and _STAMPED.fullmatch(line.text):
        return Local(kind="related_posts")
    if line.words <= 20 and not line.story and _TURN.match(line.text):
        return Local(kind="navigation")
    return None


def _is_captioned(line: Line, lexicon: Lexicon) -> bool:
    """Whether a line tells what a picture shows, and then who made it."""
    labelled = _CAPTIONED.match(line.text)
    if labelled and fold(labelled["label"]) in lexicon.photo:
        return True
    return line.text[-1] == ")" and _CREDITED.fullmatch(line.text) is not None


def is_photo_credit(line: Line, lexicon: Lexicon) -> bool:
    """Whether a short line credits a picture: "Photo: NAME", "NAME/Getty Images"."""
    match = _PHOTO.match(line.fold)
    if match and match[1].strip() in lexicon.photo and not line.story:
        return True
    return not line.story and _PHOTO_END.search(line.fold) is not None
