"""The demo world's data files as typed values: publishers, stories, copies, troubles."""

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

Role = Literal["original", "copy", "feed_only", "hanging", "missing", "disallowed", "bad_link", "broken_feed"]

_HERE = resources.files(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedKind:
    """How a publisher announces its stories.

    kind: rss, atom, rdf or json. content: whether whole stories stand in it. tracking: a query added to each link.
    """

    path: str
    kind: str
    content: bool = False
    tracking: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A site: where it is served, its furniture's pieces and its habits. utc_offset: hours. robots: None is a 404."""

    key: str
    host: str
    name: str
    tagline: str
    language: str
    utc_offset: int
    section: str
    feed: FeedKind
    date_format: str
    related: str
    template: str
    comment: str = ""
    insert: str = ""
    insert_after: int = 0
    robots: str | None = None
    bios: Mapping[str, str] = field(default_factory=dict)

    @property
    def zone(self) -> datetime.timezone:
        """The zone that the site writes its dates in."""
        return datetime.timezone(datetime.timedelta(hours=self.utc_offset))


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story as one site publishes it. key: folder and name of its data file. paragraphs: plain text."""

    key: str
    site: str
    slug: str
    title: str
    author: str
    published: datetime.datetime
    tags: tuple[str, ...]
    paragraphs: tuple[str, ...]
    comments: tuple[tuple[str, str], ...] = ()
    role: Role = "original"
    credit: str = ""
    canonical_of_original: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What another site makes of a story. paragraphs: how many it keeps; cut: characters kept of the next one."""

    story: str
    site: str
    slug: str
    title: str
    author: str
    hours_after: int
    paragraphs: int
    cut: int = 0
    dateline: str = ""
    credit: str = ""
    canonical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An entry, or a feed, that goes wrong in the way that its role names."""

    site: str
    role: Role
    title: str
    link: str


@cache
def _sites_file() -> dict[str, Any]:
    return tomllib.loads(_HERE.joinpath("sites.toml").read_text("utf-8"))


def publishers() -> dict[str, Publisher]:
    """Every site by its key, in the order of the file."""
    found = {}
    for key, table in _sites_file().items():
        if isinstance(table, dict):
            page = _HERE.joinpath("templates", f"{key}.html").read_text("utf-8")
            values = {**table, "feed": FeedKind(**table["feed"])}
            found[key] = Publisher(key=key, template=page, **values)
    return found


def copies() -> list[Copy]:
    """The stories that other sites carry too."""
    return [Copy(**table) for table in _sites_file()["copies"]]


def troubles() -> list[Trouble]:
    """What goes wrong."""
    return [Trouble(**table) for table in _sites_file()["troubles"]]


def stories(today: datetime.date, zones: Mapping[str, datetime.timezone]) -> dict[str, Story]:
    """Every story by its key, sorted. Dates are days before `today`, clock times in the zone of the story's site."""
    found = {}
    for folder in sorted(_HERE.joinpath("stories").iterdir(), key=lambda one: one.name):
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            name, _, suffix = file.name.rpartition(".")
            if suffix == "toml":
                key = f"{folder.name}/{name}"
                found[key] = _story(key, tomllib.loads(file.read_text("utf-8")), today, zones)
    return found


def _story(key: str, table: dict[str, Any], today: datetime.date, zones: Mapping[str, datetime.timezone]) -> Story:
    day = today - datetime.timedelta(days=table["days_ago"])
    clock = datetime.time.fromisoformat(table["time"])
    return Story(
        key=key,
        site=table["site"],
        slug=key.partition("/")[2],
        title=table["title"],
        author=table["author"],
        published=datetime.datetime.combine(day, clock, zones[table["site"]]),
        tags=tuple(table["tags"]),
        paragraphs=tuple(table["text"].strip().split("\n\n")),
        comments=tuple((name, text) for name, text in table.get("comments", ())),
        role="feed_only" if table.get("feed_only") else "original",
    )
