"""Which sitemaps of an index are read, and what becomes of the others: each is in one of the lists."""

import datetime
from dataclasses import dataclass

from newsbeam import times, urls
from newsbeam.connectors.sources.charset import decode_xml
from newsbeam.connectors.sources.errors import NotAFeed
from newsbeam.connectors.sources.formats import opened
from newsbeam.connectors.sources.recency import is_older
from newsbeam.connectors.sources.sitemap import Child, children_of, is_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """taken: addresses of sitemaps to poll, in the order of their choice. over_limit, older: how many were left alone.

    refused: (address as written, what is wrong with it) of those that are none of this site's.
    """

    taken: tuple[str, ...] = ()
    over_limit: int = 0
    older: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    repeated: int = 0

    @property
    def named(self) -> int:
        """How many sitemaps the index names."""
        return len(self.taken) + self.over_limit + self.older + len(self.refused) + self.repeated


def looks_like_index(body: bytes) -> bool:
    """Whether a document's root is that of a sitemap index; a gzip file is opened for it."""
    try:
        return is_index(decode_xml(opened(body)).text)
    except NotAFeed:
        return False


def chosen(body: bytes, *, url: str, most: int, since: datetime.datetime | None = None) -> Chosen:
    """The sitemaps of an index that are read: at most `most`, those without a `lastmod` first, then the newest.

    url: the index's own. One that says nothing of its last change may have changed just now. A sitemap of another
    registered domain is refused: an index speaks for its own site (sitemaps.org, "Sitemap file location"). since: one
    that has not changed since then holds nothing newer.

    Raises:
        NotAFeed: no XML can be read in it.
    """
    refused, older, found = [], 0, dict[str, Child]()
    named = children_of(decode_xml(opened(body)).text)
    for child in named:
        address = urls.absolute(url, child.url)
        if address is None:
            refused.append((child.url, f"not a web address: {child.url[:200]!r}"))
        elif urls.site(address) != urls.site(url):
            refused.append((child.url, f"a sitemap of another site: {child.url[:200]!r}"))
        elif address == url:
            refused.append((child.url, f"the index itself: {child.url[:200]!r}"))
        elif since is not None and is_older(child.lastmod, since):
            older += 1
        else:
            found.setdefault(address, child)
    order = sorted(found, key=lambda address: _freshness(found[address]), reverse=True)
    taken = tuple(order[:most])
    over_limit = len(order) - len(taken)
    repeated = len(named) - len(refused) - older - len(order)
    return Chosen(taken=taken, over_limit=over_limit, older=older, refused=tuple(refused), repeated=repeated)


def _freshness(child: Child) -> float:
    moment = times.parse(child.lastmod or "")
    return moment.timestamp() if moment else float("inf")
