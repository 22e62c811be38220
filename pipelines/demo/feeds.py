"""A site's entries as RSS 2.0, Atom 1.0 (RFC 4287), RSS 1.0 (RDF) or JSON Feed 1.1, and all feeds as OPML 2.0."""

import datetime
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from newsbeam.pipelines.demo.content import Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a feed says of one story. link: None where the feed holds the story itself. content: HTML, empty without."""

    guid: str
    title: str
    link: str | None
    published: datetime.datetime
    author: str = ""
    summary: str = ""
    content: str = ""
    tags: tuple[str, ...] = ()


def render(site: Publisher, items: Sequence[Item], *, base: str) -> tuple[str, bytes]:
    """Content type and bytes of the site's feed in its own format. base: the site's root, without slash."""
    content_type, write = _KINDS[site.feed.kind]
    return content_type, write(site, items, base).encode("utf-8")


def opml(feeds: Sequence[tuple[str, str]]) -> bytes:
    """A subscription list of (title, URL)."""
    lines = "".join(f'<outline type="rss" text={quoteattr(title)} xmlUrl={quoteattr(url)}/>\n' for title, url in feeds)
    head = "<head><title>The demo world</title></head>"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<opml version="2.0">{head}<body>\n{lines}</body></opml>\n'.encode()


def _rss(site: Publisher, items: Sequence[Item], base: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>\n'
        f"{_tag('title', site.name)}{_tag('link', base + '/')}{_tag('description', site.tagline)}"
        f"{_tag('language', site.language)}\n" + "\n".join(map(_rss_item, items)) + "\n</channel></rss>\n"
    )


def _rss_item(item: Item) -> str:
    permalink = "true" if item.guid == item.link else "false"
    return (
        f"<item>{_tag('title', item.title)}{_tag('link', item.link)}"
        f'<guid isPermaLink="{permalink}">{escape(item.guid)}</guid>{_tag("pubDate", format_datetime(item.published))}'
        f"{_tag('dc:creator', item.author)}{''.join(_tag('category', tag) for tag in item.tags)}"
        f"{_tag('description', item.summary)}{_tag('content:encoded', item.content)}</item>"
    )


def _atom(site: Publisher, items: Sequence[Item], base: str) -> str:
    """Links are relative to xml:base, as RFC 4287 section 2 allows."""
    updated = max(item.published for item in items).isoformat()
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{site.language}" xml:base="{base}/">\n'
        f"{_tag('title', site.name)}{_tag('subtitle', site.tagline)}{_tag('id', base + '/')}{_tag('updated', updated)}"
        f'<link rel="self" href="{site.feed.path}"/><link rel="alternate" href="/"/>\n'
        + "\n".join(_atom_entry(item, base) for item in items)
        + "\n</feed>\n"
    )


def _atom_entry(item: Item, base: str) -> str:
    href = (item.link or "").removeprefix(base)
    return (
        f'<entry>{_tag("title", item.title)}{_tag("id", item.guid)}<link rel="alternate" href={quoteattr(href)}/>'
        f"{_tag('published', item.published.isoformat())}{_tag('updated', item.published.isoformat())}"
        f"<author>{_tag('name', item.author)}</author>"
        + "".join(f"<category term={quoteattr(tag)}/>" for tag in item.tags)
        + f'<summary type="text">{escape(item.summary)}</summary></entry>'
    )


def _rdf(site: Publisher, items: Sequence[Item], base: str) -> str:
    listed = "".join(f"<rdf:li rdf:resource={quoteattr(item.link or '')}/>" for item in items)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<channel rdf:about="{base}{site.feed.path}">{_tag("title", site.name)}{_tag("link", base + "/")}'
        f"{_tag('description', site.tagline)}{_tag('dc:language', site.language)}"
        f"<items><rdf:Seq>{listed}</rdf:Seq></items></channel>\n" + "\n".join(map(_rdf_item, items)) + "\n</rdf:RDF>\n"
    )


def _rdf_item(item: Item) -> str:
    return (
        f"<item rdf:about={quoteattr(item.link or '')}>{_tag('title', item.title)}{_tag('link', item.link)}"
        f"{_tag('description', item.summary)}{_tag('dc:creator', item.author)}"
        f"{_tag('dc:date', item.published.isoformat())}{''.join(_tag('dc:subject', tag) for tag in item.tags)}</item>"
    )


def _json_feed(site: Publisher, items: Sequence[Item], base: str) -> str:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.name,
        "description": site.tagline,
        "home_page_url": f"{base}/",
        "feed_url": f"{base}{site.feed.path}",
        "language": site.language,
        "items": [
            {
                "id": item.guid,
                "url": item.link,
                "title": item.title,
                "summary": item.summary,
                "content_text": item.summary,
                "date_published": item.published.isoformat(),
                "authors": [{"name": item.author}],
                "tags": list(item.tags),
            }
            for item in items
        ],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _tag(name: str, text: str | None) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


_KINDS: dict[str, tuple[str, Callable[[Publisher, Sequence[Item], str], str]]] = {
    "rss": ("application/rss+xml; charset=utf-8", _rss),
    "atom": ("application/atom+xml; charset=utf-8", _atom),
    "rdf": ("application/rdf+xml; charset=utf-8", _rdf),
    "json": ("application/feed+json; charset=utf-8", _json_feed),
}
