"""What a robots.txt refuses to certain crawlers by name: how most sites reserve their texts against training."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from protego import Protego

from newsbeam.connectors.http.robots_lines import lines

_RULE = re.compile(r"\s*(allow|disallow)\s*:\s*([^\s#]*)", re.IGNORECASE)

MOST = 200
"""Lines of one crawler that count. Sites refuse it everything, or a few folders."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Crawlers that a site refuses all of it (all), or some of it (some, with their rules)."""

    all: tuple[str, ...] = ()
    some: tuple[tuple[str, Protego], ...] = ()

    def of(self, url: str) -> tuple[str, ...]:
        """Those that may not fetch the address, by name."""
        if not self.some:
            return self.all
        return tuple(sorted((*self.all, *(name for name, rules in self.some if not rules.can_fetch(url, name)))))


NONE = Refusals()


def refusals(text: str, crawlers: Sequence[str]) -> Refusals:
    """What the text of a robots.txt refuses to each of the crawlers by its own name.

    What is said to all of them together (`*`) is no word about what a crawler is for. crawlers: product tokens.
    """
    everything, some = [], []
    for name, group in sorted(_groups(text, crawlers).items()):
        rules = [(found[1].lower(), found[2]) for line in group if (found := _RULE.match(line))]
        refused = [path for kind, path in rules if kind == "disallow" and path]
        if not refused:
            continue
        if {"/", "/*"} & set(refused) and all(kind == "disallow" for kind, _ in rules):
            everything.append(sys.intern(name))
        else:
            some.append((name, Protego.parse("\n".join((f"User-agent: {name}", *group)))))
    return Refusals(tuple(everything), tuple(some))


def _groups(text: str, crawlers: Sequence[str]) -> dict[str, list[str]]:
    """The rules under each crawler's name, of those that the text names."""
    known = {one.lower(): one for one in crawlers}
    found: dict[str, list[str]] = {}
    meant: list[list[str]] = []
    heading = False
    for named, line in lines(text):
        if named is None:
            heading = False
            for group in meant:
                if len(group) < MOST:
                    group.append(line)
            continue
        if not heading:
            meant = []
        heading = True
        if named in known:
            meant.append(found.setdefault(known[named], []))
    return found
