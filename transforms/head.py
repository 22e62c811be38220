"""The page's meta tags and links, read once, by lower-case name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml.html import HtmlElement

from newsbeam.text import one_line

_MAX_VALUE: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the page's head says. metas: (name, content) in page order, name lower case, content on one line, not empty.

    links: (rel, href) in page order. language: of the html element. title: text of the title element.
    """

    metas: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    language: str | None = None
    title: str | None = None

    def all(self, *names: str) -> Iterator[str]:
        """The contents of the tags of these names: by the order of the names, then of the page."""
        for name in names:
            yield from (content for key, content in self.metas if key == name)

    def first(self, *names: str) -> str | None:
        """The first content for these names, in the order of the names."""
        return next(self.all(*names), None)

    def linked(self, rel: str) -> Iterator[str]:
        """The addresses of the links with this relation."""
        return (href for kind, href in self.links if kind == rel)


def read(tree: HtmlElement) -> Head:
    """The head of a page; tags that stray into the body count too, since parsers move them there."""
    metas: list[tuple[str, str]] = []
    for tag in tree.iter("meta"):
        # Some pages, and what some tools save of pages, have the content as the tag's value.
        content = tag.get("content") or tag.get("value")
        if not content or len(content) > _MAX_VALUE:
            continue
        if tag.get("http-equiv") and tag.getparent().tag == "noscript":  # an order for browsers without scripts
            continue
        line = one_line(content)
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = tag.get(attribute)
            if name and line:
                metas.append((name.strip().lower(), line))
    links = [
        (rel, href.strip())
        for tag in tree.iter("link")
        if (href := tag.get("href")) and (kinds := tag.get("rel"))
        for rel in kinds.lower().split()
    ]
    # The first title: an SVG in the body has titles of its own.
    title = tree.find(".//title")
    return Head(
        metas=tuple(metas),
        links=tuple(links),
        language=(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip() or None,
        title=(one_line(title.text or "") or None) if title is not None else None,
    )
