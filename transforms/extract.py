"""A page, or the content that a feed carries, made into an Extract; run in a process that may be killed."""

import datetime
from collections.abc import Sequence
from typing import Literal

from lxml.html import HtmlElement

from newsbeam import urls
from newsbeam.records import Entry, Extract
from newsbeam.text import one_line, printable
from newsbeam.transforms import (
    authors,
    body,
    bylines,
    comments,
    head,
    jsonld,
    marks,
    metadata,
    other_pages,
    page_dates,
    paywalls,
    source_lines,
    titles,
)
from newsbeam.transforms import html as pages
from newsbeam.transforms.html import NotHtml
from newsbeam.transforms.reservations import reservations

__all__ = ["NoText", "NotAnArticle", "NotHtml", "extract", "extract_feed_content"]


class NoText(Exception):
    """No article text was found; the message says what was."""


class NotAnArticle(NoText):
    """The page is something else, which the message names: an error page, a consent wall, a listing."""


def extract(
    html: bytes,
    *,
    url: str,
    charset: str | None = None,
    entry: Entry | None = None,
    now: datetime.datetime,
    min_chars: int = 60,
    headers: Sequence[tuple[str, str]] = (),
    keep_other_pages: bool = False,
) -> Extract:
    """What a page gives. charset: from Content-Type. entry: what a feed said of it. min_chars: the shortest text.

    headers: of the answer, which may reserve the page against some uses. keep_other_pages: what is no article by the
    rules of other_pages is taken for one, too.

    Raises:
        NotHtml: the bytes are no web page.
        NotAnArticle: it is an error page, a consent wall, a listing or the like.
        NoText: fewer than min_chars characters of text, or a page that the parser could not read to its end.
    """
    pages.refuse(html)
    source = pages.repair(pages.decode(html, charset))
    tree = pages.parse(source)
    if pages.was_cut():
        tree = pages.parse(pages.without_containers(source))
        if pages.was_cut():
            raise NoText("the parser gave up in the middle: a text of more than 10 MB, or elements nested too deep")
    return _read(
        tree,
        url=url,
        entry=entry,
        now=now,
        min_chars=min_chars,
        origin="html",
        headers=headers,
        keep_other_pages=keep_other_pages,
    )


def extract_feed_content(entry: Entry, *, now: datetime.datetime, min_chars: int = 1) -> Extract:
    """What the content that the feed itself carries gives; the address is the entry's, or the feed's without one.

    min_chars: the shortest text; what stands for a page must be more than a teaser of it.

    Raises:
        NoText: the entry has no content, or less text.
    """
    if not entry.content or not entry.content.strip():
        raise NoText("the feed carries no content for this entry")
    fragment = f"<html><body><article><div>{entry.content}</div></article></body></html>"
    try:
        tree = pages.parse(pages.repair(fragment))
    except NotHtml as error:
        raise NoText(str(error)) from error
    return _read(tree, url=entry.url or entry.feed_url, entry=entry, now=now, min_chars=min_chars, origin="feed")


def _read(
    tree: HtmlElement,
    *,
    url: str,
    entry: Entry | None,
    now: datetime.datetime,
    min_chars: int,
    origin: Literal["html", "feed"],
    headers: Sequence[tuple[str, str]] = (),
    keep_other_pages: bool = False,
) -> Extract:
    top = head.read(tree)
    linked = jsonld.read(tree)
    marked = marks.read(tree)
    readers = comments.cut(tree, marked)
    feed_title = entry.feed_title if entry else None
    names = metadata.names_of_site(url, head=top, linked=linked, feed_title=feed_title)
    title = titles.choose(
        head=top,
        linked=linked,
        headings=titles.headings(tree, marked),
        announced=entry.title if entry else None,
        names=names,
        host=urls.host(url),
    )
    heading = titles.heading_of(tree, title)
    signed = bylines.marked(marked, heading)
    people = authors.choose(
        head=top,
        linked=linked,
        bylines=signed or (bylines.shown(heading) if heading is not None else ()),
        lone=bylines.unmarked(tree, heading),
        announced=entry.authors if entry else (),
        publisher=names,
    )
    elements = source_lines.marked(tree, marked)
    published = page_dates.published(
        tree,
        head=top,
        linked=linked,
        marks=marked,
        title=title,
        url=url,
        announced=entry.published if entry else None,
        now=now,
    )
    modified = page_dates.modified(
        head=top, linked=linked, marks=marked, announced=entry.updated if entry else None, now=now
    )
    paywalled = metadata.paywalled(head=top, linked=linked, marks=marked)
    if origin == "html":
        found = body.find(tree, linked=linked, summary=top.first("og:description", "description"), title=title)
    else:
        found = body.Body(body.all_of(tree))
    text = printable(found.text)
    other = other_pages.kind_of(head=top, linked=linked, title=title, text=text, url=url, shape=found.shape)
    if len(text) < max(min_chars, 1):
        raise NoText(f"{len(text)} characters of text, fewer than {max(min_chars, 1)}{f'; {other}' if other else ''}")
    if other is not None and origin == "html" and not keep_other_pages:
        raise NotAnArticle(f"{other}; {len(text)} characters of text")
    if paywalled is None and origin == "html" and paywalls.is_shown(text, found.passed):
        paywalled = True
    return Extract(
        url=url,
        canonical_url=metadata.canonical(url, head=top),
        text=text,
        site=metadata.site(url, head=top, linked=linked, feed_title=feed_title),
        title=one_line(title) if title else None,
        authors=people,
        published=published,
        modified=modified,
        declared_language=metadata.language(head=top, linked=linked, entry=entry),
        comments=tuple(dict.fromkeys((*readers, *linked.comments))),
        credits=source_lines.lines(head=top, linked=linked, bylines=signed, elements=elements, passed=found.passed),
        based_on=metadata.based_on(url, head=top, linked=linked),
        paywalled=paywalled,
        image=metadata.image(url, head=top, linked=linked, entry=entry),
        tags=metadata.tags(head=top, linked=linked, entry=entry),
        extracted_from=origin,
        reserved=reservations(headers, top),
    )
