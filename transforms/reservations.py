"""What a page says against text mining and the training of models on it, as evidence: pure, and no judgement of law.

Read are the TDM Reservation Protocol (W3C community report, 2024: `tdm-reservation`, `tdm-policy`, as headers and as
meta tags), the directives `noai` and `noimageai` of robots meta tags and X-Robots-Tag headers, and the crawlers that
train models and that the site's robots.txt refuses the page, which the fetcher tells by a header of its own.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from newsbeam.reserving import REFUSES
from newsbeam.text import one_line
from newsbeam.transforms.head import Head

DIRECTIVES: Final = frozenset(("noai", "noimageai"))
MOST: Final = 20
LONGEST: Final = 300
_AGENT: Final = "newsbeam"


def reservations(headers: Sequence[tuple[str, str]], head: Head) -> tuple[str, ...]:
    """The evidence, such as `header tdm-reservation: 1` or `meta robots: noai`, each once; empty without any.

    headers: of the answer, in any case. A policy alone reserves nothing, and is told only beside a reservation.
    """
    stated = [("header", name.strip().lower(), one_line(value)) for name, value in headers]
    stated += [("meta", name, content) for name, content in head.metas]
    found = list(dict.fromkeys(one for place, name, value in stated for one in _evidence(place, name, value)))
    if not any(not one.partition(" ")[2].startswith("tdm-policy:") for one in found):
        return ()
    return tuple(one if len(one) <= LONGEST else one[: LONGEST - 1] + "…" for one in found[:MOST])


def _evidence(place: str, name: str, value: str) -> Iterator[str]:
    if name == "tdm-reservation":
        if value.strip() == "1":
            yield f"{place} {name}: 1"
    elif name == "tdm-policy":
        yield f"{place} {name}: {value}"
    elif name == REFUSES and place == "header":
        yield f"robots.txt refuses: {value}"
    elif name == ("x-robots-tag" if place == "header" else "robots") or (place == "meta" and name == _AGENT):
        yield from (f"{place} {name}: {one}" for one in _directives(value))


def _directives(value: str) -> Iterator[str]:
    """Those of DIRECTIVES that concern us: a name before a colon says whom the rest of the line is meant for."""
    ours = True
    for part in value.split(","):
        agent, colon, rest = part.strip().lower().partition(":")
        if colon and " " not in agent:
            ours, part = agent == _AGENT, rest
        word = part.strip().lower()
        if ours and word in DIRECTIVES:
            yield word
