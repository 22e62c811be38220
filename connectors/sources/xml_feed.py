"""RSS 0.9x to 2.0, RSS 1.0 (RDF), Atom 0.3 and 1.0 and CDF, by feedparser, as a channel.

feedparser sees mended UTF-8 with its declaration and no address at all: it can open nothing. Its own cleaning of HTML
is off, because content is cleaned by extraction, and takes half to two thirds of its time.
"""

import datetime
import io
import re
import time
from typing import Any, cast

import feedparser

from newsbeam.connectors.sources import dates
from newsbeam.connectors.sources.errors import NotAFeed
from newsbeam.connectors.sources.items import Channel, Item
from newsbeam.connectors.sources.markup import html_of, text_of
from newsbeam.connectors.sources.repair import apart, limited, mended
from newsbeam.records import digest

_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_HTML_TYPES = ("", "html", "text/html", "application/xhtml+xml", "xhtml")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:\?|$)", re.IGNORECASE)
_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_SPLIT_NAME = re.compile(r"\A\S*\s\(([^()]+)\Z")
_DOMAIN_END = re.compile(r"[a-z]*\Z")
"""What feedparser makes of "jane@paper.online (Jane)" and of the bare address: it ends one after "onli"."""
_RDF_FEED = re.compile(r"<rdf:RDF\s[^>]{0,2000}netscape\.com/rdf/simple", re.IGNORECASE)
_TITLE = 10_000


def read_xml(text: str, *, max_items: int) -> Channel:
    """The channel that an XML feed states; at most `max_items` items are read.

    Raises:
        NotAFeed: neither a feed's root element nor an item was found, or feedparser broke on a document without items.
    """
    text, left_off = limited(mended(text), max_items)
    parsed = _parsed(text)
    entries = parsed["entries"]
    if parsed.get("bozo"):
        alone = apart(text)
        if "broke" in parsed and not alone:
            raise NotAFeed(f"{_seems(text)} without items, on which the parser broke ({parsed['broke'][:200]})")
        if len(alone) > len(entries):
            entries = _each_alone(text, alone)
    version = parsed.get("version") or ("rss" if _RDF_FEED.search(text[:4096]) else "")
    if not version and (not entries or _looks_like_a_page(text)):
        raise NotAFeed(_seems(text))
    feed = parsed["feed"]
    return Channel(
        version=version,
        items=tuple(_item(entry, atom=version.startswith("atom")) for entry in entries),
        title=_short(feed, "title"),
        link=next(iter(_links(feed)), None),
        language=_string(feed, "language"),
        ttl_s=_ttl(feed),
        left_off=left_off,
    )


def _parsed(text: str) -> dict[str, Any]:
    """feedparser's result; where it breaks, as it does on some malformed markup, a result that says so in `broke`."""
    body = io.BytesIO(text.encode("utf-8"))
    try:
        return dict(feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False, response_headers=_HEADERS))
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        return {"broke": f"{type(error).__name__}: {error}", "entries": [], "feed": {}, "bozo": True, "version": ""}


def _each_alone(text: str, alone: list[str]) -> list[dict[str, Any]]:
    """The entry of each item; one that breaks the parser is read once more without what the channel says of itself."""
    entries = [_only_entry(one) for one in alone]
    if not any(entry.get("broke") for entry in entries):
        return entries
    bare = apart(text, bare=True)
    again = [_only_entry(bare[at]) if entry.get("broke") else entry for at, entry in enumerate(entries)]
    return [entry if other.get("broke") else other for entry, other in zip(entries, again, strict=True)]


def _only_entry(document: str) -> dict[str, Any]:
    """The entry of a document made for one item."""
    parsed = _parsed(document)
    for entry in parsed["entries"]:
        return cast(dict[str, Any], entry)
    return {"broke": parsed.get("broke", ""), "id": digest("item", document)}


def _item(entry: dict[str, Any], *, atom: bool) -> Item:
    guid = _string(entry, "id")
    contents = tuple(_contents(entry))
    links = tuple(_links(entry)) or _identifier_as_link(entry, guid, atom=atom, has_content=bool(contents))
    published = _dates(entry, "published", "created")
    updated = _dates(entry, "updated")
    if not atom and not published:
        published, updated = updated, ()
    return Item(
        broken=str(dict.get(entry, "broke") or ""),
        links=links,
        guid=guid,
        title=_short(entry, "title"),
        contents=contents,
        authors=tuple(_authors(entry)),
        published=published,
        updated=updated,
        language=_string(entry, "language") or _detail(entry, "title").get("language"),
        tags=tuple(str(tag.get("label") or tag.get("term") or "") for tag in dict.get(entry, "tags") or ()),
        images=tuple(_images(entry)),
    )


def _links(entry: dict[str, Any]) -> list[str]:
    """The addresses of the page: FeedBurner's original first, then alternates of type HTML, then other alternates."""
    found = [dict.get(entry, name) for name in ("feedburner_origlink", "pheedo_origlink")]
    alternates = [link for link in dict.get(entry, "links") or () if link.get("rel") == "alternate"]
    for is_page in (True, False):
        found += [link.get("href") for link in alternates if (link.get("type", "") in _HTML_TYPES) is is_page]
    return [link for link in dict.fromkeys(found) if isinstance(link, str) and link.strip()]


