"""Readers' comments in a text: where the thread begins, and its single comments."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsbeam.transforms.date_lines import date_line
from newsbeam.transforms.paragraphs import Line
from newsbeam.transforms.phrases import Lexicon
from newsbeam.transforms.reading import Reading

_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\b\d{1,2}\s?(?:am|pm)\b", re.IGNORECASE)
_DAYISH = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b")
_MENTION = re.compile(r"^@\w[\w .'-]{0,30},?$")
_WORD = re.compile(r"[^\W_][\w'-]*")
_USER = re.compile(r"^[\w.'’ -]{2,30}$")
_MAY_BE_COMMENT = ("comments", "date_line", "caption", "author_bio")
LONGEST_STAMP = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What marks a thread. stamp: a line with a name and a moment. action: a button under a comment."""

    stamp: bool
    action: bool


def signs_of(line: Line, lexicon: Lexicon) -> Signs:
    """The marks of a thread in one line."""
    folded = line.fold
    if not folded or line.words > LONGEST_STAMP:
        return Signs(stamp=False, action=False)
    stamp = not line.story and _has_moment(folded, lexicon) and _holds_name(folded, lexicon)
    return Signs(stamp=stamp, action=_is_action(folded, lexicon))


def _has_moment(folded: str, lexicon: Lexicon) -> bool:
    if lexicon.ago.search(folded):
        return True
    dated = _DAYISH.search(folded) is not None or bool(lexicon.months.keys() & folded.split())
    return dated and _CLOCK.search(folded) is not None


def _holds_name(folded: str, lexicon: Lexicon) -> bool:
    """Whether a commenter's name, and no more, stands beside the moment."""
    head, colon, _ = folded.partition(": ")
    if colon and not any(character.isdigit() for character in head) and not lexicon.says.search(head):
        return False
    others = [
        word
        for word in _WORD.findall(lexicon.says.sub(" ", folded))
        if word.isalpha()
        and word not in lexicon.months
        and word not in lexicon.date_words
        and word not in lexicon.date_labels
    ]
    return 1 <= len(others) <= 4


def _is_action(folded: str, lexicon: Lexicon) -> bool:
    bare = re.sub(r"[\d()\s|+•·/-]+", " ", folded).strip()
    return bool(bare) and (bare in lexicon.actions or folded in lexicon.actions)


def thread_start(lines: Sequence[Line], first: int, lexicon: Lexicon) -> int | None:
    """Index of the first line of a thread that no heading opens: two marks or more, all after the line `first`.

    A list of moments that begins with the text is a live blog, not a thread.
    """
    signs = [signs_of(line, lexicon) for line in lines]
    marked = [index for index, sign in enumerate(signs) if sign.stamp or sign.action]
    if any(index <= first for index in marked if signs[index].stamp) and sum(sign.stamp for sign in signs) > 2:
        return None
    later = [index for index in marked if index > first]
    stamps = [index for index in later if signs[index].stamp]
    actions = [index for index in later if signs[index].action]
    if len(stamps) + len(actions) < 2 or (len(stamps) < 2 and len(set(actions)) < 2):
        return None
    start = later[0]
    if signs[start].action and not signs[start].stamp:
        return None if not stamps else _name_before(lines, min(stamps), first)
    return _name_before(lines, start, first)


def _name_before(lines: Sequence[Line], start: int, first: int) -> int:
    """The stamp's own line, or the commenter's name before it."""
    if start - 1 > first and lines[start - 1].words <= 4 and _USER.match(lines[start - 1].text):
        return start - 1
    return start


def single_comments(texts: Sequence[str], lines: Sequence[Line], lexicon: Lexicon) -> tuple[str, ...]:
    """The comments of a block, one by one where marks part them, else paragraph by paragraph."""
    signs = [signs_of(line, lexicon) for line in lines]
    parted = sum(sign.stamp for sign in signs) >= 2
    found: list[list[str]] = [[]]
    for text, line, sign in zip(texts, lines, signs, strict=True):
        if sign.stamp or date_line(line.text, line.fold, lexicon) is not None:
            found.append([])
        elif sign.action or _MENTION.match(text) or _is_furniture(line, lexicon):
            continue
        elif parted:
            found[-1].append(text)
        else:
            found.append([text])
    return tuple("\n\n".join(part) for part in found if part)


def _is_furniture(line: Line, lexicon: Lexicon) -> bool:
    if not line.fold:
        return False
    return (
        lexicon.heading(line.fold) is not None
        or line.fold in lexicon.lines
        or lexicon.start(line.fold) is not None
        or (line.words <= 3 and not line.story and line.text[-1:] not in ".!?…。！？")
    )


def thread_of(reading: Reading) -> int | None:
    """Where readers' comments begin: at a heading that says so, or at the first of several marks.

    A heading is believed where enough of the story stands before it, or marks of comments after it; else it is a link
    to comments that stand on another page.
    """
    story = [index for index, line in enumerate(reading.lines) if line.story]
    if not story:
        return None
    total = sum(len(reading.lines[index].text) for index in story)
    before = 0
    for index, local in enumerate(reading.local):
        if local is not None and local.kind == "comments" and local.opens and index > story[0]:
            rest = [signs_of(line, reading.words) for line in reading.lines[index + 1 : index + 61]]
            marked = sum(sign.stamp or sign.action for sign in rest) >= 2
            if marked or before * (6 if local.counted else 3) >= total - before:
                return index
        if reading.lines[index].story:
            before += len(reading.lines[index].text)
    return thread_start(reading.lines, story[0], reading.words)


def mark_thread(reading: Reading, start: int) -> None:
    """Decides everything from the thread's start on: comments, but for what is clearly something else."""
    aside: str | None = None
    for index in range(start, len(reading.lines)):
        local, line = reading.local[index], reading.lines[index]
        if local is not None and not local.weak and local.kind not in _MAY_BE_COMMENT:
            reading.mark(index, local.kind)
            aside = local.kind if local.opens and local.kind == "related_posts" else None
        elif aside and reading.is_headline(index):
            reading.mark(index, aside)
        else:
            aside = None if line.story else aside
            reading.mark(index, "comments")
