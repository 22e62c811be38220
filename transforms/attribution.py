"""Whom a story credits: a line such as "Source: NAME", or an agency in a dateline, a byline or a sign-off.

A name that only occurs in the story ("told Reuters") is no attribution. The order of evidence: a credit line, then what
the page says outside of the text, then datelines, bylines and sign-offs.
"""

import re
from collections.abc import Iterator, Sequence

from newsbeam.config.rules.phrases import Rules
from newsbeam.records import Attribution
from newsbeam.transforms.credits import agency_line, credit
from newsbeam.transforms.datelines import Wire, dateline, sign_off
from newsbeam.transforms.paragraphs import fold, paragraphs

FIRST_PARAGRAPHS = 4
LAST_PARAGRAPHS = 14
LONGEST_CREDIT = 400

_IN_BRACKETS = re.compile(r"[(（\[](?P<inner>[^()（）\[\]]{4,80})[)）\]]\s*\.?$")
_SITE_ENDING = re.compile(r"^www\.|\.\w{2,4}(?:\.\w{2})?$")
_NO_LETTERS = re.compile(r"[\W_]+")


def attribute(
    text: str,
    *,
    credits: Sequence[str],  # noqa: A002
    language: str,
    site: str,
    rules: Rules,
) -> Attribution | None:
    """The source that an extracted text credits, its boilerplate still in it; None without, and for the site itself.

    text: in normal form. credits: lines of the page outside of the text that may name a source.
    """
    parts = paragraphs(text)
    return next(
        (found for found in _evidence(parts, credits, rules) if found and not _is_same(found.source, site)), None
    )


def _evidence(parts: Sequence[str], outside: Sequence[str], rules: Rules) -> Iterator[Attribution | None]:
    """What could be an attribution, the strongest first."""
    tail = range(max(FIRST_PARAGRAPHS, len(parts) - LAST_PARAGRAPHS), len(parts))
    edges = [*range(min(FIRST_PARAGRAPHS, len(parts))), *tail]
    lines = [line for index in edges for line in parts[index].split("\n") if len(line) <= LONGEST_CREDIT]
    for line in lines:
        yield credit(line, rules)
    for index in edges:
        yield _in_brackets(parts[index], rules)
    for line in outside:
        yield credit(line, rules) or agency_line(line, rules, joined=True)
    for part in parts[: FIRST_PARAGRAPHS + 1]:
        yield _of_wire(part, dateline(part, rules))
    for line in lines:
        if line not in rules.ambiguous_agencies:
            yield agency_line(line, rules)
    for index in reversed(edges):
        yield _of_wire(parts[index], sign_off(parts[index], rules))


def _in_brackets(paragraph: str, rules: Rules) -> Attribution | None:
    """A credit in brackets at a paragraph's end: "… (Source: NAME)", "(With inputs from PTI)"."""
    match = _IN_BRACKETS.search(paragraph[-100:]) if paragraph.endswith((")", ")", "]", ").", "）")) else None
    return credit(match["inner"], rules) if match and match["inner"].count(" ") <= 8 else None


def _of_wire(paragraph: str, wire: Wire | None) -> Attribution | None:
    if wire is None:
        return None
    return Attribution(source=wire.agency, kind="agency", evidence=paragraph[wire.start : wire.end].strip())


def _is_same(source: str, site: str) -> bool:
    """Whether a credited source is the site that publishes; "Wave Springfield" is a part of the one at wave.example."""
    first, second = (_NO_LETTERS.sub("", fold(_SITE_ENDING.sub("", name))) for name in (source, site))
    part = _SITE_ENDING.search(site) and len(second) > 2 and fold(source).startswith(second + " ")
    return bool(first) and (first == second or bool(part))


def without_credits(body: str, rules: Rules) -> str:
    """The body without agencies' datelines, sign-offs and credits, so that copies on several sites look alike."""
    parts = paragraphs(body)
    kept = []
    for index, part in enumerate(parts):
        if index <= FIRST_PARAGRAPHS:
            wire = dateline(part, rules)
            part = part[wire.end :] if wire else part
        if index >= len(parts) - 3:
            wire = sign_off(part, rules)
            part = part[: wire.start] if wire else part
            if len(part) <= LONGEST_CREDIT // 2 and (credit(part, rules) or agency_line(part, rules)):
                continue
        kept.append(part.strip())
    return "\n\n".join(part for part in kept if part)
