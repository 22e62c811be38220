"""A page's tree read as a row of text blocks, each with what tells prose from furniture."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from lxml import etree
from lxml.html import HtmlElement
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

SILENT: Final = (
    "script style noscript svg iframe object embed button input select textarea nav footer aside figure picture"
    " video audio canvas template dialog menu time label fieldset map head link meta source math"
    " datalist progress output noindex"
).split()
"""Elements whose text is never prose; a form is kept, for old pages stand in one as a whole."""

_SPARED: Final = tuple("aside footer nav figure object label menu button dialog fieldset template noindex".split())
_BLOCKS: Final = frozenset(
    """address article aside blockquote body br center dd details div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tbody td tfoot th thead tr ul""".split()
)
HEADINGS: Final = frozenset("h1 h2 h3 h4 h5 h6".split())
_SENTENCE: Final = re.compile(r"[.!?…:;][»”\"')\]]*(?:\s|$)|[。！？、，؟۔।]")
_UNSPACED: Final = re.compile(r"[぀-ヿ㐀-鿿가-힣฀-๿]")
_MARK: Final = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|socials?|sociable|addthis|addtoany|sharedaddy|newsletter\w*|subscri\w+|signup|related"
    r"|recommend\w*|recirc\w*|outbrain|taboola|sidebar|breadcrumbs?|nav|navbar|navigation|menu|footer|cookie\w*|consent"
    r"|banner|advert\w*|ads?|adslot|adsense|sponsor\w*|promo\w*|teasers?|tags?|taglist|byline|authors?|bio|caption|credits?"
    r"|most-?(?:read|popular|viewed)|popular|trending|more-?(?:stories|news|on|from)|read-?more|also-?read|toolbar|tools"
    r"|pagination|pager|rating|poll|widget|metadata|meta|dateline|timestamp|hidden|visually-hidden|sr-only"
    r"|screen-reader\w*|skip\w*|copyright|disclaimer|login|overlay|modal|popup|toc|jp-relatedposts|yarpp\w*|comments?)"
    r"(?=$|[\s_-])",
    re.I,
)
_LEAST_SPARED: Final = 100
_SHORTEST: Final = 50
_SHORTEST_UNSPACED: Final = 15


@dataclass(slots=True)
class Block:
    """A run of text between two block boundaries.

    tag: of the innermost block element. link: characters inside of links. node: the element's place in the outline.
    weight: how much prose it is, in characters, 0 for none.
    """

    tag: str
    text: str
    link: int
    node: int
    weight: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """An element as numbered nodes in document order, and its text blocks.

    parent: of each node, -1 for the first. last: each node's last descendant, itself for a leaf. depth: below the
    first node.
    """

    blocks: list[Block]
    elements: list[HtmlElement]
    parent: Numbers
    last: Numbers
    depth: Numbers

    def below(self, values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum of the blocks' values in and below each node."""
        own = np.bincount([block.node for block in self.blocks], weights=values, minlength=len(self.elements))
        sums = np.append(0.0, np.cumsum(own))
        # Rounded, since what cancels out must be 0.
        below: NDArray[np.float64] = np.round(sums[self.last + 1] - sums[:-1], 6)
        return below


def read(body: HtmlElement) -> Outline:
    """The blocks of an element in document order; elements of SILENT are taken out of the tree first."""
    _spare(body)
    etree.strip_elements(body, *SILENT, with_tail=False)
    found: list[Block] = []
    elements: list[HtmlElement] = []
    parent: list[int] = []
    last: list[int] = []
    depth: list[int] = []
    parts: list[str] = []
    open_blocks: list[tuple[str, int]] = [("div", 0)]
    link = links = 0
    node = level = -1
    for event, one in etree.iterwalk(body, events=("start", "end")):
        name = one.tag
        if name in _BLOCKS and parts:
            _close(found, parts, link, open_blocks[-1])
            parts, link = [], 0
        if event == "start":
            parent.append(node)
            node = len(elements)
            level += 1
            elements.append(one)
            last.append(node)
            depth.append(level)
            if name == "a":
                links += 1
            elif name in _BLOCKS and name != "br":
                open_blocks.append((name, node))
            piece = one.text
        else:
            if name == "a":
                links -= 1
            elif name in _BLOCKS and name != "br":
                open_blocks.pop()
            last[node] = len(elements) - 1
            node = parent[node]
            level -= 1
            piece = one.tail if node >= 0 else None
        if piece and (parts or not piece.isspace()):
            parts.append(piece)
            if links:
                link += len(piece.strip())
    if parts:
        _close(found, parts, link, open_blocks[-1])
    return Outline(found, elements, np.array(parent), np.array(last), np.array(depth))


def _spare(body: HtmlElement) -> None:
    """Make plain containers of silent elements that hold most of the paragraphs: an aside that was never closed."""
    held = [(one, _paragraph_length(one)) for one in body.iter(*_SPARED)]
    held = [(one, size) for one, size in held if size >= _LEAST_SPARED]
    if not held:
        return
    total = _paragraph_length(body)
    for one, size in held:
        if size * 2 > total:
            one.tag = "div"


def _paragraph_length(element: HtmlElement) -> int:
    return sum(len(one.text_content()) for one in element.iter("p"))


def _close(found: list[Block], parts: list[str], link: int, place: tuple[str, int]) -> None:
    text = " ".join("".join(parts).split())
    if text:
        block = Block(place[0], text, min(link, len(text)), place[1])
        block.weight = _weight(block)
        found.append(block)


def _weight(block: Block) -> float:
    """Characters outside of links, of a block long enough to be prose; sentences count in full, list items less."""
    size = len(block.text) - block.link
    if block.tag in HEADINGS or block.link * 2 > len(block.text) or size < _SHORTEST_UNSPACED:
        return 0.0
    unspaced = not block.text.isascii() and _UNSPACED.search(block.text[:40]) is not None
    if size < _SHORTEST and not unspaced:
        return 0.0
    weight = float(size * 2 if unspaced else size)
    if not _SENTENCE.search(block.text):
        weight *= 0.3
    return weight * 0.7 if block.tag in ("li", "td", "dd") else weight


def is_marked(element: HtmlElement) -> bool:
    """Whether an element's class or id names furniture: share bars, newsletters, related stories, bylines,
    advertising.
    """
    names, name = element.get("class"), element.get("id")
    return bool((names and _names_furniture(names)) or (name and _names_furniture(name)))


@functools.lru_cache(maxsize=1 << 14)
def _names_furniture(names: str) -> bool:
    return _MARK.search(names) is not None
