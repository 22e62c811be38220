"""What a robots.txt says to us (RFC 9309): pure reading and decisions."""

from dataclasses import dataclass

from protego import Protego

from newsbeam.connectors.http.refusals import NONE, Refusals, refusals
from newsbeam.connectors.http.robots_lines import lines
from newsbeam.reserving import trainers

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

    rules: None allows all. crawl_delay: seconds, None without. refusals: what it says to crawlers that train models.
    """

    agent: str
    rules: Protego | None = None
    crawl_delay: float | None = None
    refusals: Refusals = NONE

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
    for named, line in lines(text):
        if named is not None:
            applies = applies and heading
            heading = True
            if named and named.replace("*", "") in agent.lower():
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
    text = body.decode("utf-8-sig", "replace")
    rules = Protego.parse(ours(text, agent))
    delay = rules.crawl_delay(agent)
    return Robots(
        agent=agent,
        rules=rules,
        crawl_delay=None if delay is None else float(delay),
        refusals=refusals(text, trainers()),
    )
