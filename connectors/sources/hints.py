"""What a feed says of itself before its items: where it lives, and when it asks not to be polled. Pure.

feedparser keeps only the last of several hours and days, so they are read here, from the text of the feed's head.
"""

import contextlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from newsbeam import urls

_HEAD = 20_000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ITEM = re.compile(r"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_BLOCK = {
    name: re.compile(rf"<{name}\s*>(.{{0,4000}}?)</{name}\s*>", re.I | re.S) for name in ("skipHours", "skipDays")
}
_HOUR = re.compile(r"<hour\s*>\s*(\d{1,2})\s*</hour\s*>", re.IGNORECASE)
_DAY = re.compile(r"<day\s*>\s*([A-Za-z]{6,9})\s*</day\s*>", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LINK = re.compile(r"<(?:[A-Za-z_][\w.-]{0,30}:)?link\s([^<>]{1,5000})>")
_ATTRIBUTE = re.compile(r"\b(rel|href)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_FEED_URL = re.compile(r'"feed_url"\s*:\s*("(?:[^"\\]|\\.){1,4096}")')


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """self_link: the address that the feed gives itself, absolute; None without one.

    skip_hours, skip_days: bit n for hour n (UTC), for the n-th day from Monday on; 0 without.
    """

    self_link: str | None = None
    skip_hours: int = 0
    skip_days: int = 0


def read(body: bytes, *, base: str) -> Hints:
    """The hints in a feed's document (RSS 2.0's skipHours and skipDays; Atom's self link; JSON Feed's feed_url).

    base: the feed's address, for a relative link. Only the first 20,000 bytes before the first item are looked at; all
    that counts in them is ASCII.
    """
    head = body[:_HEAD].decode("utf-16" if body.startswith(_UTF16) else "utf-8", "replace")
    item = _ITEM.search(head)
    head = head[: item.start()] if item else head
    return Hints(
        self_link=urls.absolute(base, _self_link(head)),
        # Hour 24 is midnight: RSS 0.91 counted from 1.
        skip_hours=_bits(int(one) % 24 for one in _HOUR.findall(_block(head, "skipHours")) if int(one) <= 24),
        skip_days=_bits(
            _DAYS.index(one) for one in map(str.lower, _DAY.findall(_block(head, "skipDays"))) if one in _DAYS
        ),
    )


def _block(head: str, name: str) -> str:
    found = _BLOCK[name].search(head)
    return found.group(1) if found else ""


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << one for one in set(numbers))


def _self_link(head: str) -> str | None:
    if named := _FEED_URL.search(head):
        with contextlib.suppress(ValueError):
            return str(json.loads(named.group(1), strict=False))
    for link in _LINK.findall(head):
        attributes: dict[str, str] = {
            name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(link)
        }
        if attributes.get("rel", "").lower() == "self" and attributes.get("href"):
            return attributes["href"].replace("&amp;", "&")
    return None
