"""The article's text out of a page's tree: each block judged by a forest, with trafilatura's view as one witness."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
from lxml import etree
from lxml.html import HtmlElement
from numpy.typing import NDArray

from newsbeam.text import one_line
from newsbeam.transforms import blocks, forest, opinion, scripted
from newsbeam.transforms.blocks import HEADINGS, Block, Outline
from newsbeam.transforms.features import SECOND, Hints, add_second, key, keys_of, matrix
from newsbeam.transforms.html import NotHtml, parse, repair
from newsbeam.transforms.jsonld import Linked
from newsbeam.transforms.other_pages import Shape

_MODEL: Final = "body_forest"
_ALONE: Final = "body_forest_alone"
_KEEP: Final = 0.47
_DOUBT: Final = 0.08
_LITTLE: Final = 250
_MUCH_MORE: Final = 2
_STATED: Final = 400
_STATED_COVERED: Final = 0.8
_REPEATED: Final = 40
_SHORT: Final = 200
_TELLING: Final = 15
_NEAR: Final = 8
_HEADLINE: Final = 2
_BELOW: Final = 3

_FLOW: Final = frozenset(
    """address article aside blockquote body br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li
    main ol p pre
    section table td th tr ul""".split()
)
_SILENT: Final = frozenset("script style noscript template iframe object button form figcaption svg".split())


@dataclass(frozen=True, slots=True)
class Body:
    """text: paragraphs separated by a blank line, empty when there are none. passed: short blocks left out.

    shape: how the text stands on its page, None where blocks were not judged.
    """

    text: str
    passed: tuple[str, ...] = ()
    shape: Shape | None = None


def find(tree: HtmlElement, *, linked: Linked, summary: str | None, title: str | None) -> Body:
    """The article's text and what was passed over. The tree is used up.

    summary: the page's description. Where little is found, JSON-LD's articleBody stands in, or what scripts hold.
    """
    body = tree.find("body")
    body = tree if body is None else body
    scripts = list(tree.iter("script"))
    outline = blocks.read(body)
    found = outline.blocks
    if not found:
        return Body(max(linked.body or "", _scripted(scripts), key=len))
    keys = keys_of(found)
    weight = outline.below([block.weight for block in found])
    hints = Hints(summary=key(summary or ""), title=key(title or ""))
    rows = matrix(outline, keys, weight, hints)
    chances = forest.load(_ALONE).probabilities(rows[:, : -len(SECOND)])
    agreed = _agree(keys, chances, linked.body)
    text = _text(found, chances)
    if len(text) < _LITTLE or not (agreed or _is_sure(keys, chances)):
        opinion.reduce(outline, weight)
        second = opinion.text(tree)
        add_second(rows, keys, second)
        chances = forest.load(_MODEL).probabilities(rows)
        _agree(keys, chances, linked.body)
        text = _text(found, chances)
        if len(text) < _LITTLE:
            other = max((_paragraphs(second), linked.body or "", _scripted(scripts)), key=len)
            text = other if len(other) > _MUCH_MORE * len(text) else text
    if len(text) < _LITTLE:
        told = _told(found, keys, hints)
        if told and not (chances[told] > _KEEP).any():
            chances[:] = 0.0
            chances[told] = 1.0
            text = _text(found, chances)
    left = (block.text for block, chance in zip(found, chances.tolist(), strict=True) if chance <= _KEEP)
    return Body(text, tuple(line for line in left if len(line) <= _SHORT), _shape(outline))


def _shape(outline: Outline) -> Shape:
    """How the page's prose stands on it, kept or not; a teaser is a block of it below a heading that is a link."""
    groups: Counter[int] = Counter()
    teasers = teased = 0
    since = _BELOW
    for block in outline.blocks:
        since += 1
        if block.tag in HEADINGS:
            since = 0 if block.link == len(block.text) and block.text.count(" ") >= _HEADLINE else _BELOW
        elif block.weight > 0:
            groups[int(outline.parent[block.node]) if block.tag == "p" else block.node] += len(block.text)
            if since < _BELOW:
                teasers, teased, since = teasers + 1, teased + len(block.text), _BELOW
    total = groups.total() or 1
    largest = groups.most_common(1)
    return Shape(together=largest[0][1] / total if largest else 1.0, teasers=teasers, teased=teased / total)


def _told(found: list[Block], keys: list[str], hints: Hints) -> list[int]:
    """The blocks right below the page's heading that its own description tells: the text of a post of a few words."""
    if not hints.title or len(hints.summary) < _TELLING:
        return []
    for heading, block in enumerate(found):
        if block.tag in HEADINGS and keys[heading] == hints.title:
            near = range(heading + 1, min(heading + 1 + _NEAR, len(found)))
            told = [at for at in near if len(keys[at]) >= _TELLING and keys[at] in hints.summary]
            if told:
                return told
    return []


def _is_sure(keys: list[str], chances: NDArray[np.float64]) -> bool:
    """Whether few letters stand in blocks that could be the article's or not."""
    letters = np.array([len(words) for words in keys])
    doubt = float((letters * np.minimum(chances, 1.0 - chances)).sum())
    return doubt < _DOUBT * float(letters[chances > _KEEP].sum())


def _agree(keys: list[str], chances: NDArray[np.float64], stated: str | None) -> bool:
    """Where the page holds most of JSON-LD's articleBody, its word is taken, and the answer is yes.

    A block that it holds is kept; a long block that it lacks is kept only where the forest is sure.
    """
    if not stated or len(stated) < _STATED:
        return False
    whole = key(stated)
    inside = np.array([len(words) > 15 and words in whole for words in keys])
    lengths = np.array([len(words) for words in keys])
    if not whole or lengths[inside].sum() < _STATED_COVERED * len(whole):
        return False
    chances[inside] = 1.0
    chances[~inside & (lengths > 15)] *= 0.6
    return True


def _text(found: list[Block], chances: NDArray[np.float64]) -> str:
    """The likely blocks as paragraphs; a long one that comes again and headings with nothing below are left out."""
    seen: set[str] = set()
    lines: list[tuple[bool, str]] = []
    for block, chance in zip(found, chances.tolist(), strict=True):
        if chance <= _KEEP or (len(block.text) > _REPEATED and block.text in seen):
            continue
        seen.add(block.text)
        lines.append((block.tag in HEADINGS, block.text))
    while lines and lines[-1][0]:
        lines.pop()
    return "\n\n".join(text for _, text in lines)


def _scripted(scripts: list[HtmlElement]) -> str:
    """The story that the page's scripts hold as data, as paragraphs."""
    text = scripted.story(one.text or "" for one in scripts)
    if text is None:
        return ""
    lines = text if "<" in text else "<br>".join(text.split("\n"))
    try:
        return all_of(parse(repair(f"<html><body><div>{lines}</div></body></html>")))
    except NotHtml:
        return ""


def all_of(tree: HtmlElement) -> str:
    """All text of a tree that holds nothing but the article: the content that a feed carries."""
    parts: list[str] = []
    silent = 0
    for event, one in etree.iterwalk(tree, events=("start", "end")):
        if one.tag in _FLOW:
            parts.append("\n")
        silent += (1 if event == "start" else -1) if one.tag in _SILENT else 0
        piece = one.text if event == "start" else one.tail
        if piece and not silent:
            parts.append(piece)
    return _paragraphs("".join(parts))


def _paragraphs(text: str) -> str:
    return "\n\n".join(line for line in map(one_line, text.split("\n")) if line)
