"""What tells whether a block belongs to the article, as numbers for the forest."""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from newsbeam.transforms.blocks import HEADINGS, Block, Numbers, Outline, is_marked

ALONE: Final = (
    "size", "own_size", "link_share", "weight", "sentences", "ends_as_sentence", "capitals", "digits", "is_item",
    "is_other",
    "heading_level", "marks_above", "parent_share", "grandparent_share", "top_share", "inside_top",
    "depth_below_top", "shape_share",
    "shape_count", "shape_links", "summary", "title",
)  # fmt: skip
AMONG: Final = (
    "place", "place_of_weight", "since_heading", "to_heavy_after", "link_after", "near_weight", "near_link",
    "wide_weight",
    "wide_link", "page_weight", "page_blocks",
)  # fmt: skip
SECOND: Final = ("second_kept", "second_near", "second_size")
NAMES: Final = ALONE + AMONG + SECOND

Row = NDArray[np.float64]
Matrix = NDArray[np.float32]

_MARKED_MOST: Final = 0.25
"""An element that holds more of the page's prose than this is the layout, whatever its class says."""
_DESCENT: Final = 0.7
_HEAVY: Final = 80.0
_FAR: Final = 50
_ENDING: Final = frozenset('.!?…。！？”"»')
_NEAR: Final = np.array([0.5, 0.75, 1.0, 0.75, 0.5])
_SAMPLE: Final = 600
_SHORT: Final = 200
_ITEMS: Final = frozenset(("li", "dd", "dt"))
_USUAL: Final = HEADINGS | _ITEMS | {"p", "td", "th", "blockquote"}
_NO_KEY: Final = re.compile(r"[^\w\n]+")

_IS_END, _IS_AFTER, _IS_CAPITAL, _IS_DIGIT = 1, 2, 4, 8
_BLANK: Final = " ".encode("utf-32-le")


def _kinds() -> NDArray[np.uint8]:
    """What each character of the Basic Multilingual Plane is, as bits."""
    kinds = [_IS_CAPITAL * char.isupper() | _IS_DIGIT * char.isdigit() for char in map(chr, range(0x10000))]
    for char in ".!?…。！？,،":
        kinds[ord(char)] |= _IS_END
    for char in ' ”"»':
        kinds[ord(char)] |= _IS_AFTER
    return np.array(kinds, dtype=np.uint8)


_KINDS: Final = _kinds()


def key(text: str) -> str:
    """Letters and digits only, folded: for finding a text in another."""
    return _NO_KEY.sub("", text.casefold()).replace("\n", "")


