"""The feeds that a web page offers (HTML Standard, 4.6.7 "alternate"), and which of them is taken.

By regular expressions over the start of the page: each character is looked at a bounded number of times, whatever the
page is made of.
"""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from newsbeam import urls
from newsbeam.connectors.sources.charset import decode
from newsbeam.connectors.sources.json_feed import looks_like_json
from newsbeam.connectors.sources.payload import looks_like_html
from newsbeam.connectors.sources.sitemap import root_of
from newsbeam.text import one_line

USUAL_PATHS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml")
"""Where a site's feed often lies without its home page saying so."""

TYPES = {
    "application/rss+xml": "RSS",
    "application/atom+xml": "Atom",
    "application/rdf+xml": "RDF",
    "application/feed+json": "JSON Feed",
    "application/json": "JSON",
}
_LOOKED_AT = 1_000_000
_MOST = 200
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|noscript)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_TAG = re.compile(r"<(link|base)\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]{2,20})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>`]+))", re.IGNORECASE)
_COMMENTS = re.compile(
    r"\b(?:comments?|kommentare?n?|kommentarer|commentaires?|comentarios?|comentários?|commenti|reacties|komentarze"
    r"|yorumlar|σχόλια|σχολίων|комментарии)\b|评论|評論|コメント|댓글",
    re.IGNORECASE,
)
_FEED_ROOTS = frozenset(("rss", "feed", "rdf", "channel", "urlset"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A feed that a page offers. kind: of TYPES' names. title: as the page calls it; empty without."""

    url: str
    kind: str
    title: str = ""


def is_page(body: bytes) -> bool:
    """Whether a document is a web page."""
    return looks_like_html(body)


def is_feed(body: bytes) -> bool:
    """Whether a document looks like a feed by its first element, or like a JSON Feed by its version."""
    text = decode(body[:_LOOKED_AT]).text
    return root_of(text) in _FEED_ROOTS or (looks_like_json(text) and "jsonfeed.org/version" in text[:4096])


def offers(body: bytes, *, url: str, charset: str | None = None) -> list[Offer]:
    """The feeds that the page at `url` offers in `<link rel="alternate">`, in its order, each address once.

    Relative addresses are resolved against the page's `<base>`. What stands in comments, scripts and templates is not
    looked at, nor what begins after the first million bytes.
    """
    text = _HIDDEN.sub("", decode(body[:_LOOKED_AT], declared=(charset,)).text)
    base, found = url, dict[str, Offer]()
    for tag in _TAG.finditer(text):
        stated = {
            one[1].lower(): html.unescape(one[2] or one[3] or one[4] or "") for one in _ATTRIBUTE.finditer(tag[2])
        }
        if tag[1].lower() == "base":
            base = urls.absolute(url, stated.get("href")) or base
            continue
        kind = TYPES.get(stated.get("type", "").partition(";")[0].strip().lower())
        address = urls.absolute(base, stated.get("href"))
        if kind is None or address is None or "alternate" not in stated.get("rel", "").lower().split():
            continue
        if address != url:  # a page is no feed of its own
            found.setdefault(address, Offer(url=address, kind=kind, title=one_line(stated.get("title", ""))[:200]))
        if len(found) == _MOST:
            break
    return list(found.values())


def best(offered: Iterable[Offer], *, url: str) -> Offer | None:
    """The feed to take for the page at `url`; None where it offers none of stories.

    Left out are comment feeds, by the words of their address or title, and JSON that is not called a feed (an interface
    of the site). A feed that lies below the page's own path goes before the site's; then the page's order decides,
    whose first is the default one (HTML Standard).
    """
    section = urlsplit(url).path.rstrip("/")
    left = [one for one in offered if _is_of_stories(one)]
    return min(left, key=lambda one: not (section and urlsplit(one.url).path.startswith(section)), default=None)


def usual_addresses(url: str) -> list[str]:
    """Where the feed of the site at `url` is sought if its home page offers none; nothing for another page."""
    return [address for path in USUAL_PATHS if (address := urls.absolute(url, path))] if urls.is_root(url) else []


def advice(body: bytes, *, url: str, charset: str | None = None) -> str:
    """What to say of a page that was given for a feed: what it offers, or what was looked for; and what to give."""
    found = best(offers(body, url=url, charset=charset), url=url)
    if found is not None:
        return f"it offers {found.url[:200]} ({found.kind}): give that address"
    paths = ", ".join(USUAL_PATHS)
    return (
        "it offers no feed of stories in a <link rel=alternate> of a type of RSS, Atom or JSON Feed"
        f" (for a home page given to --feeds, nor is there one at {paths}); give the address of a feed or a sitemap"
    )


def _is_of_stories(offer: Offer) -> bool:
    parts = urlsplit(offer.url)
    if _COMMENTS.search(f"{parts.path} {parts.query} {offer.title}".replace("_", " ")):
        return False
    return offer.kind != "JSON" or "feed" in f"{offer.url} {offer.title}".lower()
