"""Evidence: which of several copies is the kept one, and why. Never by arrival and never by when it was fetched.

Each step leaves those members that its evidence speaks for; what is left after the last is one. A step that decides
nothing is silent. The order is from what the pages say themselves to what only orders them: canonical links and
isBasedOn, credits, the agency's own site, the publisher's, the earliest date; then to how many copies one is close,
completeness, how near it is to the others, the address.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from newsbeam import times, urls
from newsbeam.records import Sketch
from newsbeam.transforms.sitenames import home, names_site

_DAY_LENGTH = len("2026-11-23")
_COMPLETE = 0.9

NAMED = "a copy's page names this address as its original"
"""The evidence of canonical links and isBasedOn."""

Step = Callable[[Sequence[Sketch], Sequence[Sketch]], tuple[list[Sketch], str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """How one of several copies stands to the others. copies: to how many it is strongly related; similarity: to all
    of them, summed."""

    copies: int
    similarity: float


def rank(
    members: Collection[Sketch],
    eligible: Collection[Sketch] | None = None,
    nearness: Callable[[], Mapping[str, Nearness]] | None = None,
) -> tuple[Sketch, tuple[str, ...]]:
    """The kept one of several copies, and the evidence for it in the order in which it was weighed.

    eligible: the members that may be kept, all by default. nearness: of each member by id, or of none; asked only where
    nothing that the pages say decides. ValueError when there are no members to choose from.
    """
    everyone = sorted(members, key=lambda one: (one.url, one.id))
    left = _current(everyone)
    if eligible is not None:
        allowed = {one.id for one in eligible}
        left = [one for one in left if one.id in allowed] or [one for one in everyone if one.id in allowed]
    if not left:
        raise ValueError("no members to choose from")
    reasons: list[str] = []
    for step in (*_STATED, *_measured(nearness)):
        if len(left) == 1:
            break
        fewer, reason = step(left, everyone)
        if len(fewer) < len(left):
            left = fewer
            reasons.append(reason)
    return left[0], tuple(reasons)


def _current(members: Sequence[Sketch]) -> list[Sketch]:
    """Without the earlier texts of an address whose present text is a member: they are its history, and never kept."""
    present = {one.url for one in members if one.id == urls.article_id(one.url)}
    return [one for one in members if one.url not in present or one.id == urls.article_id(one.url)]


def _address(url: str) -> str:
    """What two spellings of one address have in common: scheme, `www.`, tracking and a final slash do not count."""
    parts = urlsplit(urls.without_tracking(url))
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}?{parts.query}"


def _best(members: Sequence[Sketch], score: Callable[[Sketch], float]) -> list[Sketch]:
    scores = [score(one) for one in members]
    most = max(scores)
    return [one for one, value in zip(members, scores, strict=True) if value == most]


def _pointed_at(
    left: Sequence[Sketch], everyone: Sequence[Sketch], points: Callable[[Sketch, Sketch], bool]
) -> list[Sketch]:
    """Members that another points at before those that nobody does, and these before those that point at another."""

    def score(one: Sketch) -> int:
        others = [other for other in everyone if other.id != one.id]
        return any(points(other, one) for other in others) - any(points(one, other) for other in others)

    return _best(left, score)


def _by_links(left: Sequence[Sketch], everyone: Sequence[Sketch]) -> tuple[list[Sketch], str]:
    own = {one.id: _address(one.url) for one in everyone}
    named = {
        one.id: {_address(url) for url in (one.canonical_url, *one.based_on) if url and not urls.is_root(url)}
        for one in everyone
    }

    def points(one: Sketch, other: Sketch) -> bool:
        return own[other.id] in named[one.id] and own[one.id] != own[other.id]

    return _pointed_at(left, everyone, points), NAMED


def _by_credits(left: Sequence[Sketch], everyone: Sequence[Sketch]) -> tuple[list[Sketch], str]:
    def points(one: Sketch, other: Sketch) -> bool:
        credit = one.credit if one.credit_kind == "credit" else None
        return credit is not None and names_site(credit, other) and not names_site(credit, one)

    fewer = _pointed_at(left, everyone, points)
    named = sorted({one.credit for one in everyone if one.credit and points(one, fewer[0])})
    return fewer, f"a copy credits {named[0]}" if named else "credits no other copy's site"


def _by_agency(left: Sequence[Sketch], everyone: Sequence[Sketch]) -> tuple[list[Sketch], str]:
    named = sorted({one.credit for one in everyone if one.credit})
    fewer = _best(left, lambda one: any(names_site(credit, one) for credit in named))
    own = next((credit for credit in named if names_site(credit, fewer[0])), "")
    return fewer, f"the credited source's own site: {own}"


def _by_publisher(left: Sequence[Sketch], everyone: Sequence[Sketch]) -> tuple[list[Sketch], str]:
    """A page of a mirror, a cache or an archive names the address at its publisher's site that it stands for: pages of
    that site come before it, and it before those that stand for nothing but themselves."""
    publishers = {one.id: found for one in everyone if (found := _publisher(one))}
    named = set(publishers.values())
    fewer = _best(left, lambda one: 2 if urls.site(one.url) in named else 1 if one.id in publishers else 0)
    return fewer, f"the publisher's own page: {publishers.get(fewer[0].id) or urls.site(fewer[0].url)}"


def _publisher(one: Sketch) -> str | None:
    """The domain of the site that a page elsewhere stands for, by its own words; another's page that it was made of is
    none."""
    if home(one) != urls.site(one.url):
        return home(one)
    named = (urls.site(url) for url in one.based_on if not urls.is_root(url))
    return next((domain for domain in named if names_site(domain, one)), None)


def _by_date(left: Sequence[Sketch], everyone: Sequence[Sketch]) -> tuple[list[Sketch], str]:
    """A bare day is compared as a day: on the earliest day moments are compared only when all know theirs.

    A day that the text itself tells is the story's, and goes with the text wherever that is copied: where several
    members tell it, it dates none of them.
    """
    told = Counter(one.told for one in everyone)
    stated = [one for one in left if one.published != one.told or told[one.told] == 1]
    dated = [(moment, one) for one in stated if (moment := _published(one)) is not None]
    if not dated:
        return list(left), ""
    day = min(_utc_day(moment) for moment, _ in dated)
    first = [(moment, one) for moment, one in dated if _utc_day(moment) == day]
    if all(len(one.published or "") > _DAY_LENGTH for _, one in first):
        earliest = min(moment for moment, _ in first)
        first = [(moment, one) for moment, one in first if moment == earliest]
    return [one for _, one in first], f"the earliest date: {first[0][1].published}"


def _published(one: Sketch) -> datetime.datetime | None:
    """The story's date, where it is evidence: a bare first of January is what readers of pages make of a lone year."""
    if not one.published or one.published.endswith("-01-01"):
        return None
    return times.parse(one.published)