def keys_of(blocks: list[Block]) -> list[str]:
    """The key of each block's text."""
    return _NO_KEY.sub("", "\n".join([block.text for block in blocks]).casefold()).split("\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known of the article besides its tree, as keys. summary: the page's description."""

    summary: str = ""
    title: str = ""


class _Letters:
    """The texts of a page's blocks as one row of characters, for counting in all of them at once."""

    def __init__(self, texts: list[str]) -> None:
        cut = [text[:_SAMPLE] for text in texts]
        codes = np.frombuffer(" ".join(cut).encode("utf-32-le", "replace") + _BLANK, dtype=np.uint32)
        self._lengths = np.array([len(text) for text in cut])
        self._starts = np.append(0, np.cumsum(self._lengths + 1)[:-1])
        self._kinds = _KINDS[np.minimum(codes, len(_KINDS) - 1)]

    def endings(self) -> Row:
        """How many sentences end in the first 600 characters of each text."""
        ends = (self._kinds[:-1] & _IS_END > 0) & (self._kinds[1:] & _IS_AFTER > 0)
        return self._counted(ends, self._lengths)

    def share(self, kind: int) -> Row:
        """The share of capitals or digits in the first 200 characters of each text."""
        lengths = np.minimum(self._lengths, _SHORT)
        share: Row = self._counted(self._kinds & kind > 0, lengths) / lengths
        return share

    def _counted(self, there: NDArray[np.bool_], lengths: Numbers) -> Row:
        sums = np.append(0, np.cumsum(there))
        counted: Row = (sums[self._starts + lengths] - sums[self._starts]).astype(np.float64)
        return counted


def _marks(outline: Outline, weight: Row) -> tuple[list[int], list[bool]]:
    """For each node with text: number of marked elements above and at it; whether it is in light furniture.

    Light is a marked element that holds little of the page's prose.
    """
    elements, parent = outline.elements, outline.parent.tolist()
    number = outline.below([1.0] * len(outline.blocks)).tolist()
    light_below = _MARKED_MOST * weight[0]
    counts, light = [0] * len(elements), [False] * len(elements)
    for node in range(1, len(elements)):
        if number[node]:
            above = parent[node]
            counts[node], light[node] = counts[above], light[above]
            element = elements[node]
            if element.tag not in ("article", "main") and is_marked(element):
                counts[node] += 1
                light[node] = light[node] or weight[node] < light_below
    return counts, light


def top_of(outline: Outline, weight: Row) -> int:
    """The lowest node that still holds the bulk of the prose: from each down to the child that has 70 % of it."""
    top = 0
    while True:
        children = np.flatnonzero(outline.parent[top + 1 : outline.last[top] + 1] == top) + top + 1
        if not len(children):
            return top
        best = int(children[weight[children].argmax()])
        if weight[best] < _DESCENT * weight[top] or outline.elements[best].tag in ("p", "ul", "ol", "blockquote"):
            return top
        top = best


def _shapes(outline: Outline) -> Numbers:
    """The number of each block's shape: tag and class of its element, class of the parent."""
    known: dict[tuple[str, str, str], int] = {}
    of_node: dict[int, int] = {}
    parent = outline.parent.tolist()
    for block in outline.blocks:
        if block.node not in of_node:
            element = outline.elements[block.node]
            above = outline.elements[parent[block.node]] if parent[block.node] >= 0 else element.getparent()
            shape = (
                str(element.tag),
                element.get("class") or "",
                (above.get("class") or "") if above is not None else "",
            )
            of_node[block.node] = known.setdefault(shape, len(known))
    return np.array([of_node[block.node] for block in outline.blocks])


def matrix(outline: Outline, keys: list[str], weight: Row, hints: Hints) -> Matrix:
    """One row a block, one column for each of NAMES; those of the second view are filled by add_second.

    keys: of the blocks' texts. weight: prose in and below each node. The outline has at least one block.
    """
    blocks = outline.blocks
    count = len(blocks)
    nodes = np.array([block.node for block in blocks])
    mark_counts, in_light = _marks(outline, weight)
    light = np.array([in_light[node] for node in nodes])
    prose = np.array([block.weight for block in blocks])
    clean = outline.below(np.where(light, 0.0, prose))
    total = float(clean[0]) or 1.0
    top = top_of(outline, clean)
    inside = (nodes >= top) & (nodes <= outline.last[top])
    depths = np.where(inside, np.minimum(outline.depth[nodes] - outline.depth[top], 12), -1)
    size = np.array([float(len(block.text)) for block in blocks])
    links = np.array([float(block.link) for block in blocks]) / size
    shapes = _shapes(outline)
    of_shape = np.bincount(shapes)
    parents = outline.parent[nodes]
    letters = _Letters([block.text for block in blocks])
    tags = [block.tag for block in blocks]
    own = np.column_stack((
        size,
        size - np.array([block.link for block in blocks]),
        links,
        prose,
        letters.endings(),
        [block.text[-1] in _ENDING for block in blocks],
        letters.share(_IS_CAPITAL),
        letters.share(_IS_DIGIT),
        [tag in _ITEMS for tag in tags],
        [tag not in _USUAL for tag in tags],
        [int(tag[1]) if tag in HEADINGS else 0 for tag in tags],
        [mark_counts[node] for node in nodes],
        clean[nodes] / total,
        np.where(parents >= 0, clean[parents] / total, 1.0),
        np.full(count, clean[top] / total),
        inside,
        depths,
        (np.bincount(shapes, weights=prose) / total)[shapes],
        (of_shape / count)[shapes],
        (np.bincount(shapes, weights=links) / of_shape)[shapes],
        [
            len(words) > 20 and bool(hints.summary) and (words in hints.summary or hints.summary in words)
            for words in keys
        ],
        [bool(words) and words == hints.title for words in keys],
    )).astype(np.float64)  # fmt: skip
    first = next((at for at, tag in enumerate(tags) if tag == "h1"), None)
    return np.hstack((own, _among(own, np.where(light, 0.0, prose), first))).astype(np.float32)


def add_second(rows: Matrix, keys: list[str], second: str) -> None:
    """Fill the last columns: which blocks another extractor's text holds, how many of their neighbours, its length."""
    text = key(second)
    kept = np.array([bool(words) and words in text for words in keys], dtype=np.float64)
    rows[:, -3] = kept
    rows[:, -2] = _around(kept, np.ones(5))
    rows[:, -1] = np.log1p(len(text))


def _among(own: Row, prose: Row, first: int | None) -> Row:
    """The columns that speak of a block's neighbours and of its place on the page, in the order of AMONG."""
    count = len(prose)
    order = np.arange(count)
    links = own[:, 2]
    total = float(prose.sum()) or 1.0
    heavy = np.flatnonzero(prose >= _HEAVY)
    following = np.searchsorted(heavy, order)
    to_heavy = np.full(count, _FAR, dtype=np.float64)
    there = following < len(heavy)
    to_heavy[there] = np.minimum(heavy[following[there]] - order[there], _FAR)
    wide = np.ones(11)
    return np.column_stack((
        order / count,
        np.cumsum(prose) / total,
        np.clip(order - first, -50, 200) if first is not None else np.zeros(count),
        to_heavy,
        np.append(links[1:], 0.0),
        _around(prose, _NEAR),
        _around(links, _NEAR),
        _around(prose, wide),
        _around(links, wide),
        np.full(count, total),
        np.full(count, count),
        np.zeros((count, 3)),
    ))  # fmt: skip


def _around(values: Row, window: Row) -> Row:
    """The weighted sum of each value and its neighbours."""
    start = len(window) // 2
    return np.convolve(values, window)[start : start + len(values)]
