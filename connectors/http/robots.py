"""What a robots.txt says to us (RFC 9309): pure reading and decisions."""

import re
from dataclasses import dataclass

from protego import Protego

# The forms that Protego reads too: "User-agent: x", "Useragent x", "User agent: x".
_FIELD = re.compile(r"\s*(user[ -]?agent|[^\s:#]+)\s*(:?)([^#]*)", re.IGNORECASE)
_RULE = re.compile(r"user[ -]?agent|allow|di\w*a\w+|crawl|request|visit")
_SITE_WIDE = frozenset(("sitemap", "sitemaps", "site-map", "host"))

MAX_BYTES = 512_000
"""The first 500 KiB count (RFC 9309 2.5 wants no less); what lies beyond is cut off at a line's end."""
DAY = 86_400.0
"""A copy is used for a day at most (RFC 9309 2.4)."""
MAX_RULES = 5_000
"""Lines of our groups that count. The longest files of news sites have a few hundred."""
RETRY = 600.0
"""Seconds before a robots.txt that could not be read is asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """The rules of one origin, as they apply to one product token.

    rules: None allows all. crawl_delay: seconds, None without.
    """

    agent: str
    rules: Protego | None = None
    crawl_delay: float | None = None

    def allows(self, url: str) -> bool:
        """Whether the address may be fetched."""
        return self.rules is None or bool(self.rules.can_fetch(url, self.agent))


def product_token(user_agent: str) -> str:
    """The name that robots.txt groups are matched with: the first product of a User-Agent (RFC 9309 2.2.1).

    A User-Agent that says it is compatible with a browser names itself in its comment: all of it is matched.
    """
    if user_agent.startswith("Mozilla/"):
        return user_agent
    return user_agent.split("/")[0].split()[0] if user_agent.strip() else "*"


def ours(text: str, agent: str) -> str:
    """The groups that can apply to the agent, and of those at most MAX_RULES lines.

    Protego keeps every rule for every agent: a file that names 27,000 agents took it 47 seconds.
    """
    kept: list[str] = []
    heading = applies = False
    for line in text.splitlines():
        words = _FIELD.match(line)
        if words is None:
            continue
        field, value = words[1].lower(), words[3].strip().lower()
        if field in _SITE_WIDE or not (words[2] or _RULE.match(field)):
            continue
        if field.replace("-", "").replace(" ", "") == "useragent":
            applies = applies and heading
            heading = True
            if value and value.replace("*", "") in agent.lower():
                applies = True
                kept.append(line)
        else:
            heading = False
            if applies:
                kept.append(line)
        if len(kept) >= MAX_RULES:
            break
    return "\n".join(kept)


def parse(body: bytes, agent: str) -> Robots:
    """The rules in the body of a robots.txt, read as UTF-8; at most MAX_BYTES of it."""
    if len(body) > MAX_BYTES:
        body = body[:MAX_BYTES]
        body = body[: body.rfind(b"\n") + 1]
    rules = Protego.parse(ours(body.decode("utf-8-sig", "replace"), agent))
    delay = rules.crawl_delay(agent)
    return Robots(agent=agent, rules=rules, crawl_delay=None if delay is None else float(delay))
