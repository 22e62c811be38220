"""Trafilatura's view of a page, asked of a tree from which what is plainly no prose was taken."""

import logging
from typing import Final

import numpy as np
import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from numpy.typing import NDArray
from trafilatura.utils import HTML_PARSER

from newsbeam.transforms.blocks import Outline, is_marked

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
# As in html.py: a class lookup in C for the trees that trafilatura parses itself.
HTML_PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))

_INLINE: Final = frozenset("a abbr b br cite code em font i ins mark q s small span strong sub sup u wbr".split())
_LINKED: Final = 0.6


def reduce(outline: Outline, weight: NDArray[np.float64]) -> None:
    """Drop from the tree what holds no prose: empty containers, lists of links, and what its class names as furniture.

    weight: prose in and below each node. On real pages this halves the time that trafilatura needs, and its F1 rises
    by .000 to .020 (measured on four sets of news pages).
    """
    blocks, elements = outline.blocks, outline.elements
    number = outline.below([1.0] * len(blocks)).tolist()
    size = outline.below([len(block.text) for block in blocks]).tolist()
    link = outline.below([block.link for block in blocks]).tolist()
    prose, last = weight.tolist(), outline.last.tolist()
    node = 1
    while node < len(elements):
        element = elements[node]
        if prose[node] > 0 and element.tag not in ("p", "ul", "ol"):
            node += 1
            continue
        if not number[node]:
            dropped = element.tag not in _INLINE
        else:
            linked = number[node] > 1 and link[node] > _LINKED * size[node]
            dropped = prose[node] <= 0 and (linked or is_marked(element))
        if dropped:
            element.drop_tree()
        node = last[node] + 1


def text(tree: HtmlElement, *, fast: bool = True) -> str:
    """Trafilatura's text, a paragraph a line; empty when it finds none. fast: without its comparison of extractors."""
    found = trafilatura.bare_extraction(tree, fast=fast, include_comments=False)
    return getattr(found, "text", None) or ""
