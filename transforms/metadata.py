"""What page and feed say about an article besides its text, title, authors and dates."""

import re
from typing import Final

from newsbeam import urls
from newsbeam.records import Entry
from newsbeam.text import one_line
from newsbeam.transforms.head import Head
from newsbeam.transforms.jsonld import Linked
from newsbeam.transforms.marks import Marks

_LANGUAGE: Final = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*\Z", re.I)
_HANDLE: Final = re.compile(r"^@|^https?:|^www\.", re.I)
_HOST: Final = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}\Z", re.I)
_MAX_TAGS: Final = 50


def site(url: str, *, head: Head, linked: Linked, feed_title: str | None = None) -> str:
    """The publisher's name: og:site_name, JSON-LD, application-name, the feed's title; else the registered domain.

    Of a page whose own host has no registered domain, such as a mirror at an IP address: the domain that a name states.
    """
    stated = (
        head.first("og:site_name"),
        linked.publisher,
        head.first("application-name", "dc.publisher"),
        feed_title,
    )
    names = [one_line(name) for name in stated if name]
    for name in names:
        if not _HANDLE.search(name) and len(name) <= 100:
            return name
    if not urls.is_registered(url):
        for name in names:
            if _HOST.match(name) and urls.is_registered(address := f"http://{name}/"):
                return urls.site(address)
    return urls.site(url) or url


def names_of_site(url: str, *, head: Head, linked: Linked, feed_title: str | None = None) -> tuple[str, ...]:
    """All that the site calls itself: for taking its name out of titles and authors."""
    domain = urls.site(url)
    stated = (
        *head.all(
            "og:site_name",
            "application-name",
            "apple-mobile-web-app-title",
            "al:android:app_name",
            "publisher",
            "dc.publisher",
            "copyright",
        ),
        linked.publisher,
        feed_title,
    )
    return tuple(dict.fromkeys(name for name in (*stated, domain, domain.partition(".")[0]) if name))


def canonical(url: str, *, head: Head) -> str:
    """The page's own canonical link where it is credible: on the same registered domain, and not its root.

    A file's address has no domain: there the link is taken as it is.
    """
    for link in (*head.linked("canonical"), *head.all("og:url")):
        address = urls.absolute(url, link)
        if (
            address
            and (urls.site(address) == urls.site(url) or not urls.site(url))
            and (not urls.is_root(address) or urls.is_root(url))
        ):
            return urls.without_tracking(address)
    return urls.without_tracking(url)


def based_on(url: str, *, head: Head, linked: Linked) -> tuple[str, ...]:
    """Addresses on other registered domains that the page names as its original."""
    stated = (
        *head.linked("canonical"),
        *head.all("og:url", "syndication-source", "original-source"),
        *linked.based_on,
        *head.linked("syndication-source"),
    )
    own = urls.site(url)
    found = (urls.absolute(url, link) for link in stated)
    return (
        tuple(
            dict.fromkeys(
                urls.without_tracking(one) for one in found if one and urls.site(one) != own and not urls.is_root(one)
            )
        )
        if own
        else ()
    )


def language(*, head: Head, linked: Linked, entry: Entry | None = None) -> str | None:
    """The declared language as ISO 639 code, region left out: html, og:locale, content-language, JSON-LD, the feed."""
    for code in (
        head.language,
        head.first("og:locale"),
        head.first("content-language", "language", "dc.language", "inlanguage"),
        linked.language,
        entry.language if entry else None,
    ):
        if code and (found := _LANGUAGE.match(code.split(",")[0].strip())):
            return found[1].lower()
    return None


def image(url: str, *, head: Head, linked: Linked, entry: Entry | None = None) -> str | None:
    """The lead image's address."""
    for link in (
        *head.all("og:image", "og:image:url", "twitter:image", "twitter:image:src"),
        linked.image,
        entry.image if entry else None,
    ):
        if address := urls.absolute(url, link):
            return address
    return None


def tags(*, head: Head, linked: Linked, entry: Entry | None = None) -> tuple[str, ...]:
    """Tags as stated: article:tag, JSON-LD keywords, the keywords tag; the first that has any, then the feed's."""
    stated = list(head.all("article:tag")) or list(linked.tags)
    if not stated:
        stated = [part for line in head.all("news_keywords", "keywords", "parsely-tags") for part in line.split(",")]
    stated += entry.tags if entry else ()
    unique = {one_line(tag).casefold(): one_line(tag) for tag in reversed(stated) if one_line(tag)}
    return tuple(reversed(unique.values()))[:_MAX_TAGS]


def paywalled(*, head: Head, linked: Linked, marks: Marks) -> bool | None:
    """Whether the page says that reading costs (isAccessibleForFree, article:content_tier); None without a word."""
    if linked.free is not None:
        return not linked.free
    said = (one.get("content") for one in marks.stated if one.get("itemprop") == "isAccessibleForFree")
    stated = (next(said, None) or head.first("isaccessibleforfree") or "").strip().lower()
    if stated in ("true", "false"):
        return bool(stated == "false")
    tier = (head.first("article:content_tier") or "").lower()
    return {"free": False, "locked": True, "metered": True}.get(tier)
