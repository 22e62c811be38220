"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1) as a channel."""

import json
import re
from typing import Any

from newsbeam.connectors.sources import dates
from newsbeam.connectors.sources.errors import NotAFeed
from newsbeam.connectors.sources.items import Channel, Item
from newsbeam.connectors.sources.markup import html_of, text_of

_WEB = re.compile(r"https?://", re.IGNORECASE)
_TITLE = 10_000


def looks_like_json(text: str) -> bool:
    """Whether the document can only be JSON."""
    return text[:1000].lstrip("\ufeff \t\r\n").startswith(("{", "["))


def read_json(text: str, *, max_items: int) -> Channel:
    """The channel that a JSON Feed states; at most `max_items` items are read.

    Raises:
        NotAFeed: the document is not JSON, or has neither JSON Feed's version nor a title with a list of items.
    """
    try:
        document = json.loads(text.lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError) as error:
        raise NotAFeed(f"JSON that cannot be read: {str(error)[:200]}") from None
    version = _text(document, "version")
    named = "jsonfeed.org/version" in version
    items = document.get("items") if isinstance(document, dict) else None
    if not named and not (_text(document, "title") and isinstance(items, list)):
        raise NotAFeed("JSON that is no JSON Feed")
    items = items if isinstance(items, list) else []
    return Channel(
        version="json11" if version.rstrip("/").endswith("1.1") else "json1",
        items=tuple(_item(item) for item in items[:max_items]),
        title=_text(document, "title"),
        link=_text(document, "home_page_url") or None,
        language=_text(document, "language") or None,
        left_off=max(0, len(items) - max_items),
    )


def _item(item: object) -> Item:
    if not isinstance(item, dict):
        return Item()
    guid = _text(item, "id")
    contents = [html_of(_text(item, name), is_html=name == "content_html") for name in ("content_html", "content_text")]
    contents = [one for one in [*contents, html_of(_text(item, "summary"), is_html=False)] if one.strip()]
    links = [_text(item, "url")]
    if not contents and not links[0]:
        links += [_text(item, "external_url"), guid if _WEB.match(guid) else ""]
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    tags = item.get("tags") if isinstance(item.get("tags"), list) else []
    return Item(
        links=tuple(link for link in links if link.strip()),
        guid=guid or None,
        title=text_of(_text(item, "title")[:_TITLE], is_html=False),
        contents=tuple(contents),
        authors=tuple(_text(author, "name")[:_TITLE] for author in authors or ()),
        published=_date(item, "date_published"),
        updated=_date(item, "date_modified"),
        language=_text(item, "language") or None,
        tags=tuple(tag for tag in tags or () if isinstance(tag, str)),
        images=tuple(_images(item)),
    )


def _text(place: Any, name: str) -> str:
    """The value as text; a number is its digits (ids of older feeds), anything else is nothing."""
    value = place.get(name) if isinstance(place, dict) else None
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _date(item: dict[str, Any], name: str) -> tuple[str, ...]:
    found = dates.iso_of(_text(item, name))
    return (found,) if found else ()


def _images(item: dict[str, Any]) -> list[str]:
    attached = item.get("attachments") if isinstance(item.get("attachments"), list) else []
    pictures = [_text(one, "url") for one in attached or () if _text(one, "mime_type").startswith("image/")]
    return [address for address in (_text(item, "image"), _text(item, "banner_image"), *pictures) if address]