def _utc_day(moment: datetime.datetime) -> datetime.date:
    return moment.astimezone(datetime.UTC).date()


def _measured(nearness: Callable[[], Mapping[str, Nearness]] | None) -> list[Step]:
    """The steps that follow where the pages say nothing more."""
    if nearness is None:
        return [_by_length, _by_address]
    known: dict[str, Nearness] = {}

    def ask() -> Mapping[str, Nearness]:
        if not known:
            known.update(nearness())
        return known

    def by_copies(left: Sequence[Sketch], everyone: Sequence[Sketch]) -> tuple[list[Sketch], str]:
        """Where copies were cut or edited in several ways, the one that all of them are near to was not."""
        if not ask():
            return list(left), ""
        fewer = _best(left, lambda one: known[one.id].copies)
        return fewer, f"close to most other copies: {known[fewer[0].id].copies} of {len(everyone) - 1}"

    def by_similarity(left: Sequence[Sketch], everyone: Sequence[Sketch]) -> tuple[list[Sketch], str]:
        if not ask():
            return list(left), ""
        return _best(left, lambda one: known[one.id].similarity), "the nearest to the other copies"

    return [by_copies, _by_length, by_similarity, _by_address]


def _by_length(left: Sequence[Sketch], everyone: Sequence[Sketch]) -> tuple[list[Sketch], str]:
    """A tenth more or less is furniture and typography, not completeness."""
    most = max(one.words for one in left)
    return [one for one in left if one.words >= _COMPLETE * most], f"the most complete: up to {most} words"


def _by_address(left: Sequence[Sketch], everyone: Sequence[Sketch]) -> tuple[list[Sketch], str]:
    return [min(left, key=lambda one: (one.url, one.id))], "the first by address"


_STATED: tuple[Step, ...] = (_by_links, _by_credits, _by_agency, _by_publisher, _by_date)
