"""What a feed said about a page, as it stands beside the page in newsbeam's own archives: JSON, both ways.

A description is a WARC `metadata` record of CONTENT_TYPE in front of the record that it is about, whose id its
WARC-Concurrent-To names. docs/archive.md documents the form.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

import orjson

from newsbeam.records import Entry, digest
from newsbeam.urls import article_id

CONTENT_TYPE = "application/vnd.newsbeam.entry+json"
FORM = "newsbeam-entry"
VERSION = 1

_URN = "urn:newsbeam:entry:"
_LISTS = ("authors", "tags")
_NEEDED = ("key", "feed_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """entry: what the feed said. charset: of the page, as the server named it when it was fetched; None without."""

    entry: Entry
    charset: str | None = None


def urn_of(entry: Entry) -> str:
    """The target URI of the content of an entry that has no page."""
    return _URN + entry.key


def is_urn(target: str) -> bool:
    """Whether a target URI is that of an entry without a page."""
    return target.startswith(_URN)


def id_of_target(target: str) -> str:
    """The id of the article that the record of a target URI gives: of the address, or of feed and guid."""
    return digest("entry", target.removeprefix(_URN)) if is_urn(target) else article_id(target)


def to_json(description: Description) -> bytes:
    """The block of a description. What cannot stand in UTF-8 (a lone surrogate) is left out."""
    values = {"form": FORM, "version": VERSION, "charset": description.charset, "entry": asdict(description.entry)}
    try:
        return orjson.dumps(values)
    except TypeError:
        return orjson.dumps(_writable(values))


def of_json(block: bytes) -> Description | None:
    """The description of a block; None where it is none that can be read.

    Fields that this version does not know are passed over, and those that it misses are empty: archives outlive us.
    """
    try:
        values = orjson.loads(block)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(values, dict) or values.get("form") != FORM or not isinstance(values.get("entry"), dict):
        return None
    charset, said = values.get("charset"), values["entry"]
    if not _is_text(charset) or any(not isinstance(said.get(name), str) for name in _NEEDED):
        return None
    known: dict[str, Any] = {"url": None} | {one.name: said[one.name] for one in fields(Entry) if one.name in said}
    for name, value in known.items():
        if name in _LISTS:
            if not isinstance(value, list) or not all(one is not None and _is_text(one) for one in value):
                return None
            known[name] = tuple(value)
        elif name == "attempts":
            if type(value) is not int:
                return None
        elif not _is_text(value):
            return None
    return Description(entry=Entry(**known), charset=charset)


def _is_text(value: Any) -> bool:
    """Whether a value may stand in a field of text. NUL may not: no feed of ours has it, and databases refuse it."""
    return value is None or (isinstance(value, str) and "\0" not in value)


def _writable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _writable(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_writable(one) for one in value]
    return value.encode("utf-8", "ignore").decode() if isinstance(value, str) else value
