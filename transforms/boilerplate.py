"""Takes out of an extracted text what is not the story: every removed passage with its kind, nothing lost.

Single lines are judged first, by phrases and shape; then their places: what stands before the first sentence of the
story, in its midst, or after its last. A phrase alone takes a line only where no story would say it; the rest needs its
neighbours. Embedded social posts are content.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from newsbeam.config.rules.phrases import Rules
from newsbeam.records import Removed
from newsbeam.transforms.comment_blocks import mark_thread, single_comments, thread_of
from newsbeam.transforms.date_lines import leading_date
from newsbeam.transforms.embedded_posts import mark_posts
from newsbeam.transforms.language import script
from newsbeam.transforms.lead_lines import mark_lead, mark_titles
from newsbeam.transforms.link_blocks import mark_links
from newsbeam.transforms.paragraphs import line_of, normalise, paragraphs, split_title
from newsbeam.transforms.phrases import lexicon
from newsbeam.transforms.reading import Reading, words_of
from newsbeam.transforms.removed import Mark, take_out
from newsbeam.transforms.tail_lines import mark_bios, mark_credits, mark_tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """A text without its boilerplate.

    removed: in reading order. comments: readers' comments, one by one where they can be parted. title: the title that
    the text itself holds, when none was known. date: the day that a line of it states, ISO 8601.
    """

    body: str
    removed: tuple[Removed, ...]
    comments: tuple[str, ...]
    title: str | None
    date: str | None


def clean(
    text: str,
    *,
    language: str,
    title: str | None,
    authors: Sequence[str] = (),
    site: str | None = None,
    rules: Rules,
    keep_embedded_posts: bool = True,
    trusted_html: bool,
) -> Cleaned:
    """The body of an extracted text, and what was taken out of it.

    trusted_html: the text comes from a page, where title and paragraphs are known; otherwise every line is a paragraph
    and the first one may be the title. body and removed give `normalise(text, lines=not trusted_html)` back.
    """
    normal = normalise(text, lines=not trusted_html)
    texts = paragraphs(normal)
    own_title = split_title(text)[0] if title is None and not trusted_html else None
    reading = Reading(
        lines=[line_of(one) for one in texts],
        words=lexicon(rules, language, script(normal)),
        rules=rules,
        title=words_of(own_title or title or ""),
        authors=authors,
        site=site,
    )
    _judge(reading, first_is_title=own_title is not None)
    if not keep_embedded_posts:
        mark_posts(texts, reading.kinds)
    marks = [None if kind is None else Mark(kind=kind) for kind in reading.kinds]
    day = _mark_leading_date(reading, texts, marks)
    body, removed = take_out(texts, marks)
    talk = [index for index, kind in enumerate(reading.kinds) if kind == "comments"]
    comments = single_comments([texts[i] for i in talk], [reading.lines[i] for i in talk], reading.words)
    return Cleaned(body=body, removed=removed, comments=comments, title=own_title, date=day)


def _judge(reading: Reading, *, first_is_title: bool) -> None:
    """Decides every line; the order matters, because each step moves the story's borders for the next."""
    thread = thread_of(reading)
    reading.end = len(reading.lines) if thread is None else thread
    reading.set_zone()
    mark_titles(reading, first_is_title=first_is_title)
    reading.mark_by_themselves()
    mark_lead(reading)
    mark_links(reading)
    mark_bios(reading)
    mark_credits(reading)
    mark_tail(reading)
    if thread is not None:
        mark_thread(reading, thread)
    kept = [line.story for line, kind in zip(reading.lines, reading.kinds, strict=True) if kind is None]
    if not any(kept) and any(line.story for line in reading.lines):
        _give_back(reading, first_is_title=first_is_title)


def _give_back(reading: Reading, *, first_is_title: bool) -> None:
    """No sentence was left, so the rules were wrong about this text: only plain furniture goes."""
    reading.end = len(reading.lines)
    for index, (line, local) in enumerate(zip(reading.lines, reading.local, strict=True)):
        plain = local is not None and not local.weak and not line.story
        reading.kinds[index] = local.kind if plain and local is not None else None
    mark_titles(reading, first_is_title=first_is_title)


def _mark_leading_date(reading: Reading, texts: Sequence[str], marks: list[Mark | None]) -> str | None:
    """Marks a date that a script left before the story's first words; the day that the text states."""
    first = next((index for index, kind in enumerate(reading.kinds) if kind is None), None)
    lead = leading_date(texts[first], reading.words) if first is not None else None
    if first is None or lead is None:
        return reading.day
    length, day = lead
    marks[first] = Mark(kind="date_line", span=(0, length))
    return day
