"""Sitemaps and sitemap indexes (sitemaps.org/protocol.html), with Google's news and image extensions.

A sitemap is read as a channel whose items are its addresses. What is in no sitemap stays empty: text, authors.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from newsbeam import times
from newsbeam.connectors.sources import dates
from newsbeam.connectors.sources.errors import NotAFeed
from newsbeam.connectors.sources.items import Channel, Item
from newsbeam.connectors.sources.repair import mended
from newsbeam.text import one_line

_BEFORE_ROOT = re.compile(
    r"[\s\ufeff]+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)(?=[\s/>])")
_TITLE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A sitemap that an index names. url: as written. lastmod: ISO 8601; None where the index does not say."""

    url: str
    lastmod: str | None = None


def root_of(text: str) -> str:
    """The local name of the document's first element, lower case; empty where there is none."""
    at = 0
    while found := _BEFORE_ROOT.match(text, at):
        at = found.end()
    root = _ROOT.match(text, at)
    return root.group(1).lower() if root else ""


def is_sitemap(text: str) -> bool:
    """Whether a document is a sitemap; an index is none."""
    return root_of(text) == "urlset"


def is_index(text: str) -> bool:
    """Whether a document is a sitemap index."""
    return root_of(text) == "sitemapindex"


def read_sitemap(text: str, *, max_items: int) -> Channel:
    """The channel that a sitemap states. Of more than `max_items` addresses the newest are read.

    `lastmod` says when a page changed, so it is the item's update; only the news extension says when it was published.

    Raises:
        NotAFeed: no XML can be read in it.
    """
    found = [_item(one) for one in _named(_tree(text), "url")]
    items = [item for item, _ in found]
    if len(items) > max_items:
        items.sort(key=_moment, reverse=True)
    names = {name for _, name in found if name}
    return Channel(
        version="sitemap",
        items=tuple(items[:max_items]),
        title=names.pop() if len(names) == 1 else "",
        left_off=max(0, len(items) - max_items),
    )


def children_of(text: str) -> list[Child]:
    """The sitemaps that an index names, in its order; one without an address has an empty one.

    Raises:
        NotAFeed: no XML can be read in it.
    """
    return [
        Child(url=_text(one, "loc"), lastmod=dates.iso_of(_text(one, "lastmod")))
        for one in _named(_tree(text), "sitemap")
    ]


def _tree(text: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=True)
    root = etree.fromstring(mended(text).encode("utf-8"), parser)
    if root is None:
        raise NotAFeed("a sitemap in which no XML can be read")
    return root


def _item(url: Any) -> tuple[Item, str]:
    """The item of an address, and the name of its publication."""
    news = next(_named(url, "news"), None)
    publication = next(_named(news, "publication"), None)
    images = (_text(image, "loc") for image in _named(url, "image"))
    published, changed = (dates.iso_of(_text(*where)) for where in ((news, "publication_date"), (url, "lastmod")))
    item = Item(
        links=tuple(link for link in [_text(url, "loc")] if link),
        title=_text(news, "title"),
        published=(published,) if published else (),
        updated=(changed,) if changed else (),
        language=_text(publication, "language") or None,
        tags=tuple(tag for tag in _text(news, "keywords").split(",") if tag.strip()),
        images=tuple(image for image in images if image),
    )
    return item, _text(publication, "name")


def _named(parent: Any, name: str) -> Iterator[Any]:
    """The children of that local name; an undeclared prefix is passed over, as the parser leaves it in the name."""
    for one in () if parent is None else parent:
        if isinstance(one.tag, str) and one.tag.rpartition("}")[2].rpartition(":")[2].lower() == name:
            yield one


def _text(parent: Any, name: str) -> str:
    found = next(_named(parent, name), None)
    return "" if found is None else one_line("".join(found.itertext())[:_TITLE])


def _moment(item: Item) -> float:
    moment = times.parse(next(iter(item.updated or item.published), ""))
    return moment.timestamp() if moment else float("-inf")