def _identifier_as_link(entry: dict[str, Any], guid: str | None, *, atom: bool, has_content: bool) -> tuple[str, ...]:
    """An RSS guid is an address unless it says no; an Atom id only names, and is tried where there is nothing else."""
    if guid is None or not _WEB.match(guid.strip()):
        return ()
    if atom and has_content:
        return ()
    is_rdf = "guidislink" not in entry
    return (guid,) if is_rdf or dict.get(entry, "guidislink") else ()


def _string(place: dict[str, Any], name: str) -> str | None:
    value = dict.get(place, name)
    return value if isinstance(value, str) and value else None


def _short(place: dict[str, Any], name: str) -> str:
    value = _string(place, name) or ""
    return text_of(value[:_TITLE], is_html=_detail(place, name).get("type", "text/plain") in _HTML_TYPES)


def _detail(place: dict[str, Any], name: str) -> dict[str, Any]:
    found = dict.get(place, f"{name}_detail")
    return found if isinstance(found, dict) else {}


def _contents(entry: dict[str, Any]) -> list[str]:
    details = [*(dict.get(entry, "content") or ()), _detail(entry, "summary")]
    if not _detail(entry, "summary"):
        details.append({"value": _string(entry, "summary"), "type": "text/html"})
    return [
        html_of(detail["value"], is_html=_is_html(detail.get("type", "text/html")))
        for detail in details
        if isinstance(detail.get("value"), str) and detail["value"].strip()
    ]


def _is_html(kind: str) -> bool:
    """Whether content of a type is HTML; what is no text of another kind (what was in base64, say) is taken for it."""
    return kind in _HTML_TYPES or not kind.startswith("text/")


def _authors(entry: dict[str, Any]) -> list[str]:
    names = []
    for author in dict.get(entry, "authors") or ():
        name = str(author.get("name") or "")
        names.append("" if author.get("email") and _DOMAIN_END.match(name) else name)
    if last := _string(entry, "author"):
        names[-1:] = [last]
    names = [_SPLIT_NAME.sub(r"\1", name[:_TITLE]) for name in names]
    return [text_of(name, is_html=True) for name in names]


def _dates(entry: dict[str, Any], *names: str) -> tuple[str, ...]:
    found = []
    for name in names:
        raw = _string(entry, name)
        known = raw and (dates.iso_of(raw) or _lenient(raw, dict.get(entry, f"{name}_parsed")))
        if known:
            found.append(known)
    return tuple(found)


def _lenient(raw: str, parsed: time.struct_time | None) -> str | None:
    """feedparser's reading (Greek, Hungarian, Korean and asctime forms), where the digits of `raw` bear it out."""
    if parsed is None or not 1 <= parsed.tm_year <= 9998:
        return None
    moment = datetime.datetime(*parsed[:5], min(parsed[5], 59), tzinfo=datetime.UTC)
    return moment.isoformat() if dates.agrees(moment, raw) else None


def _images(entry: dict[str, Any]) -> list[str]:
    media = [one for one in dict.get(entry, "media_content") or () if isinstance(one, dict)]
    media = [one for one in media if _is_picture(one)]
    media.sort(key=lambda one: -_number(one.get("width")))
    thumbnails = [one for one in dict.get(entry, "media_thumbnail") or () if isinstance(one, dict)]
    enclosed = [one for one in dict.get(entry, "links") or () if one.get("rel") == "enclosure" and _is_picture(one)]
    image = dict.get(entry, "image")
    found = [*media, *enclosed, *thumbnails, *([image] if isinstance(image, dict) else [])]
    return [str(one.get("url") or one.get("href") or "") for one in found]


def _is_picture(one: dict[str, Any]) -> bool:
    kind = str(one.get("medium") or one.get("type") or "").lower()
    return kind.startswith("image") or (
        not kind and bool(_PICTURE.search(str(one.get("url") or one.get("href") or "")))
    )


def _ttl(feed: dict[str, Any]) -> float | None:
    """RSS ttl (minutes) or the syndication module's update period divided by its frequency, in seconds."""
    minutes = _number(dict.get(feed, "ttl"))
    if minutes > 0:
        return minutes * 60.0
    period = _PERIODS.get(str(dict.get(feed, "sy_updateperiod") or "").strip().lower())
    return period / max(1, _number(dict.get(feed, "sy_updatefrequency"))) if period else None


def _number(value: object) -> int:
    found = re.match(r"\s*(\d{1,9})", str(value or ""))
    return int(found.group(1)) if found else 0


def _looks_like_a_page(text: str) -> bool:
    return bool(re.search(r"<!doctype\s+html|<html[\s>]", text[:4096], re.IGNORECASE))


def _seems(text: str) -> str:
    """What a document without a feed's root seems to be."""
    start = text[:4096].lower()
    if not text.partition("?>")[2].strip():
        return "only white space"
    if _looks_like_a_page(text):
        return "an HTML page"
    for mark, name in (
        ("<opml", "an OPML list of feeds"),
        ("<sitemapindex", "a sitemap index"),
    ):
        if mark in start:
            return name
    found = re.search(r"<([a-z][\w:.-]{0,60})", start)
    return f"XML with the root element {found.group(1)!r}" if found else "no XML"
