"""Stories as HTML pages in their site's own furniture, and the page that no parser finishes in time."""

import html
import json
from collections.abc import Sequence
from string import Template

from newsbeam.pipelines.demo.content import Publisher, Story

_HANGING_ATTRIBUTES = 150_000


def article(site: Publisher, story: Story, *, base: str, url: str, canonical: str, others: Sequence[Story]) -> str:
    """The page of a story. base: the site's root, without slash. others: stories that the page points to."""
    escape = html.escape
    return Template(site.template).substitute(
        language=site.language,
        site_name=escape(site.name),
        site_json=_json(site.name),
        tagline=escape(site.tagline),
        home=f"{base}/",
        feed_url=f"{base}{site.feed.path}",
        url=url,
        canonical=canonical,
        title=escape(story.title),
        title_json=_json(story.title),
        author=escape(story.author),
        author_json=_json(story.author),
        iso=story.published.isoformat(),
        date=story.published.strftime(site.date_format),
        tags=escape(", ".join(story.tags)),
        keywords=escape(",".join(story.tags)),
        paragraphs=_paragraphs(site, story),
        credit=f"<p>{escape(story.credit)}</p>" if story.credit else "",
        bio=_bio(site, story),
        comments=_pieces(site.comment, [{"name": name, "text": text} for name, text in story.comments]),
        related=_pieces(site.related, [{"title": one.title, "url": address(site, one, base)} for one in others]),
    )


def address(site: Publisher, story: Story, base: str) -> str:
    """Where a site publishes a story: without a date, so that it stays the same on another day."""
    return f"{base}/{site.section}/{story.slug}"


def home(site: Publisher, entries: Sequence[Story], base: str) -> str:
    """A front page that lists the site's stories."""
    name = html.escape(site.name)
    items = "".join(f'<li><a href="{address(site, one, base)}">{html.escape(one.title)}</a></li>' for one in entries)
    return (
        f'<!DOCTYPE html><html lang="{site.language}"><head><meta charset="utf-8"><title>{name}</title></head>'
        f"<body><h1>{name}</h1><ul>{items}</ul></body></html>"
    )


def hanging(title: str) -> str:
    """One element with so many attributes that the HTML parser itself, quadratic in them, does not come to an end."""
    words = ("aye", "no", "adjourned", "ditch", "culvert", "objection", "sluice", "noted", "minute", "chair")
    spoken = " ".join(f'data-line{step}="{words[step % 10]}"' for step in range(_HANGING_ATTRIBUTES))
    safe = html.escape(title)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{safe}</title></head>'
        f"<body><article><h1>{safe}</h1><p {spoken}>The transcript of the inquiry.</p></article></body></html>"
    )


def notice(title: str, text: str) -> str:
    """A bare page with one sentence."""
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"


def _paragraphs(site: Publisher, story: Story) -> str:
    parts = [f"<p>{html.escape(text, quote=False)}</p>" for text in story.paragraphs]
    if site.insert:
        parts.insert(site.insert_after, site.insert)
    return "\n".join(parts)


def _bio(site: Publisher, story: Story) -> str:
    text = site.bios.get(story.author)
    return f'<div class="{site.key}-author-box"><p>{html.escape(text)}</p></div>' if text else ""


def _pieces(markup: str, values: Sequence[dict[str, str]]) -> str:
    piece = Template(markup)
    return "\n".join(piece.substitute({key: html.escape(text) for key, text in one.items()}) for one in values)


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("</", "<\\/")
