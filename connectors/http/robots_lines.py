"""The lines of a robots.txt that say something, each with what it is: a group's heading, or a rule under it."""

import re
from collections.abc import Iterator

# The forms that Protego reads too: "User-agent: x", "Useragent x", "User agent: x".
_FIELD = re.compile(r"\s*(user[ -]?agent|[^\s:#]+)\s*(:?)([^#]*)", re.IGNORECASE)
_RULE = re.compile(r"user[ -]?agent|allow|di\w*a\w+|crawl|request|visit")
_SITE_WIDE = frozenset(("sitemap", "sitemaps", "site-map", "host"))


def lines(text: str) -> Iterator[tuple[str | None, str]]:
    """(the agent that a heading names, lower case, or None for a rule; the line) of each line that counts."""
    for line in text.splitlines():
        words = _FIELD.match(line)
        if words is None:
            continue
        field = words[1].lower()
        if field in _SITE_WIDE or not (words[2] or _RULE.match(field)):
            continue
        heading = field.replace("-", "").replace(" ", "") == "useragent"
        yield (words[3].strip().lower() if heading else None), line
