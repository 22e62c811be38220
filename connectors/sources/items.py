"""What every feed format comes down to before the rules for entries: a channel with its items, as written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item as its feed states it, nothing judged.

    links: addresses of its page, the best first, perhaps relative. title: text. contents: HTML. dates and languages
    as written; several where the format has several places for one. images: addresses, the best first. broken: why
    the parser could not read the item; empty where it could.
    """

    links: tuple[str, ...] = ()
    guid: str | None = None
    title: str = ""
    contents: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    language: str | None = None
    tags: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A feed as written. link: of its site. ttl_s: seconds that it asks to be left alone; None when it says nothing.

    left_off: items of the document that were not read, because they were too many.
    """

    version: str
    items: tuple[Item, ...]
    title: str = ""
    link: str | None = None
    language: str | None = None
    ttl_s: float | None = None
    left_off: int = 0
