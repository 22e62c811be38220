"""When a page says that its article was published and changed."""

import datetime
import re
from collections.abc import Iterator
from typing import Final

import dateutil.parser
from lxml.html import HtmlElement

from newsbeam import times, zones
from newsbeam.transforms import shown_dates
from newsbeam.transforms.head import Head
from newsbeam.transforms.html import finder
from newsbeam.transforms.jsonld import Linked
from newsbeam.transforms.marks import Marks

_PUBLISHED: Final = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "date.issued",
    "dc.date.issued",
    "dcterms.created", "dc.date.created", "dcterms.date", "dc.date", "sailthru.date", "parsely-pub-date",
    "cxenseparse:recs:publishtime",
    "publish-date", "publishdate", "publish_date", "pubdate", "publication_date", "publication-date",
    "article:published",
    "article.published", "bt:pubdate", "date", "datecreated", "last-published", "rnews:datepublished",
    "originalpublicationdate",
    "article_date_original", "uploaddate", "citation_publication_date",
)  # fmt: skip
_MODIFIED: Final = (
    "article:modified_time", "og:updated_time", "og:modified_time", "datemodified", "dcterms.modified",
    "dc.date.modified",
    "last-modified", "lastmod", "revision_date", "cxenseparse:recs:moddate", "rnews:datemodified",
)  # fmt: skip
_ISO: Final = re.compile(r"\d{4}-?\d\d-?\d\d(?:[T ]\d\d:?\d\d(?::?\d\d)?(?:[.,]\d+)?\s*(?:Z|[+-]\d\d:?\d\d)?)?\Z", re.I)
_DAY_ONLY: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")
_COMPACT_ZONE: Final = re.compile(r"\s*([+-]\d\d):?(\d\d)\Z")
_NUMBERS: Final = re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{4}")
_MILLISECONDS: Final = re.compile(r"1\d{12}\Z")
_TIME_CLASS: Final = re.compile("publish|entry-date|posted")
_PLAIN_TIMES: Final = finder(
    "(.//article//time[@datetime])[1] | (.//h1//time[@datetime] | .//h1/following::time[@datetime])[1]"
)
_SECONDS: Final = re.compile(r"1\d{9}\Z")


def iso(text: str | None) -> str | None:
    """A date as pages write it, in ISO 8601; None when it is none that can be read without a guess.

    Kept: the zone, and that only a day is known. "05/06/2024" alone is refused: day and month could be either.
    """
    if not text:
        return None
    text = text.strip()
    if _MILLISECONDS.match(text) or _SECONDS.match(text):
        return times.utc(datetime.datetime.fromtimestamp(int(text[:10]), datetime.UTC))
    if _ISO.match(text):
        tidy = _COMPACT_ZONE.sub(r"\1:\2", text.replace(",", ".")) if "T" in text.upper() or " " in text else text
        try:
            moment = datetime.datetime.fromisoformat(tidy)
        except ValueError:
            pass
        else:
            return moment.date().isoformat() if len(text) <= 10 else moment.isoformat()
    if len(text) > 60 or not any(char.isdigit() for char in text):
        return None
    return _read(text)


def _read(text: str) -> str | None:
    """A date in words, read twice with different defaults, so that what the text leaves out is noticed."""
    day_first = bool(_NUMBERS.search(text)) and "." in text
    found = []
    for default in (datetime.datetime(2001, 1, 1), datetime.datetime(2004, 2, 2)):
        try:
            found.append(dateutil.parser.parse(text, default=default, dayfirst=day_first, tzinfos=zones.found))
        except (ValueError, OverflowError, TypeError):
            return None
    first, second = found
    if first.date() != second.date():
        return None
    slashed = re.match(r"(\d{1,2})/(\d{1,2})/\d{4}", text)
    if slashed and int(slashed[1]) <= 12 and int(slashed[2]) <= 12 and slashed[1] != slashed[2]:
        return None
    return first.isoformat() if ":" in text else first.date().isoformat()


def published(
    tree: HtmlElement,
    *,
    head: Head,
    linked: Linked,
    marks: Marks,
    title: str | None,
    url: str,
    announced: str | None,
    now: datetime.datetime,
) -> str | None:
    """The first credible of: JSON-LD, meta tags, marked elements, the feed (announced), time elements, a day shown
    near the headline, the day in the address. A day that the story mentions and a lone year are none.

    A bare day is given up for a moment of the same day that a later source knows.
    """
    day: str | None = None
    for text in _stated(tree, head, linked, marks, announced):
        moment = times.credible(iso(text), now=now)
        if moment is None:
            continue
        if not _DAY_ONLY.match(moment):
            if day is None or moment.startswith(day):
                return moment
        elif day is None:
            day = moment
    if day is None:
        day = times.credible(shown_dates.shown(tree, marks, title), now=now)
    return day or times.credible(shown_dates.addressed(url), now=now)


def _stated(tree: HtmlElement, head: Head, linked: Linked, marks: Marks, announced: str | None) -> Iterator[str]:
    if linked.published:
        yield linked.published
    yield from head.all(*_PUBLISHED)
    for one in marks.stated:
        if "datePublished" in (one.get("itemprop"), one.get("property")) and one.tag != "meta":
            yield one.get("datetime") or one.get("content") or one.text_content()[:80]
    if announced:
        yield announced
    yield from _times(tree)


def _times(tree: HtmlElement) -> Iterator[str]:
    """The dates of time elements that are marked as the article's, else the first one of an article or header."""
    marked = [one for one in tree.iter("time", "abbr", "relative-time") if _is_publication(one)]
    for one in [*marked[:2], *_PLAIN_TIMES(tree)]:
        yield one.get("datetime") or one.get("title")


def _is_publication(one: HtmlElement) -> bool:
    if one.tag == "abbr":
        return "published" in (one.get("class") or "") and bool(one.get("title"))
    if one.tag == "relative-time":
        return bool(one.get("datetime"))
    named = _TIME_CLASS.search(one.get("class") or "") or "date" in (one.get("itemprop") or "")
    return bool(one.get("datetime")) and (one.get("pubdate") is not None or bool(named))


def modified(*, head: Head, linked: Linked, marks: Marks, announced: str | None, now: datetime.datetime) -> str | None:
    """The first credible of: JSON-LD, meta tags, marked elements, the feed."""
    marked = [
        one.get("datetime") or one.get("content")
        for one in marks.stated
        if one.get("itemprop") == "dateModified" and one.tag != "meta"
    ]
    for text in (linked.modified, *head.all(*_MODIFIED), *marked, announced):
        if moment := times.credible(iso(text), now=now):
            return moment
    return None
