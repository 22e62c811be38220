"""What the test suites of other feed readers expect, put to newsbeam's reader: pure.

An expectation is judged only where newsbeam has the field. Values are compared as a reader of news sees them: short
fields and contents by their text, dates by their moment, charsets by what they make of the bytes.
"""

import ast
import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from newsbeam import text
from newsbeam.connectors.sources import dates
from newsbeam.connectors.sources.charset import codec_of
from newsbeam.connectors.sources.items import Channel, Item
from newsbeam.connectors.sources.markup import text_of

_ENTRY = {
    **{name: name for name in ("title", "link", "id", "author", "published", "updated", "created", "tags")},
    **{"guid": "id", "summary": "contents", "description": "contents", "content": "contents", "authors": "authors"},
    **{"published_parsed": "published", "updated_parsed": "updated", "created_parsed": "created"},
}
_FEED = {name: name for name in ("title", "link", "language", "ttl")}
_DATES = ("published", "updated", "created")
_GOFEED_ENTRY = {
    **{"title": "title", "link": "link", "guid": "id", "id": "id", "published": "published", "updated": "updated"},
    **{"pubDate": "published", "description": "contents", "content": "contents", "summary": "contents"},
}
_RSS_PARSER_ENTRY = {
    **{"title": "title", "link": "link", "guid": "id", "id": "id", "isoDate": "published", "content": "contents"},
    **{"content:encoded": "contents", "summary": "contents"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A field that a suite expects. entry: its number; None: of the feed. name: of newsbeam's field."""

    entry: int | None
    name: str
    expected: str


def claims_of(expression: str) -> list[Claim]:
    """What one of feedparser's expectations says of fields that newsbeam has; nothing where it says more than that.

    Whether feedparser complained (`bozo`) is no field of a feed and is passed over.
    """
    found = []
    for term in _terms(expression):
        if _is_bozo(term):
            continue
        claim = _claim(term)
        if claim is None:
            return []
        found.append(claim)
    return found


def without_bozo(expression: str) -> str:
    """The expectation without what it says of feedparser's complaints; empty where it says nothing else."""
    return " and ".join(f"({ast.unparse(one)})" for one in _terms(expression) if not _is_bozo(one))


def claims_of_gofeed(expected: Mapping[str, Any]) -> list[Claim]:
    """What gofeed expects of fields that newsbeam has, by its names in any of its three forms."""
    return [
        *_claims({"title": "title", "link": "link", "language": "language"}, expected, None),
        *_entries(_GOFEED_ENTRY, expected.get("items") or expected.get("entries") or ()),
    ]


def claims_of_rss_parser(expected: Mapping[str, Any]) -> list[Claim]:
    """What rss-parser expects of fields that newsbeam has."""
    feed = expected["feed"]
    return [
        *_claims({"title": "title", "link": "link", "language": "language"}, feed, None),
        *_entries(_RSS_PARSER_ENTRY, feed.get("items") or ()),
    ]


def is_met(claim: Claim, channel: Channel) -> bool:
    """Whether newsbeam's reader has found the value."""
    found = list(_values(claim, channel))
    if claim.name in _DATES:
        return any(_same_moment(one, claim.expected) for one in found)
    if claim.name == "language":
        return any(one.replace("_", "-").lower() == claim.expected.replace("_", "-").lower() for one in found)
    wanted = {_plain(claim.expected, is_html=is_html) for is_html in (True, False)}
    got = {_plain(one, is_html=claim.name == "contents") for one in found} or {""}
    return bool(wanted & got)


def same_charset(body: bytes, one: str | None, other: str | None) -> bool:
    """Whether two charsets make the same text of the bytes."""
    codecs = [codec_of(label) for label in (one, other)]
    if None in codecs:
        return False
    try:
        first, second = (body.decode(str(codec)).lstrip("\ufeff") for codec in codecs)
    except UnicodeDecodeError:
        return codecs[0] == codecs[1]
    return first == second


def _terms(expression: str) -> list[ast.expr]:
    if not expression.strip():
        return []
    tree = ast.parse(expression.strip(), mode="eval").body
    return tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]


def _is_bozo(term: ast.expr) -> bool:
    while isinstance(term, ast.UnaryOp) and isinstance(term.op, ast.Not):
        term = term.operand
    return isinstance(term, ast.Name) and term.id == "bozo"


def _claim(term: ast.expr) -> Claim | None:
    """The claim of `entries[0]['title'] == 'x'` and the like."""
    if not isinstance(term, ast.Compare) or len(term.ops) != 1 or not isinstance(term.ops[0], ast.Eq):
        return None
    path = re.sub(r"\.(?=[a-z])(\w+)", r"['\1']", ast.unparse(term.left))
    try:
        expected = ast.literal_eval(term.comparators[0])
    except ValueError:
        return None
    if path in ("version", "encoding"):
        return Claim(entry=None, name=path, expected=str(expected))
    found = re.fullmatch(r"(feed|entries\[(\d+)\])\['(\w+)'\](?:\[\d+\]\['(?:value|term|name)'\])?", path)
    if found is None or not isinstance(expected, str | tuple | int):
        return None
    number = int(found[2]) if found[2] else None
    name = (_FEED if number is None else _ENTRY).get(found[3])
    if name is None:
        return None
    if isinstance(expected, tuple):
        expected = datetime.datetime(*expected[:6], tzinfo=datetime.UTC).isoformat()
    return Claim(entry=number, name=name, expected=str(expected))


def _entries(names: Mapping[str, str], entries: Iterable[Mapping[str, Any]]) -> Iterator[Claim]:
    for number, one in enumerate(entries):
        yield from _claims(names, one, number)


def _claims(names: Mapping[str, str], place: Mapping[str, Any], number: int | None) -> Iterator[Claim]:
    for theirs, ours in names.items():
        value = place.get(theirs)
        if isinstance(value, str) and value.strip():
            yield Claim(entry=number, name=ours, expected=value)


def _values(claim: Claim, channel: Channel) -> Iterator[str]:
    if claim.entry is None:
        value = {
            "title": channel.title,
            "link": channel.link,
            "language": channel.language,
            "version": channel.version,
            "ttl": str(int((channel.ttl_s or 0) // 60)),
        }[claim.name]
        yield value or ""
    elif claim.entry < len(channel.items):
        yield from _of_item(channel.items[claim.entry], claim.name)


def _of_item(item: Item, name: str) -> Iterator[str]:
    match name:
        case "title":
            yield item.title
        case "link":
            yield from item.links
        case "id":
            yield item.guid or ""
        case "author" | "authors":
            yield from item.authors
            yield ", ".join(item.authors)
        case "tags":
            yield from item.tags
        case "contents":
            yield from item.contents
        case _:
            yield from (*item.published, *item.updated)


def _same_moment(one: str, other: str) -> bool:
    first, second = (dates.iso_of(value) or value for value in (one, other))
    try:
        moments = [datetime.datetime.fromisoformat(value) for value in (first, second)]
    except ValueError:
        return first == second
    aware = [moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC) for moment in moments]
    return aware[0] == aware[1]


def _plain(value: str, *, is_html: bool) -> str:
    """The text of a value, white space apart."""
    return "".join(text.one_line(text_of(value, is_html=is_html)).split())
