"""The rules by which an item of a feed becomes an entry, a rejected row or a counted skip; every item one of them."""

import datetime
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from newsbeam import text, times, urls
from newsbeam.connectors.sources.items import Channel, Item
from newsbeam.connectors.sources.markup import text_of
from newsbeam.records import Entry, Origin, Rejected, Skipped, digest

MAX_TITLE = 1_000
MAX_CONTENT = 1_000_000
_MAX_NAME = 200
_MAX_NAMES = 50
_MAX_GUID = 4_096
_BAD_HOST = re.compile(r"[\s%<>\"'{}|\\^`,;()]|^\.*$")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*\Z")
_EMAIL = re.compile(r"<?(?:mailto:)?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})*>?")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def judge_all(
    channel: Channel, *, feed_url: str, now: datetime.datetime, max_entries: int
) -> tuple[tuple[Entry, ...], tuple[Rejected, ...], tuple[Skipped, ...]]:
    """(entries, rejected, skipped) of a channel in its order; each item is in one of them, or in a skip's count.

    Of items with one address the fullest is the entry, the others are known.
    """
    base = base_of(channel, feed_url)
    found: dict[str, Entry | Rejected] = {}
    skipped = []
    for item in channel.items[:max_entries]:
        verdict = judge(item, channel=channel, base=base, feed_url=feed_url, now=now)
        key = verdict.key if isinstance(verdict, Entry) else verdict.origin.key
        before = found.get(key)
        if before is not None:
            skipped.append(Skipped(origin=Origin(kind="feed", source=feed_url, key=key), reason="known"))
        if before is None or _fullness(verdict) > _fullness(before):
            found[key] = verdict
    left_off = channel.left_off + max(0, len(channel.items) - max_entries)
    if left_off:
        origin = Origin(kind="feed", source=feed_url, key=digest("feed", feed_url, "over_limit"))
        skipped.append(Skipped(origin=origin, reason="over_limit", count=left_off))
    entries = tuple(one for one in found.values() if isinstance(one, Entry))
    rejected = tuple(one for one in found.values() if isinstance(one, Rejected))
    return entries, rejected, tuple(skipped)


def base_of(channel: Channel, feed_url: str) -> str:
    """What relative links are resolved against: the feed's address, or its site's where another serves the feed."""
    site = urls.absolute(feed_url, channel.link)
    return site if site and urls.site(site) != urls.site(feed_url) else feed_url


def judge(item: Item, *, channel: Channel, base: str, feed_url: str, now: datetime.datetime) -> Entry | Rejected:
    """The entry of one item, or the reason why there is none."""
    if item.broken:
        key = digest("feed", feed_url, item.guid or item.broken)
        return _rejected("parse_failed", item.broken[:500], key, url=None, feed_url=feed_url, now=now)
    title = text.one_line(item.title)[:MAX_TITLE].rstrip() or None
    content = _content(item.contents, title)
    guid = text.one_line(item.guid or "")[:_MAX_GUID] or None
    candidates = [link.strip() for link in item.links if link.strip()]
    url, wrong = _page(candidates, base=base, feed_url=feed_url)
    if url is None and candidates:
        key = digest("feed", feed_url, item.guid or candidates[0])
        return _rejected("bad_link", wrong, key, url=candidates[0], feed_url=feed_url, now=now)
    if url is None and content is None:
        key = digest("feed", feed_url, item.guid or title or "")
        detail = f"guid {guid[:200]!r}" if guid else f"title {title[:200]!r}" if title else "an empty entry"
        return _rejected("no_link", detail, key, url=None, feed_url=feed_url, now=now)
    unlinked = item.guid or f"{title or ''}\n{content}"
    return Entry(
        key=digest("feed", url) if url is not None else digest("feed", feed_url, unlinked),
        feed_url=feed_url,
        url=url,
        guid=guid,
        title=title,
        content=content,
        authors=_names(_author(name) for name in item.authors),
        published=_first_credible(item.published, now),
        updated=_first_credible(item.updated, now),
        language=_language(item.language) or _language(channel.language),
        tags=_names(text_of(tag[: _MAX_NAME * 2], is_html=True) for tag in item.tags),
        image=next((found for image in item.images if (found := urls.absolute(url or base, image))), None),
        feed_title=text.one_line(channel.title)[:MAX_TITLE] or None,
        first_seen=times.utc(now),
    )


def _page(candidates: Iterable[str], *, base: str, feed_url: str) -> tuple[str | None, str]:
    """The first candidate that is the address of a page, and what is wrong with the first that is none."""
    wrong = ""
    for link in candidates:
        url = urls.absolute(base, link)
        if url is None or _BAD_HOST.search(urlsplit(url).hostname or ""):
            problem = f"not a web address: {link[:200]!r}"
        elif urls.is_root(url):
            problem = f"a site's home page: {link[:200]!r}"
        elif url in (feed_url, base):
            problem = f"the feed itself: {link[:200]!r}"
        else:
            return urls.without_tracking(url), ""
        wrong = wrong or problem
    return None, wrong


def _content(contents: Iterable[str], title: str | None) -> str | None:
    """The longest of the contents, cut at the limit; None when it says no more than the title."""
    longest = text.printable(max(contents, key=len, default="")[: MAX_CONTENT + 1]).strip()
    if not longest or (len(longest) <= 2 * MAX_TITLE and text.one_line(text_of(longest, is_html=True)) in ("", title)):
        return None
    return longest[:MAX_CONTENT]


def _rejected(
    reason: str, detail: str, key: str, *, url: str | None, feed_url: str, now: datetime.datetime
) -> Rejected:
    return Rejected(
        origin=Origin(kind="feed", source=feed_url, key=key),
        url=text.one_line(url)[: urls.MAX_LENGTH] if url else None,
        feed_url=feed_url,
        stage="poll",
        reason=reason,
        detail=text.one_line(detail),
        attempts=1,
        first_seen=times.utc(now),
        last_seen=times.utc(now),
    )


def _fullness(verdict: Entry | Rejected) -> tuple[int, str, str]:
    if isinstance(verdict, Rejected):
        return (-1, verdict.detail, verdict.url or "")
    return (len(verdict.content or ""), verdict.updated or verdict.published or "", verdict.title or "")


def _first_credible(candidates: Iterable[str], now: datetime.datetime) -> str | None:
    return next((found for one in candidates if (found := times.credible(one, now=now))), None)


def _language(stated: str | None) -> str | None:
    cleaned = (stated or "").strip().replace("_", "-")
    return cleaned if len(cleaned) <= 35 and _LANGUAGE.match(cleaned) else None


def _author(name: str) -> str:
    """The name without e-mail and web addresses and without the brackets they stood in."""
    bare = _ADDRESS.sub("", _EMAIL.sub("", name[: _MAX_NAME * 5]))
    bare = re.sub(r"\(\s*\)|\[\s*\]|<\s*>", "", bare).strip(" ,;:-\t\r\n")
    return bare[1:-1] if bare.startswith("(") and bare.endswith(")") else bare


def _names(values: Iterable[str]) -> tuple[str, ...]:
    cleaned = (text.one_line(value)[:_MAX_NAME].rstrip() for value in values)
    kept = (value for value in cleaned if value and not _ADDRESS.match(value))
    return tuple(dict.fromkeys(kept))[:_MAX_NAMES]
