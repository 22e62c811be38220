"""The demo world as a pure function of a port and a day: every answer that its sites give, and the truth about it."""

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from newsbeam.pipelines.demo import content, feeds, pages
from newsbeam.pipelines.demo.content import Copy, Publisher, Role, Story, Trouble
from newsbeam.pipelines.demo.feeds import Item

OPML_PATH = "/feeds.opml"
_HTML = "text/html; charset=utf-8"
_RELATED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a site sends for one path."""

    status: int = 200
    content_type: str = _HTML
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is known of one entry or feed. url: as served, None for an entry without one. story: key of the text."""

    url: str | None
    site: str
    story: str
    role: Role
    language: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything there is to fetch. pages: answers by (host, path); what is not there is a 404."""

    feeds: tuple[str, ...]
    opml_url: str
    hosts: tuple[str, ...]
    pages: Mapping[tuple[str, str], Answer]
    truth: tuple[Truth, ...]


def build(*, port: int, today: datetime.date) -> World:
    """The world on 127.0.0.1 … 127.0.0.8 at `port`, its stories dated in the days before `today`."""
    sites = content.publishers()
    bases = {key: f"http://{site.host}:{port}" for key, site in sites.items()}
    published = _published(content.stories(today, {key: site.zone for key, site in sites.items()}), content.copies())
    troubles = content.troubles()
    answers: dict[tuple[str, str], Answer] = {}
    truth: list[Truth] = []
    for key, site in sites.items():
        answers |= _site(site, bases[key], published[key], _originals(published, sites, bases))
        wrong = [one for one in troubles if one.site == key]
        answers |= _troubles(site, wrong)
        items = [_item(site, story, bases[key]) for story in published[key]]
        items += [_trouble_item(one, bases[key], items[0].published) for one in wrong if one.role != "broken_feed"]
        kind, body = feeds.render(site, items, base=bases[key])
        answers[site.host, site.feed.path] = Answer(content_type=kind, body=body)
        truth += [_truth(site, story, bases[key]) for story in published[key]]
        truth += [_trouble_truth(site, one, bases[key]) for one in wrong]
    listed = [(site.name, bases[key] + site.feed.path) for key, site in sites.items()]
    listed += [(one.title, bases[one.site] + one.link) for one in troubles if one.role == "broken_feed"]
    first = next(iter(sites.values()))
    answers[first.host, OPML_PATH] = Answer(content_type="text/x-opml; charset=utf-8", body=feeds.opml(listed))
    return World(
        feeds=tuple(url for _, url in listed),
        opml_url=bases[first.key] + OPML_PATH,
        hosts=tuple(site.host for site in sites.values()),
        pages=answers,
        truth=tuple(truth),
    )


def _published(stories: Mapping[str, Story], copies: Sequence[Copy]) -> dict[str, list[Story]]:
    """What each site has, newest first, copies included."""
    by_site: dict[str, list[Story]] = defaultdict(list)
    for story in [*stories.values(), *(_copied(stories[one.story], one) for one in copies)]:
        by_site[story.site].append(story)
    for mine in by_site.values():
        mine.sort(key=lambda story: (story.published, story.slug), reverse=True)
    return by_site


def _copied(original: Story, copy: Copy) -> Story:
    kept = list(original.paragraphs[: copy.paragraphs])
    kept[0] = copy.dateline + kept[0]
    if copy.cut:
        kept.append(original.paragraphs[copy.paragraphs][: copy.cut].rstrip() + " …")
    return replace(
        original,
        site=copy.site,
        slug=copy.slug,
        title=copy.title,
        author=copy.author,
        published=original.published + datetime.timedelta(hours=copy.hours_after),
        paragraphs=tuple(kept),
        comments=(),
        role="copy",
        credit=copy.credit,
        canonical_of_original=copy.canonical,
    )


def _originals(
    published: Mapping[str, Sequence[Story]], sites: Mapping[str, Publisher], bases: Mapping[str, str]
) -> dict[str, str]:
    """Address of each story at the site that wrote it."""
    every = [story for mine in published.values() for story in mine if story.role != "copy"]
    return {story.key: pages.address(sites[story.site], story, bases[story.site]) for story in every}


def _site(
    site: Publisher, base: str, stories: Sequence[Story], originals: Mapping[str, str]
) -> dict[tuple[str, str], Answer]:
    paged = [story for story in stories if story.role != "feed_only"]
    answers = {(site.host, "/"): Answer(body=pages.home(site, paged, base).encode())}
    if site.robots is not None:
        answers[site.host, "/robots.txt"] = Answer(content_type="text/plain", body=site.robots.encode())
    for story in paged:
        url = pages.address(site, story, base)
        others = list(islice((one for one in paged if one is not story), _RELATED))
        canonical = originals[story.key] if story.canonical_of_original else url
        text = pages.article(site, story, base=base, url=url, canonical=canonical, others=others)
        answers[site.host, url.removeprefix(base)] = Answer(body=text.encode())
    return answers


def _troubles(site: Publisher, troubles: Sequence[Trouble]) -> dict[tuple[str, str], Answer]:
    """Answers for what goes wrong. A missing page has none, and the broken feed is a page in a feed's clothes."""
    answers = {}
    for one in troubles:
        if one.role == "hanging":
            answers[site.host, one.link] = Answer(body=pages.hanging(one.title).encode())
        elif one.role == "disallowed":
            page = pages.notice(one.title, "This page is for members, and robots.txt says so.")
            answers[site.host, one.link] = Answer(body=page.encode())
        elif one.role == "broken_feed":
            page = pages.notice("Back soon", "The sports desk is being painted. Please come again on Monday.")
            answers[site.host, one.link] = Answer(content_type="application/rss+xml; charset=utf-8", body=page.encode())
    return answers


def _item(site: Publisher, story: Story, base: str) -> Item:
    url = pages.address(site, story, base)
    whole = "".join(f"<p>{text}</p>" for text in story.paragraphs)
    link = f"{url}?{site.feed.tracking}" if site.feed.tracking else url
    only = story.role == "feed_only"
    return Item(
        guid=f"{site.key}-{story.slug}" if only else url,
        title=story.title,
        link=None if only else link,
        published=story.published,
        author=story.author,
        summary=story.paragraphs[0],
        content=whole if only or site.feed.content else "",
        tags=story.tags,
    )


def _trouble_item(trouble: Trouble, base: str, published: datetime.datetime) -> Item:
    link = trouble.link if trouble.role == "bad_link" else base + trouble.link
    return Item(guid=f"{trouble.site}-{trouble.role}", title=trouble.title, link=link, published=published)


def _truth(site: Publisher, story: Story, base: str) -> Truth:
    url = None if story.role == "feed_only" else pages.address(site, story, base)
    return Truth(url=url, site=site.key, story=story.key, role=story.role, language=site.language, title=story.title)


def _trouble_truth(site: Publisher, trouble: Trouble, base: str) -> Truth:
    url = trouble.link if trouble.role == "bad_link" else base + trouble.link
    return Truth(url=url, site=site.key, story="", role=trouble.role, language=site.language, title=trouble.title)
