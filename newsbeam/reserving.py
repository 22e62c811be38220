"""The headers by which an answer reserves its page: those of servers, and one of ours for what robots.txt says.

What the fetcher knows travels as a header of the page, so that an archive keeps it, and a page read again from there
says the same.
"""

from collections.abc import Sequence
from typing import Final

from newsbeam.config.rules import trainers

__all__ = ["HEADERS", "REFUSES", "refusing", "trainers"]

REFUSES: Final = "x-newsbeam-robots-refuses"
HEADERS: Final = frozenset(("x-robots-tag", "tdm-reservation", "tdm-policy", REFUSES))
"""Names in lower case."""


def refusing(crawlers: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The header of a page that its site refuses to these crawlers, by name; nothing where there are none."""
    return ((REFUSES, ", ".join(crawlers)),) if crawlers else ()
