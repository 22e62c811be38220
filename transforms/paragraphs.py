"""The form every extracted text is brought to, and what a paragraph looks like before its words are read."""

import re
import unicodedata
from dataclasses import dataclass

from newsbeam.text import printable

LONGEST_TITLE = 200
LONGEST_FURNITURE = 400
LONGEST_APPEAL = 48

_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n\s*")
_ANY_BREAK = re.compile(r"\s*\n\s*")
_LEADING = " \t\n|•●▪■◆►▸→»›>*·+–—-\u3000\u00a0"
_LIST_MARK = re.compile(r"^(?:[-–•●▪■◆►▶▸→»›*·|]|\d{1,2}[.)])\s")
_GOES_ON = re.compile(r"^(?:…|\.{2,})\s*")
_TRAILING = " :：.…!¡»›>→▶▼|*"
_FULL_STOPS = ".。．।۔։፡።:：,、;；"
_SENTENCE_ENDS = ".!?…。！？．।۔؟"
_CLOSERS = "\"'”’»›)]）」』】*"
_CJK = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_COMBINING = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u3099\u309a]+")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys(map(ord, "’‘`"), "'"),
        **dict.fromkeys(map(ord, "“”"), '"'),
        **dict(zip(map(ord, "İı（）：！／｜"), "ii():!/|", strict=True)),
    }
)


def normalise(text: str, *, lines: bool = False) -> str:
    """Printable text whose paragraphs are stripped and joined by one blank line.

    lines: every line is a paragraph, as in texts that were extracted elsewhere.
    """
    text = printable(text).strip()
    if lines:
        return "\n\n".join(line for line in _ANY_BREAK.split(text) if line)
    return "\n\n".join(_paragraph(part) for part in _PARAGRAPH_BREAK.split(text) if part.strip())


def _paragraph(part: str) -> str:
    return "\n".join(line.strip() for line in part.strip().split("\n"))


def paragraphs(normal: str) -> list[str]:
    """The paragraphs of a text that `normalise` made."""
    return normal.split("\n\n") if normal else []


def split_title(text: str) -> tuple[str | None, str]:
    """(title, the rest) of a text extracted elsewhere, in normal form.

    The first line is the title where it is short, has no final full stop, and longer text follows (contract.md).
    A colon or comma at its end says that the line goes on, so it is no title.
    """
    normal = normalise(text, lines=True)
    first, _, rest = normal.partition("\n\n")
    longest = max(map(len, rest.split("\n\n")), default=0)
    if not rest or len(first) > LONGEST_TITLE or longest <= len(first) or first[-1] in _FULL_STOPS:
        return None, normal
    return first, rest


def fold(text: str) -> str:
    """Lower case without accents, list marks, final punctuation and doubled blanks: the form that phrases have."""
    return plain(text).rstrip(_TRAILING)


def plain(text: str) -> str:
    """As `fold`, with the final punctuation left."""
    text = _GOES_ON.sub("", text.lstrip(_LEADING)).rstrip(" |")
    if not text.isascii():
        text = _COMBINING.sub("", unicodedata.normalize("NFD", text.translate(_PLAIN)))
    return " ".join(text.casefold().split()).replace(" :", ":").replace(" !", "!").replace(" ?", "?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A paragraph as the rules see it.

    fold: its form for comparing, empty for a paragraph too long to be furniture. words: their number; two characters of
    a script without spaces count as one. story: it reads as a sentence of a story, by length and final stop alone.
    listed: it stands behind a list mark.
    """

    text: str
    fold: str
    words: int
    story: bool
    listed: bool


def line_of(text: str) -> Line:
    """The features of one paragraph."""
    words = text.count(" ") + text.count("\n") + 1
    if not text.isascii():
        words += len(_CJK.findall(text)) // 2
    closed = text.rstrip(_CLOSERS)
    ended = bool(closed) and closed[-1] in _SENTENCE_ENDS
    return Line(
        text=text,
        fold=fold(text) if len(text) <= LONGEST_FURNITURE and words <= LONGEST_APPEAL else "",
        words=words,
        story=(ended and words >= 9) or words >= 28,
        listed=_LIST_MARK.match(text) is not None,
    )
